"""Benchmark of followed files: bytes a second over ssh against `tail -f`, and the server's memory."""

import hashlib
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
GRANT = 32_000_000


def results(home: Path) -> list[Result]:
    """A file of a running job, followed from its first byte while it grows."""
    import sys

    sys.path.insert(0, str(ROOT))
    from tests.integration.slow_job import Grower, begun, folder_of
    from tests.vasp_site import vasp_site

    with _cluster(home) as cluster, vasp_site(cluster, home / "f", home / "programs") as site:
        from crystalmath_server.protocol.jobs import JOBS_CANCEL, ControlJobParams
        from crystalmath_tui.client import connect

        with connect() as server:
            pk = begun(server, site, "bench-follow", "slow=1 unconverged")
            path = folder_of(server, pk) / "large"
            grower = Grower(path, MEGABYTES)
            grower.start()
            follower = Follower(pk, MEGABYTES * 1_000_000)
            while not follower.done(grower):
                with connect() as client:
                    follower.follow(client, grower)
            grower.join()
            peer, peer_digest = _tailed(cluster, path)
            server.call(JOBS_CANCEL, ControlJobParams(pk))
    if not follower.digest.digest() == peer_digest == grower.digest.digest():
        msg = "what came is not what was written"
        raise RuntimeError(msg)
    size = f"{grower.written / 1e6:.0f} MB over ssh, grown meanwhile, {follower.connections} connections"
    return [
        against(
            Goal("followed bytes/s / ssh tail -f", 0.2, more_is_better=True),
            follower.offset / follower.seconds / 1e6,
            peer,
            "MB/s",
            size,
        ),
        alone(
            Goal("server memory, followed to the end / to a third", 1.1),
            follower.last_mb / follower.first_mb,
            "×",
            size,
        ),
    ]


class Follower:
    """Follows a file over several connections with a pause in each; keeps a digest and times."""

    def __init__(self, pk: int, size: int) -> None:
        self.pk, self.size = pk, size
        self.offset, self.identity, self.connections = 0, "", 0
        self.digest = hashlib.sha256()
        self.seconds, self.first_mb, self.last_mb = 0.0, 0.0, 0.0

    def done(self, grower: Any) -> bool:
        """Whether all has come that was written."""
        return not grower.is_alive() and self.offset >= grower.written

    def follow(self, client: Any, grower: Any) -> None:
        """One connection: to a third of the size further, or to the end; paused once on the way."""
        from crystalmath_server.protocol.logs import LOGS_FOLLOW, FollowParams

        leave_at, pause_at = self.offset + self.size // 3 + 1, self.offset + self.size // 6
        self.connections += 1
        started = time.perf_counter()
        params = FollowParams(self.pk, "large", offset=self.offset, identity=self.identity, credit=GRANT)
        number, spent = client.call(LOGS_FOLLOW, params).subscription, 0
        while self.offset < leave_at and not self.done(grower):
            spent = self._granted(client, number, spent + self._taken(client.next_notice(60)))
            if self.offset > pause_at:
                pause_at = 1 << 60
                waited, more = self._paused(client, number)
                started, spent = started + waited, spent + more
        self.seconds += time.perf_counter() - started
        self._weighed(client)

    def _taken(self, notice: Any) -> int:
        from crystalmath_server.services.file_source import bytes_of

        assert notice is not None, "nothing came"
        chunk = notice.params
        assert chunk.offset == self.offset, "a gap or a double"
        data = bytes_of(chunk)
        self.digest.update(data)
        self.offset, self.identity = chunk.next_offset, chunk.identity
        return len(data)

    def _granted(self, client: Any, number: int, spent: int) -> int:
        from crystalmath_server.protocol.logs import LOGS_CREDIT, CreditParams

        if spent <= GRANT // 2:
            return spent
        client.call(LOGS_CREDIT, CreditParams(number, spent))
        return 0

    def _paused(self, client: Any, number: int) -> tuple[float, int]:
        """Seconds in which nothing was to come, and the bytes that were on their way."""
        from crystalmath_server.protocol.logs import LOGS_PAUSE, LOGS_RESUME, SubscriptionParams

        began, more = time.perf_counter(), 0
        client.call(LOGS_PAUSE, SubscriptionParams(number))
        while (notice := client.next_notice(0.3)) is not None:
            more += self._taken(notice)
        client.call(LOGS_RESUME, SubscriptionParams(number))
        return time.perf_counter() - began, more

    def _weighed(self, client: Any) -> None:
        from crystalmath_server.protocol.method import NoParams
        from crystalmath_server.protocol.system import METRICS

        self.last_mb = client.call(METRICS, NoParams()).rss_mb
        self.first_mb = self.first_mb or self.last_mb


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


def _tailed(cluster: Any, path: Path) -> tuple[float, bytes]:
    """MB/s of `tail -f` over OpenSSH's own client, from the first byte, and the digest of what came."""
    from tests.services import DIRECT

    size, read, digest = path.stat().st_size, 0, hashlib.sha256()
    command = ["ssh", "-F", str(cluster.ssh_config), DIRECT, f"tail -c +1 -f '{path}'"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        while read < size:
            data = os.read(process.stdout.fileno(), 1 << 20)
            digest.update(data)
            read += len(data)
        seconds = time.perf_counter() - started
        process.terminate()
    return size / seconds / 1e6, digest.digest()
