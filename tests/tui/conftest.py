"""A home of its own for a terminal with the real server, and a server on the fakes."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home import end_all_in
from tests.tui.demo import Demo
from tests.tui.terminal import Terminal, command, opened


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


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short path: sockets have few bytes."""
    return tmp_path_factory.mktemp("t")


@pytest.fixture
def environ(folder: Path) -> dict[str, str]:
    places = {name: str(folder) for name in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "AIIDA_PATH")}
    kept = {name: os.environ[name] for name in ("PATH",)}
    return {**kept, **places, "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": str(folder)}


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    server = Demo(folder / "demo.sock")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def terminal(demo: Demo, environ: dict[str, str]) -> Iterator[Terminal]:
    with opened(command(demo.path), environ) as shown:
        shown.until("30 jobs")
        yield shown
