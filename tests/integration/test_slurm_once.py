"""The command that hands a job to SLURM once: run again, killed, at work twice, refused; on real SLURM."""

import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crystalmath_server.domain.clusters.slurm_once import once
from tests.services import Cluster, SbatchCall

JOB = "#!/bin/sh\nsleep 30\n"
COMMAND = once("sbatch job.sh")


@pytest.fixture
def folder(cluster: Cluster, tmp_path: Path) -> Path:
    (tmp_path / "job.sh").write_text(JOB)
    return tmp_path


def start(folder: Path) -> subprocess.Popen[str]:
    line = f"cd {shlex.quote(str(folder))} && {COMMAND}"
    pipe = subprocess.PIPE
    return subprocess.Popen(
        ["/bin/bash", "-c", line], stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )


def run(folder: Path) -> str:
    process = start(folder)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def calls(cluster: Cluster, folder: Path) -> list[SbatchCall]:
    return cluster.sbatch_calls(folder)


def test_a_second_run_gives_the_same_answer(cluster: Cluster, folder: Path) -> None:
    first = run(folder)
    assert first.startswith("Submitted batch job ")
    assert run(folder) == first
    assert len(calls(cluster, folder)) == 1
    cluster.cancel(int(first.split()[-1]))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_two_at_once_are_one_job(cluster: Cluster, folder: Path, moment: str) -> None:
    with cluster.held_sbatch(moment):  # type: ignore[arg-type]
        first = start(folder)
        until(lambda: calls(cluster, folder))
        second = start(folder)
        time.sleep(0.3)
        assert second.poll() is None
    answers = {process.communicate(timeout=30)[0] for process in (first, second)}
    assert len(answers) == len(calls(cluster, folder)) == 1
    cluster.cancel(int(answers.pop().split()[-1]))


def test_killed_after_slurm_took_it_is_found_by_its_folder(cluster: Cluster, folder: Path) -> None:
    before = set(cluster.jobs())
    with cluster.held_sbatch("after"):
        first = start(folder)
        until(lambda: set(cluster.jobs()) - before)
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
    (number,) = set(cluster.jobs()) - before
    assert run(folder) == f"Submitted batch job {number}\n"
    assert len(calls(cluster, folder)) == 1
    cluster.cancel(number)


def test_a_refusal_is_told_and_may_be_tried_again(cluster: Cluster, folder: Path) -> None:
    (folder / "job.sh").write_text("#!/bin/sh\n#SBATCH -p nowhere\n")
    process = start(folder)
    _, err = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "invalid partition" in err
    (folder / "job.sh").write_text(JOB)
    number = int(run(folder).split()[-1])
    assert number in cluster.jobs()
    cluster.cancel(number)


def test_nothing_is_submitted_while_slurm_cannot_be_asked(mended_cluster: Cluster, folder: Path) -> None:
    (folder / ".crystalmath-sbatch.begun").write_text(f"999999999 {socket.gethostname()}\n")
    mended_cluster.stop_controller(signal.SIGKILL)
    process = start(folder)
    process.communicate(timeout=90)
    assert process.returncode != 0
    assert calls(mended_cluster, folder) == []
