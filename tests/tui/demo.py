"""The server on the fakes, as a process that a test may kill."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.tui.terminal import ROOT

DEMO = ROOT / "tests/tui/demo_server.py"


class Demo:
    """A server that can be killed and started again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, jobs: int = 30, slow_s: float = 0.0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DEMO), str(self.path), "--jobs", str(jobs), "--slow", str(slow_s)]
        )
        end = time.monotonic() + 20
        while not self._answers():
            assert time.monotonic() < end
            time.sleep(0.03)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(str(self.path)) == 0

    def kill(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
