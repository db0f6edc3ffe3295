"""The fork server: each program runs by itself, and whatever befalls it is told and harms no other."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from crystalmath_server.plugins.fork_client import Ended, ForkClient
from tests.integration.server_process import wait_until

TIMEOUT_S = 60


@pytest.fixture(scope="module")
def client() -> Iterator[ForkClient]:
    found = ForkClient()
    yield found
    found.close()


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run without output, as custodian's program expects it."""
    (tmp_path / "run").mkdir()
    (tmp_path / "counts.json").write_text("{}")
    return tmp_path


def check(client: ForkClient, folder: Path, timeout_s: float = TIMEOUT_S) -> Ended:
    return client.run("custodian", str(folder), timeout_s=timeout_s)


def block(folder: Path) -> None:
    """Make custodian's program wait for its counts, which nobody writes."""
    (folder / "counts.json").unlink()
    os.mkfifo(folder / "counts.json")


def checking() -> psutil.Process | None:
    """The process that runs custodian's program."""
    family = psutil.Process().children(recursive=True)
    return next((one for one in family if one.name() == "custodian"), None)


def check_until_killed(client: ForkClient, folder: Path, kill: str) -> Ended:
    block(folder)
    with ThreadPoolExecutor(1) as pool:
        found: Future[Ended] = pool.submit(check, client, folder)
        process = wait_until(checking, TIMEOUT_S, "custodian's program never ran", pause_s=0.01)
        (process if kill == "program" else process.parent()).kill()
        return found.result(TIMEOUT_S)


def test_a_program_leaves_its_result_and_the_server_goes_on(client: ForkClient, run_folder: Path) -> None:
    for _ in range(2):
        assert check(client, run_folder) == Ended(0, "")
        assert json.loads((run_folder / "report.json").read_text()) == {"corrections": [], "counts": {}}
        (run_folder / "report.json").unlink()


def test_an_exception_is_told(client: ForkClient, tmp_path: Path) -> None:
    ended = check(client, tmp_path / "no-such-folder")
    assert ended.status == 1
    assert "FileNotFoundError" in ended.stderr


@pytest.mark.parametrize("kill", ["program", "server"])
def test_a_kill_is_told_and_the_next_run_works(client: ForkClient, run_folder: Path, kill: str) -> None:
    assert check_until_killed(client, run_folder, kill).status == -9
    (run_folder / "counts.json").unlink()
    (run_folder / "counts.json").write_text("{}")
    assert check(client, run_folder) == Ended(0, "")


def test_what_takes_too_long_is_killed(client: ForkClient, run_folder: Path) -> None:
    block(run_folder)
    with pytest.raises(TimeoutError):
        check(client, run_folder, timeout_s=0.5)
    assert not checking()


def test_it_ends_with_the_process_that_started_it(client: ForkClient, run_folder: Path) -> None:
    assert check(client, run_folder) == Ended(0, "")
    assert client.close() == 0
