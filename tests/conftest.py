"""All tests: folders of their own, so that no test can touch the user's AiiDA, settings or sockets."""

import os
import shutil
import signal
import sys
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import settings

from tests.home import RUN

# how long one example takes says more of what else the machine does than of the code
settings.register_profile("crystalmath", deadline=None)
settings.load_profile("crystalmath")

pytest_plugins = ("tests.fast_lane", "tests.services")

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
_made = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Before any import of AiiDA, which reads its folder once."""
    # scripts/test names the run, to end what it leaves when it is killed; one within a test is another run
    is_named = RUN in os.environ and "PYTEST_CURRENT_TEST" not in os.environ
    if not hasattr(config, "workerinput") and not is_named:
        os.environ[RUN] = uuid.uuid4().hex
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so started in the background of a shell script
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.stash[_made] = root = Path(tempfile.mkdtemp(prefix="cm-"))
    for name in _HOMES:
        folder = root / name.lower()
        folder.mkdir(mode=0o700)
        os.environ[name] = str(folder)
    for name in _OWN:
        os.environ.pop(name, None)
    os.environ["CRYSTALMATH_STRICT_ERRORS"] = "1"
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind; what outlived its test is named and ended."""
    if not hasattr(config, "workerinput"):
        from tests.leftovers import end_run  # not above: pytest could not rewrite the assertions of a plugin

        end_run(os.environ[RUN], spares=lambda process: os.getpid() in {process.pid, process.ppid()})
    shutil.rmtree(config.stash[_made], ignore_errors=True)
