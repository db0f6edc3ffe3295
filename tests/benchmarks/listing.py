"""Benchmarks of the list of jobs: a page over RPC, and the command line, at 1 k and at many jobs."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import rig
from table import Goal, Result, against, alone, interleaved

HERE = Path(__file__).parent
PAGE: dict[str, object] = {"limit": 100}


def results(home: Path) -> list[Result]:
    """The same profile, first with 1000 jobs, then with as many as asked for."""
    many = int(os.environ["CRYSTALMATH_BENCH_JOBS"])
    with rig.server(home):
        pass
    rig.end_family(home)
    small, _ = _page(home, 1000)
    large, loaded = _page(home, many)
    query = float(_program(home, "query.py", "30"))
    words = f"at {many} jobs"
    done = [
        against(
            Goal("page of 100 jobs over RPC / the same QueryBuilder query", 0.04), large, query, "ms", words
        ),
        against(Goal("page of 100 jobs, many jobs / 1 k jobs", 1.3), large, small, "ms", words),
        alone(Goal("server: list of all jobs known after [s]", 30), loaded, "s", words),
    ]
    return [*done, _command_line(home, words)]


def _program(home: Path, name: str, *args: str) -> str:
    command = [sys.executable, str(HERE / name), *args]
    return subprocess.run(
        command, env=rig.environment(home), check=True, capture_output=True, text=True
    ).stdout


def _page(home: Path, count: int) -> tuple[float, float]:
    """Median time of a page [ms], and how long the first took from the start of the server [s]."""
    _program(home, "dataset.py", str(count))
    started = time.perf_counter()
    with rig.server(home) as path, rig.connected(path) as link:
        total = rig.call(link, "jobs.list", PAGE)["total"]
        loaded = time.perf_counter() - started
        if total != count:
            raise RuntimeError(f"{total} jobs are listed, not {count}")
        frame = b'{"jsonrpc":"2.0","id":1,"method":"jobs.list","params":{"limit":100}}\n'
        times = [rig.round_trips(link, frame, 300) / 1000 for _ in range(5)]
    return statistics.median(times), loaded


def _command_line(home: Path, words: str) -> Result:
    with rig.server(home) as path, rig.connected(path) as link:
        rig.call(link, "jobs.list", PAGE)
        ours = [
            sys.executable,
            "-m",
            "crystalmath_tui",
            "--socket",
            str(path),
            "jobs",
            "list",
            "--limit",
            "100",
        ]
        verdi = [str(Path(sys.executable).with_name("verdi")), "process", "list", "-a", "-l", "100"]
        mine, theirs = interleaved(lambda: _run(home, ours), lambda: _run(home, verdi), 3)
    return against(
        Goal("crystalmath jobs list / verdi process list -a -l 100", 0.02), mine, theirs, "ms", words
    )


def _run(home: Path, command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(
        command, env=rig.environment(home), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return 1000 * (time.perf_counter() - started)
