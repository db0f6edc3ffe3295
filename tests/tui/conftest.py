"""A home of its own for a terminal with the real server."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: sockets have few bytes."""
    return tmp_path_factory.mktemp("n")


@pytest.fixture
def real_environ(home: Path) -> Iterator[dict[str, str]]:
    """An environment in which the real server starts; all that was started in it is ended."""
    names = ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "AIIDA_PATH")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    yield {**dict.fromkeys(names, str(home)), "PATH": path, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    ours = [process for process in psutil.process_iter() if _stands_in(process, home)]
    for process in ours:
        process.kill()
    psutil.wait_procs(ours, timeout=10)


def _stands_in(process: psutil.Process, home: Path) -> bool:
    try:
        return process.environ().get("AIIDA_PATH") == str(home)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False
