"""A run of the tests that is interrupted leaves no process and no service behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.home import RUN
from tests.integration.server_process import ROOT, wait_until
from tests.leftovers import end_run
from tests.services import Base, Services, bases, processes_naming

pytestmark = pytest.mark.needs("SLURM, sshd, PostgreSQL or RabbitMQ")
SELECTED = ("tests/integration/test_services.py", "-k", "test_a_login_shell_finds_the_sbatch_that_counts")


@pytest.fixture
def run_of_tests(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`scripts/test` on one test that starts SLURM and sshd, as a shell would start it."""
    environ = {name: value for name, value in os.environ.items() if name not in {RUN, "SLURM_CONF"}}
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            [str(ROOT / "scripts/test"), "--no-setup", "--numprocesses", "1", *SELECTED],
            env=environ, cwd=ROOT, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
        yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def base_of(process: subprocess.Popen[bytes]) -> Base | None:
    family = {child.pid for child in psutil.Process(process.pid).children(recursive=True)}
    return next((base for base in bases() if base.owner in family), None)


def interrupt_from_the_terminal(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C reaches the whole group."""
    os.killpg(process.pid, signal.SIGINT)


def terminate_the_script(process: subprocess.Popen[bytes]) -> None:
    """As whoever cancels a job of continuous integration."""
    process.terminate()


def kill_pytest(process: subprocess.Popen[bytes]) -> None:
    """Nothing is left that could end anything in order, but the script."""
    (pytest_itself,) = psutil.Process(process.pid).children()
    pytest_itself.kill()


@pytest.mark.parametrize("end", [interrupt_from_the_terminal, terminate_the_script, kill_pytest])
def test_an_interrupted_run_leaves_nothing(
    run_of_tests: subprocess.Popen[bytes], end: object, tmp_path: Path
) -> None:
    assert callable(end)
    base: Base = wait_until(lambda: base_of(run_of_tests), 60, "no services were started", pause_s=0.2)
    try:
        # SLURM is half started: some daemons run, others come while the run ends
        wait_until((base.folder / "slurm/munged.pid").exists, 60, pause_s=0.05)
        end(run_of_tests)
        assert run_of_tests.wait(100) != 0
        assert not base.folder.exists(), (tmp_path / "said").read_text()
        assert processes_naming(base.folder) == []
        assert not [process for process in psutil.process_iter(["environ"]) if is_of(base.run, process)]
    finally:
        end_run(base.run)
        Services(base.folder).wipe()


def is_of(run: str, process: psutil.Process) -> bool:
    return (process.info["environ"] or {}).get(RUN) == run
