"""From a key press to a relaxed crystal, in a pseudo-terminal, with the real server, AiiDA and engine."""

import subprocess
import sys

from tests.tui.terminal import ROOT, opened

COPPER = ROOT / "crystalmath_tui/examples/copper.poscar"


def test_from_a_key_to_a_relaxed_crystal(real_environ: dict[str, str]) -> None:
    with opened([sys.executable, "-m", "crystalmath_tui"], real_environ, 30, 100) as terminal:
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
        env=real_environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "by key" in listed.stdout
    assert "finished" in listed.stdout
