"""Clusters in a pseudo-terminal with the real server: seen, tested, set up, filled with a code, deleted."""

import json
import subprocess
import sys
from pathlib import Path

from tests.tui.terminal import Terminal, opened


def shown(environ: dict[str, str], label: str) -> dict[str, object]:
    """The settings of a cluster, by the command line."""
    argv = [sys.executable, "-m", "crystalmath_tui", "clusters", "show", label, "--json"]
    return json.loads(subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout)


def goes_through(terminal: Terminal) -> None:
    """Wait for the end of a test of a cluster without VASP."""
    terminal.until("A job of one second runs", 30)
    terminal.until("Nothing failed, but this is not known yet", 10)
    assert "✗" not in terminal.text


def test_localhost_is_tested_and_a_second_computer_set_up(real_environ: dict[str, str], home: Path) -> None:
    with opened([sys.executable, "-m", "crystalmath_tui"], real_environ, 30, 100) as terminal:
        terminal.until("0 jobs", 30)
        terminal.send("m")
        terminal.until("core.direct", 10)
        assert "localhost" in terminal.line("core.direct")
        terminal.send("t")
        goes_through(terminal)
        terminal.send("esc", "n")
        terminal.until("There are no hosts", 10)
        terminal.send("down", "enter")
        terminal.until("New cluster", 30)
        terminal.send("\x15", "desk")  # Ctrl+U clears the label
        choose_direct(terminal)
        terminal.send("down", "\x15", str(home / "work"))
        fill(terminal, "walltime", "0:10:00")
        terminal.send("\x0f")  # Ctrl+O saves
        terminal.until("cluster desk", 10)
        goes_through(terminal)
        assert str(home / "work") in terminal.text
        terminal.send("n", "down", "down", "/bin/true", "\x0f")
        terminal.until("press t", 10)
        terminal.send("t")
        terminal.until("It may be run", 20)
        terminal.send("1")
        terminal.until(lambda: "0:10:00" in terminal.line("walltime"), 10)
        detail = shown(real_environ, "desk")
        assert detail["row"]["transport"] == "core.local"  # type: ignore[index]
        assert detail["row"]["scheduler"] == "core.direct"  # type: ignore[index]
        assert detail["defaults"]["walltime_s"] == 600  # type: ignore[index]
        terminal.send("d")
        terminal.until("Delete cluster desk?", 5)
        terminal.send("y")
        terminal.until("1 cluster", 10)
        terminal.send(":", *"q", "enter")
        assert terminal.ended() == 0


def choose_direct(terminal: Terminal) -> None:
    """Walk to the scheduler, and through its choices."""
    terminal.send("down", "down", "down", "down")
    terminal.until(lambda: "scheduler" in terminal.line("←"), 5)
    for _ in range(6):
        if "core.direct" in terminal.line("←"):
            return
        terminal.send(" ")
    raise AssertionError(terminal.text)


def fill(terminal: Terminal, title: str, text: str) -> None:
    """Walk down to a field and type."""
    for _ in range(30):
        terminal.send("down")
        row = terminal.screen.cursor.y
        if title in terminal.screen.display[row]:
            terminal.send(text)
            return
    raise AssertionError(terminal.text)
