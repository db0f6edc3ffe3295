"""The interface in a real pseudo-terminal, seen through pyte."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyte

from tests.patience import patience_s

ROOT = Path(__file__).parents[2]
START = """
from crystalmath_tui.runtime import main
raise SystemExit(main(None, {socket!r}, {readonly}, True, spawn=False))
"""

KEYS = {"enter": "\r", "esc": "\x1b", "tab": "\t", "ctrl z": "\x1a", "ctrl c": "\x03", "down": "\x1b[B"}


def command(socket: Path, *, readonly: bool = False, before: str = "") -> list[str]:
    """Run the interface at a socket, without starting a server."""
    return [sys.executable, "-c", before + START.format(socket=str(socket), readonly=readonly)]


class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, argv: list[str], environ: Mapping[str, str], rows: int = 24, cols: int = 80) -> None:
        self.raw = bytearray()
        self.screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self._slave = slave
        self.resize(rows, cols)
        self.process = subprocess.Popen(
            argv,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=dict(environ),
            cwd=ROOT,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  no threads here
        )

    def resize(self, rows: int, cols: int) -> None:
        self.screen.resize(rows, cols)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("4H", rows, cols, 0, 0))

    def send(self, *keys: str) -> None:
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())
            self.settle(0.2 if key == "esc" else 0.04)  # Esc and a key at once would be Alt and the key

    def settle(self, seconds: float) -> None:
        """Take what comes for some time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._master], [], [], left)[0]:
                self._read()

    def _read(self) -> None:
        data = os.read(self._master, 65536)
        self.raw += data
        self._stream.feed(data)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def line(self, words: str) -> str:
        """The first line that holds the words, or ""."""
        return next((line for line in self.screen.display if words in line), "")

    def until(self, holds: str | Callable[[], bool], timeout_s: float = 15.0) -> None:
        """Wait for words on the screen, or for something to be true."""
        true = holds if callable(holds) else lambda: holds in self.text
        end = time.monotonic() + patience_s(timeout_s)
        while not true():
            assert time.monotonic() < end, f"never saw {holds!r}:\n{self.text}"
            self.settle(0.03)

    def ended(self, timeout_s: float = 15.0) -> int:
        """Wait for the end; the exit status."""
        end = time.monotonic() + patience_s(timeout_s)
        while self.process.poll() is None and time.monotonic() < end:
            self.settle(0.03)
        assert self.process.poll() is not None, self.text
        self.settle(0.05)
        return self.process.returncode

    @property
    def restored(self) -> bool:
        """Whether the line discipline is as it was, and screen, cursor and mouse are given back."""
        tail = bytes(self.raw)
        last = max(tail.rfind(b"\x1b[?1049h"), tail.rfind(b"\x1b[?47h"))
        after = tail[last:]
        given_back = b"\x1b[?1049l" in after and b"\x1b[?25h" in after and b"\x1b[?1000l" in after
        return termios.tcgetattr(self._slave)[:4] == self.before[:4] and given_back

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        os.close(self._master)
        os.close(self._slave)


@contextmanager
def opened(
    argv: list[str], environ: Mapping[str, str], rows: int = 24, cols: int = 80
) -> Generator[Terminal]:
    """A terminal that is closed whatever happens."""
    terminal = Terminal(argv, environ, rows, cols)
    try:
        yield terminal
    finally:
        terminal.close()
