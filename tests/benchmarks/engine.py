"""Benchmarks of the engine: jobs a second through SLURM over ssh against bare AiiDA, and pings meanwhile."""

import os
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import rig
from table import Goal, Result, against, alone

sys.path.insert(0, str(rig.ROOT))

from crystalmath_server.protocol.codec import to_json
from crystalmath_server.protocol.jobs import ENDED
from crystalmath_server.protocol.structures import SI_POSCAR
from tests.services import Cluster, new_services, write_ssh_config
from tests.vasp_site import new_cluster

BARE = Path(__file__).parent / "bare_aiida.py"
ROUNDS = 2


def results(home: Path) -> list[Result]:
    """The same CalcJob of a program that does nothing, on the same profile, daemon and computer, in turns.

    Ours renders atomate2's inputs for every job and checks them; bare AiiDA is given those of an earlier job.
    """
    count = int(os.environ.get("CRYSTALMATH_BENCH_ENGINE_JOBS", "20"))
    with ExitStack() as stack:
        cluster = stack.enter_context(_slurm())
        write_ssh_config(cluster, home)
        structure, one = _prepare(home, cluster)
        pings: list[float] = []
        _ours(home, structure, count, pings)
        _bare(home, one, count)
        pairs = [(_ours(home, structure, count), _bare(home, one, count)) for _ in range(ROUNDS)]
    words = f"{count} jobs each; medians of {ROUNDS}; SLURM over ssh, SQLite and ZeroMQ"
    ours, bare = (statistics.median(times) for times in zip(*pairs, strict=True))
    pings.sort()
    return [
        against(Goal("time of a job through the engine / bare AiiDA", 1.1), ours, bare, "s", words),
        alone(
            Goal("system.ping p99 while jobs go through the engine [ms]", 20),
            pings[int(0.99 * len(pings))],
            "ms",
            f"median {pings[len(pings) // 2]:.2g} ms, most {pings[-1]:.3g} ms, {len(pings)} pings",
        ),
    ]


@contextmanager
def _slurm() -> Generator[Cluster]:
    services = new_services()
    try:
        services.up("slurm", "sshd")
        yield Cluster(services)
    finally:
        services.wipe()


def _prepare(home: Path, cluster: Cluster) -> tuple[int, int]:
    """A structure, and a job that has gone the whole way."""
    potcars = home / "potcars"
    (potcars / "Si").mkdir(parents=True)
    (potcars / "Si" / "POTCAR").touch()
    with rig.server(home) as path, rig.connected(path) as link:
        rig.call(link, "clusters.create", to_json(new_cluster(cluster, "hpc", potcars)))
        code: dict[str, object] = {
            "cluster": "hpc",
            "label": "nothing",
            "path": "/bin/true",
            "kind": "vasp_std",
        }
        rig.call(link, "codes.create", code)
        answer = rig.call(link, "structures.import", {"text": SI_POSCAR})
        structure = int(answer["row"]["pk"])  # type: ignore[index]
    before = _submitted(home, structure, 1)
    return structure, before[0]


def _ours(home: Path, structure: int, count: int, pings: list[float] | None = None) -> float:
    """Time of a job [s]: from the first submit until the last has ended, over their number."""
    with rig.server(home) as path, rig.connected(path) as link:
        rig.call(link, "jobs.list", {"limit": 1})
        with _pinging(path, pings):
            started = time.perf_counter()
            _run(link, structure, count)
            return (time.perf_counter() - started) / count


def _submitted(home: Path, structure: int, count: int) -> list[int]:
    with rig.server(home) as path, rig.connected(path) as link:
        return _run(link, structure, count)


def _run(link: rig.socket.socket, structure: int, count: int) -> list[int]:
    pks: list[int] = []
    before = rig.call(link, "jobs.list", {"limit": 1, "states": sorted(ENDED)})["total"]
    for _ in range(count):
        params = {"template": "vasp.static", "structures": [structure], "key": str(uuid.uuid4())}
        pks.append(int(rig.call(link, "jobs.submit", {**params, "cluster": "hpc"})["pk"]))  # type: ignore[call-overload]
    while rig.call(link, "jobs.list", {"limit": 1, "states": sorted(ENDED)})["total"] != before + count:  # type: ignore[operator]
        time.sleep(0.1)
    return pks


def _bare(home: Path, pk: int, count: int) -> float:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(BARE), str(pk), str(count)],
        env=rig.environment(home),
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


@contextmanager
def _pinging(path: Path, times: list[float] | None) -> Generator[None]:
    """Round trips [ms] of a second client, every 10 ms."""
    if times is None:
        yield
        return
    over = threading.Event()

    def work() -> None:
        with rig.connected(path) as link:
            while not over.wait(0.01):
                times.append(rig.round_trips(link, rig.PING, 1) / 1000)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=10)
