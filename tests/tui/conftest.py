"""A home of its own for a terminal with the real server."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home import end_all_in


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
    end_all_in(home)
