"""From a key press to a relaxed crystal, in a pseudo-terminal, with the real server, AiiDA and engine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.home import end_all_in
from tests.tui.terminal import ROOT, opened

COPPER = ROOT / "crystalmath_tui/examples/copper.poscar"


@pytest.fixture
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A home of its own; all that was started in it is ended."""
    home = tmp_path_factory.mktemp("n")
    names = ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "AIIDA_PATH")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    yield {**dict.fromkeys(names, str(home)), "PATH": path, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    end_all_in(home)


def test_from_a_key_to_a_relaxed_crystal(environ: dict[str, str]) -> None:
    with opened([sys.executable, "-m", "crystalmath_tui"], environ, 30, 100) as terminal:
        terminal.until("0 jobs", 30)
        terminal.send("n")
        terminal.until("file or search", 5)
        terminal.send(str(COPPER), "enter")
        terminal.until("emt.relax", 30)
        terminal.send("down", "down", "down", "enter")
        terminal.until("settings of emt.relax", 10)
        terminal.send("tab")
        terminal.until("POSCAR", 10)
        terminal.send("enter")
        terminal.until("Enter submits", 5)
        terminal.send("by key", "enter")
        terminal.until("Finished successfully", 90)
        terminal.send("5")
        terminal.until("energy per atom", 10)
        terminal.until("largest force", 10)
        terminal.send("q", "q")
        assert terminal.ended() == 0
    listed = subprocess.run(
        [sys.executable, "-m", "crystalmath_tui", "jobs", "list"],
        env=environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "by key" in listed.stdout
    assert "finished" in listed.stdout
