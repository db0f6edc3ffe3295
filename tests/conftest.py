"""All tests: folders of their own, so that no test can touch the user's AiiDA, settings or sockets."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

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
    config.stash[_made] = root = Path(tempfile.mkdtemp(prefix="cm-"))
    for name in _HOMES:
        folder = root / name.lower()
        folder.mkdir(mode=0o700)
        os.environ[name] = str(folder)
    for name in _OWN:
        os.environ.pop(name, None)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(config.stash[_made], ignore_errors=True)
