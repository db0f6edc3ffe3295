"""All tests: folders of their own, so that no test can touch the user's AiiDA, settings or sockets."""

import contextlib
import os
import shlex
import shutil
import signal
import sys
import tempfile
import uuid
from pathlib import Path

import psutil
import pytest

pytest_plugins = ("tests.services",)

_HOMES = (
    "HOME",
    "AIIDA_PATH",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_STATE_HOME",
)
_OWN = ("CRYSTALMATH_PROFILE", "CRYSTALMATH_SOCKET", "NO_COLOR", "AIIDA_PROFILE")
_RUN = "CRYSTALMATH_TEST_RUN"
"""In the environment of every process that the tests start, however far down."""
_made = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Before any import of AiiDA, which reads its folder once."""
    if not hasattr(config, "workerinput"):
        os.environ[_RUN] = uuid.uuid4().hex
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so started in the background of a shell script
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_made] = root = Path(tempfile.mkdtemp(prefix="cm-"))
    for name in _HOMES:
        folder = root / name.lower()
        folder.mkdir(mode=0o700)
        os.environ[name] = str(folder)
    for name in _OWN:
        os.environ.pop(name, None)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind; a process that outlived its test is named and ended."""
    if not hasattr(config, "workerinput"):
        for process in _left_over():
            with contextlib.suppress(psutil.NoSuchProcess):
                sys.stderr.write(
                    f"left over from the tests: {process.pid} {shlex.join(process.cmdline())[:200]}\n"
                )
                process.kill()
    shutil.rmtree(config.stash[_made], ignore_errors=True)


def _left_over() -> list[psutil.Process]:
    """Processes of this run but pytest itself and its workers, which end after this."""
    mark, found = os.environ[_RUN], list[psutil.Process]()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            is_pytest = os.getpid() in {process.pid, process.ppid()}
            if not is_pytest and process.environ().get(_RUN) == mark:
                found.append(process)
    return found
