"""AiiDA's daemon, broker, workers and our own server are killed with jobs under way: each ends once."""

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest

from crystalmath_server.protocol.jobs import JobState
from tests import aiida_rig
from tests.aiida_rig import Rig, cubic_copper, emt, nodes_of, plan, rig
from tests.integration.server_process import wait_until

__all__ = ["rig"]

RUNNING = frozenset({JobState.RUNNING})
ROOT = Path(aiida_rig.__file__).parents[1]


def submit_slow(rig: Rig) -> tuple[int, str]:
    """A job of a few seconds that converges at its last step."""
    key = f"key-{uuid.uuid4()}"
    structure = rig.store(cubic_copper(3.6, 4, noise=0.4))
    maker = emt(relax_kwargs={"fmax": 0.02}, relax_cell=False, optimizer_kwargs={"optimizer": "MDMin"})
    return rig.run(rig.launcher.submit(plan(structure, key, maker))).pk, key


def daemon_processes(rig: Rig) -> dict[str, list[int]]:
    """Pids of supervisor, workers and broker."""
    pid = rig.probe().look().pid
    assert pid is not None
    found: dict[str, list[int]] = {"supervisor": [pid], "worker": [], "broker": []}
    for child in psutil.Process(pid).children():
        words = child.cmdline()
        for part in ("worker", "broker"):
            if part in words:
                found[part].append(child.pid)
    return found


def assert_once(rig: Rig, pk: int, key: str) -> None:
    """The job finished, and the scheduler ran it just once."""
    assert rig.until(pk) is JobState.FINISHED
    assert rig.call(runs_of, key) == [1]


def runs_of(key: str) -> list[int]:
    """How often each job of a key ran: each run begins its progress with step 0."""
    counts: list[int] = []
    for node in nodes_of(key):
        retrieved: Any = node.outputs.retrieved.base.repository
        counts.append(retrieved.get_object_content("progress.jsonl").count('"step": 0,'))
    return counts


@pytest.mark.parametrize(
    "parts", [("worker",), ("supervisor",), ("broker",), ("supervisor", "worker", "broker")]
)
def test_a_job_runs_once_whatever_part_of_the_daemon_is_killed(rig: Rig, parts: tuple[str, ...]) -> None:
    pk, key = submit_slow(rig)
    rig.until(pk, RUNNING)
    pids = daemon_processes(rig)
    for part in parts:
        for pid in pids[part]:
            os.kill(pid, signal.SIGKILL)
    assert_once(rig, pk, key)
    pk, key = submit_slow(rig)
    assert_once(rig, pk, key)
    assert rig.probe().orphans() == []


def test_broker_that_moved(rig: Rig) -> None:
    rig.run(rig.watch.ensure())
    probe = rig.probe()
    before = probe.look().endpoint
    probe.client.stop_daemon(wait=True, timeout=20)
    probe.client.start_daemon(number_workers=1, wait=True, timeout=20)
    pk, key = submit_slow(rig)
    assert_once(rig, pk, key)
    assert probe.look().endpoint != before


def test_daemon_stopped_on_purpose_starts_with_the_next_job(rig: Rig) -> None:
    rig.run(rig.watch.ensure())
    probe = rig.probe()
    probe.client.stop_daemon(wait=True, timeout=20)
    wait_until(lambda: probe.look().pid is None)  # AiiDA waits for circus to answer, not to be gone
    pk, key = submit_slow(rig)
    assert_once(rig, pk, key)


@pytest.mark.parametrize("where", ["stored", "checkpoint", "sent"])
def test_server_killed_between_store_and_answer(rig: Rig, where: str) -> None:
    key, structure = f"key-{uuid.uuid4()}", rig.store(cubic_copper(3.6))
    rig.run(rig.watch.ensure())
    child = [sys.executable, "-m", "tests.aiida_rig", where, key, str(structure)]
    ended = subprocess.run(child, cwd=ROOT, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert len(rig.call(nodes_of, key)) == 1
    again = rig.run(rig.launcher.submit(plan(structure, key, emt(relax_kwargs={"fmax": 0.01}))))
    assert again.reused is (where != "stored")
    assert_once(rig, again.pk, key)
