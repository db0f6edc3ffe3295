"""Benchmarks of the interface in a pseudo-terminal: first paint, memory, key to paint."""

import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import psutil
import rig
from table import Goal, Result, against, interleaved

DEMO = rig.ROOT / "tests/tui/demo_server.py"
START = (
    "from crystalmath_tui.runtime import main; raise SystemExit(main(None, {!r}, False, True, spawn=False))"
)


class Screen:
    """A program on a pseudo-terminal of 40 × 120."""

    def __init__(self, command: list[str], home: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        self.started = time.perf_counter()
        environ = {**rig.environment(home), "PYTHONPATH": str(rig.ROOT)}
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ,
            cwd=rig.ROOT,
            start_new_session=True,
        )
        os.close(slave)
        self.raw = bytearray()

    def until(self, words: bytes, timeout_s: float = 20) -> float:
        """Time from the start until words were painted [ms]."""
        end = time.monotonic() + timeout_s
        while words not in self.raw:
            if time.monotonic() > end:
                raise TimeoutError(f"{words!r} was never painted")
            self._take(0.05)
        return 1000 * (time.perf_counter() - self.started)

    def settle(self, seconds: float) -> None:
        """Take what comes until it is quiet for so long."""
        while self._take(seconds):
            pass

    def key(self, key: bytes) -> float:
        """Time from a key to the first byte painted for it [ms]."""
        self.settle(0.15)
        started = time.perf_counter()
        os.write(self._master, key)
        if not self._take(3):
            raise TimeoutError("nothing was painted")
        return 1000 * (time.perf_counter() - started)

    def rss_mb(self) -> float:
        """Resident memory [MB]."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _take(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return False
        with suppress(OSError):
            self.raw += os.read(self._master, 65536)
        return True


def results(home: Path) -> list[Result]:
    """Ours with 100 jobs of a demo server, against Textual and stock urwid with the same rows."""
    sock = home / "demo.sock"
    with rig.running([sys.executable, str(DEMO), str(sock), "--jobs", "100"], rig.environment(home)):
        rig.connected(sock).close()
        ours = [sys.executable, "-c", START.format(str(sock))]
        textual = [sys.executable, str(rig.PEERS / "textual_app.py")]
        urwid = [sys.executable, str(rig.PEERS / "urwid_app.py")]
        paint = interleaved(
            lambda: _paint(ours, home, b"crystalmath"), lambda: _paint(textual, home, b"label"), 5
        )
        memory = interleaved(lambda: _memory(ours, home), lambda: _memory(urwid, home), 3)
        keys = interleaved(lambda: _keys(ours, home), lambda: _keys(textual, home), 3)
    return [
        against(Goal("TUI first paint / Textual", 0.6), *paint, "ms"),
        against(Goal("TUI resident memory / stock urwid", 0.85), *memory, "MB"),
        against(Goal("TUI key → paint / Textual", 0.2), *keys, "ms"),
    ]


def _paint(command: list[str], home: Path, words: bytes) -> float:
    screen = Screen(command, home)
    try:
        return screen.until(words)
    finally:
        screen.close()


def _memory(command: list[str], home: Path) -> float:
    screen = Screen(command, home)
    try:
        screen.until(b"pk")
        screen.settle(0.6)
        return screen.rss_mb()
    finally:
        screen.close()


def _keys(command: list[str], home: Path) -> float:
    screen = Screen(command, home)
    try:
        screen.until(b"label")
        screen.settle(0.8)
        return statistics.median(screen.key(b"\x1b[B") for _ in range(12))
    finally:
        screen.close()
