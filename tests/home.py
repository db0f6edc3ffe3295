"""Processes of the tests: those that live in one home, those of a whole run."""

import contextlib
from pathlib import Path

import psutil

RUN = "CRYSTALMATH_TEST_RUN"
"""In the environment of every process that the tests start, however far down: the name of their run."""


def processes_of(run: str) -> list[psutil.Process]:
    """All of a run, this process among them."""
    found = list[psutil.Process]()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(RUN) == run:
                found.append(process)
    return found


def processes_in(home: Path, *words: str) -> list[psutil.Process]:
    """All whose HOME is this folder, and whose command has all these words.

    AIIDA_PATH would not do, for AiiDA changes it.
    """
    return [process for process in psutil.process_iter() if _lives_in(process, home, set(words))]


def end_all_in(home: Path) -> None:
    """Kill them, and wait until they are gone."""
    ours = processes_in(home)
    for process in ours:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(ours, timeout=10)


def _lives_in(process: psutil.Process, home: Path, words: set[str]) -> bool:
    try:
        return words <= set(process.cmdline()) and process.environ().get("HOME") == str(home)
    except psutil.Error:
        return False
