"""Benchmarks of the server's start: connect, first reply, stalls while it loads."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import rig
from table import Goal, Result, against, alone, interleaved

ROUNDS = 5
PASS = [sys.executable, "-c", "pass"]
IMPORT_ALL = (
    "import aiida.orm, aiida.engine, atomate2.vasp.jobs.core, pymatgen.core, pydantic, anyio, jsonrpcserver"
)


def results(home: Path) -> list[Result]:
    """Connect and first reply against Python itself; the longest stall of a ping."""
    with rig.server(home):
        pass  # makes the profile, so that every start below finds it
    rig.end_family(home)
    connect, empty = interleaved(lambda: _start(home)[0], lambda: _python("pass"), ROUNDS)
    reply, everything = interleaved(lambda: _start(home)[1], lambda: _python(IMPORT_ALL), 3)
    stalls = [_stall(home) for _ in range(3)]
    return [
        against(Goal("server: spawn → connect / python -c pass", 2.5), connect, empty, "ms"),
        against(Goal("server: spawn → first reply / import all first", 0.35), reply, everything, "ms"),
        alone(
            Goal("longest system.ping while AiiDA and atomate2 load [ms]", 20),
            statistics.median(stalls),
            "ms",
        ),
    ]


def _python(code: str) -> float:
    """Time of a Python with that code [ms]."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return 1000 * (time.perf_counter() - started)


def _start(home: Path) -> tuple[float, float]:
    """Times from spawn to connection and to the first reply [ms]."""
    path = home / "start.sock"
    command = [sys.executable, "-m", "crystalmath_server", "--socket", str(path), "--foreground"]
    started = time.perf_counter()
    with rig.running(command, rig.environment(home)), rig.connected(path) as link:
        connected = time.perf_counter()
        rig.ask(link, rig.PING)
        answered = time.perf_counter()
    return 1000 * (connected - started), 1000 * (answered - started)


def _stall(home: Path) -> float:
    """Longest ping, one every 2 ms, from the first reply of a fresh server until all is loaded [ms]."""
    with rig.server(home, ready=False) as path, rig.connected(path) as link, rig.connected(path) as other:
        rig.ask(link, rig.PING)
        longest, end, next_look = 0.0, time.monotonic() + 60, 0.0
        while time.monotonic() < end:
            started = time.perf_counter()
            rig.ask(link, rig.PING)
            longest = max(longest, 1000 * (time.perf_counter() - started))
            if time.monotonic() > next_look:
                next_look = time.monotonic() + 0.2
                status: dict[str, dict[str, str]] = rig.call(other, "system.status", {})  # type: ignore[assignment]
                if status["storage"]["state"] == status["worker"]["state"] == "ready":
                    break
            time.sleep(0.002)
        return longest
