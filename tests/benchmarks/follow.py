"""Benchmark of followed files: bytes a second over ssh against `tail -f`, and the server's memory."""

import os
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from rig import ROOT
from table import Goal, Result, against, alone

MEGABYTES = int(os.environ.get("CRYSTALMATH_FOLLOW_MB", "1024"))
GRANT = 8_000_000


def results(home: Path) -> list[Result]:
    """A file of a running job, followed from its first byte."""
    import sys

    sys.path.insert(0, str(ROOT))
    from tests.integration.test_run_page import begun, folder_of
    from tests.vasp_site import vasp_site

    with _cluster(home) as cluster, vasp_site(cluster, home / "f", home / "programs") as site:
        from crystalmath_server.protocol.jobs import JOBS_CANCEL, ControlJobParams
        from crystalmath_tui.client import connect

        with connect() as server:
            pk = begun(server, site, "bench-follow", "slow=1 unconverged")
            path = folder_of(server, pk) / "large"
            _write(path)
            ours, most_mb, first_mb = _followed(server, pk)
            peer = _tailed(cluster, path)
            server.call(JOBS_CANCEL, ControlJobParams(pk))
    size = f"{MEGABYTES} MB over ssh"
    return [
        against(Goal("followed bytes/s / ssh tail -f", 0.1, more_is_better=True), ours, peer, "MB/s", size),
        alone(Goal("server memory, followed to the end / to a tenth", 1.1), most_mb / first_mb, "×", size),
    ]


@contextmanager
def _cluster(home: Path) -> Generator[Any]:
    """SLURM and sshd of this run's own, found by the environment."""
    from tests.services import Cluster, new_services, write_ssh_config

    services = new_services()
    try:
        services.up("slurm", "sshd")
        made = Cluster(services)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in services.env("slurm", "sshd").items():
                patch.setenv(name, value)
            patch.setenv("PATH", f"{services.bins}{os.pathsep}{os.environ['PATH']}")
            patch.setenv("CM_SSH_CONFIG", str(write_ssh_config(made, home)))
            yield made
    finally:
        services.wipe()


def _write(path: Path) -> None:
    line = b"DAV:  17    -0.123456789012E+02   -0.10000E-03   -0.50000E-04   1234   0.100E-01\n"
    block = line * (1_000_000 // len(line))
    with path.open("wb") as out:
        for _ in range(MEGABYTES):
            out.write(block)


def _followed(server: Any, pk: int) -> tuple[float, float, float]:
    """MB/s, and the server's memory at the end and after a tenth [MB]."""
    from crystalmath_server.protocol.logs import LOGS_CREDIT, LOGS_FOLLOW, CreditParams, FollowParams
    from crystalmath_server.protocol.method import NoParams
    from crystalmath_server.protocol.system import METRICS

    started = time.perf_counter()
    begun = server.call(LOGS_FOLLOW, FollowParams(pk, "large", offset=0, credit=GRANT))
    offset, spent, first_mb = 0, 0, 0.0
    while offset < begun.size:
        notice = server.next_notice(60)
        assert notice is not None, "nothing came"
        spent += notice.params.next_offset - offset
        offset = notice.params.next_offset
        if spent > GRANT // 2:
            server.call(LOGS_CREDIT, CreditParams(begun.subscription, spent))
            spent = 0
        if not first_mb and offset > begun.size / 10:
            first_mb = server.call(METRICS, NoParams()).rss_mb
    seconds = time.perf_counter() - started
    return offset / seconds / 1e6, server.call(METRICS, NoParams()).rss_mb, first_mb


def _tailed(cluster: Any, path: Path) -> float:
    """MB/s of `tail -f` over OpenSSH's own client, from the first byte."""
    from tests.services import DIRECT

    size, read = path.stat().st_size, 0
    command = ["ssh", "-F", str(cluster.ssh_config), DIRECT, f"tail -c +1 -f '{path}'"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        while read < size:
            read += len(os.read(process.stdout.fileno(), 1 << 20))
        seconds = time.perf_counter() - started
        process.terminate()
    return size / seconds / 1e6
