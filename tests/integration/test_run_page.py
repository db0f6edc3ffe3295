"""What a run shows while it runs, over real ssh and SLURM: its folder, a file that grows."""

import hashlib
import os
import time
from collections.abc import Iterator

import pytest

from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_FILES, ListFilesParams, ReadFileParams
from crystalmath_server.protocol.jobs import JOBS_CANCEL, ControlJobParams, JobPk, JobState
from crystalmath_server.protocol.logs import (
    LOGS_CREDIT,
    LOGS_FOLLOW,
    LOGS_PAUSE,
    LOGS_RESUME,
    LOGS_UNFOLLOW,
    CreditParams,
    FollowParams,
    LogChunk,
    SubscriptionParams,
)
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.progress import (
    JOBS_PROGRESS,
    JOBS_STOP,
    ProgressOfJobParams,
    StopJobParams,
)
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_server.protocol.system import METRICS
from crystalmath_tui.client import Client, connect
from crystalmath_tui.core.downloads import bytes_of
from tests.integration.real_server import ended, refused
from tests.integration.server_process import wait_until
from tests.integration.slow_job import Grower, begun, folder_of
from tests.services import Cluster
from tests.vasp_site import Site, vasp_site

MEGABYTES = int(os.environ.get("CRYSTALMATH_FOLLOW_MB", "24"))
"""How far the followed file grows; 1024 in the benchmark."""
GRANT = 4_000_000


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = vasp_site(cluster, tmp_path_factory.mktemp("r"), tmp_path_factory.mktemp("programs"))
    with made as site:
        yield site


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


@pytest.fixture(scope="module")
def running(site: Site) -> Iterator[int]:
    """A job that says something about once a second."""
    with connect() as server:
        pk = begun(server, site, "a-run-to-look-at", "slow=1 unconverged")
    yield pk
    with connect() as server:
        server.call(JOBS_CANCEL, ControlJobParams(pk))


class Follower:
    """Follows one file over any number of connections; keeps a digest and no more."""

    def __init__(self, pk: int, path: str) -> None:
        self.params = FollowParams(pk, path, offset=0, credit=GRANT)
        self.digest = hashlib.sha256()
        self.events: list[str] = []
        self.chunks = 0

    @property
    def offset(self) -> int:
        return self.params.offset or 0

    def begin(self, server: Client) -> int:
        return server.call(LOGS_FOLLOW, self.params).subscription

    def take(self, server: Client, number: int, seconds: float = 10.0) -> bool:
        """One chunk, and as much credit again; whether one came."""
        notice = server.next_notice(seconds)
        if notice is None:
            return False
        chunk: LogChunk = notice.params
        assert chunk.offset == self.offset
        data = bytes_of(chunk)  # type: ignore[arg-type]
        self.digest.update(data)
        self.events += [chunk.event] if chunk.event else []
        self.params = FollowParams(
            self.params.pk, self.params.path, offset=chunk.next_offset, identity=chunk.identity, credit=GRANT
        )
        self.chunks += 1
        server.call(LOGS_CREDIT, CreditParams(number, len(data)))
        return True


def test_the_folder_of_a_run(site: Site, running: int, server: Client) -> None:
    listed = server.call(JOBS_FILES, ListFilesParams(running, "work"))
    found = {row.path: row for row in listed.rows}
    assert {"INCAR", "OSZICAR", "OUTCAR", "POTCAR", "STANDIN", "_aiidasubmit.sh"} <= set(found)
    assert listed.folder == str(folder_of(server, running))
    assert abs(found["OSZICAR"].modified_at - time.time()) < 60
    part = server.call(
        JOBS_FILE, ReadFileParams(pk=running, path="OUTCAR", source="work", offset=3, limit=20)
    )
    assert part.content == (folder_of(server, running) / "OUTCAR").read_text()[3:23]
    error = refused(server, JOBS_FILE, ReadFileParams(running, "POTCAR", "work"))
    assert error.code is ErrorCode.NOT_ALLOWED


def test_a_growing_file_comes_whole_through_pauses_and_broken_connections(
    running: int, server: Client
) -> None:
    grower = Grower(folder_of(server, running) / "grown", MEGABYTES)
    follower = Follower(running, "grown")
    grower.start()
    seen_mb: dict[float, float] = {}
    for leave_at in (0.2, 0.4, 0.7, 1.0):
        with connect() as client:
            number = follower.begin(client)
            pause_at = follower.offset + 3_000_000
            while follower.offset < leave_at * grower.written or (leave_at == 1.0 and grower.is_alive()):
                assert follower.take(client, number), "nothing came"
                if follower.offset > pause_at:
                    pause_at = 1 << 60
                    silent_while_paused(client, number, follower)
                used_mb = server.call(METRICS, NoParams()).rss_mb
                seen_mb[leave_at] = max(seen_mb.get(leave_at, 0.0), used_mb)
    grower.join()
    assert follower.offset == grower.written
    assert follower.digest.digest() == grower.digest.digest()
    assert set(follower.events) <= {"waiting"}
    assert seen_mb[1.0] < max(seen_mb[0.2], seen_mb[0.4]) * 1.1, "the server's memory grows with the file"


def silent_while_paused(client: Client, number: int, follower: Follower) -> None:
    """Nothing comes but what was read before; all of the rest after it continues."""
    client.call(LOGS_PAUSE, SubscriptionParams(number))
    while follower.take(client, number, 0.3):
        pass
    assert client.call(LOGS_RESUME, SubscriptionParams(number)).active


def test_a_client_that_grants_nothing_gets_nothing(running: int, server: Client) -> None:
    number = server.call(LOGS_FOLLOW, FollowParams(running, "OUTCAR", credit=0)).subscription
    assert server.next_notice(0.8) is None
    server.call(LOGS_CREDIT, CreditParams(number, 5))
    notice = server.next_notice(10)
    assert notice is not None
    assert (notice.params.offset, notice.params.next_offset) == (0, 5)
    assert not server.call(LOGS_UNFOLLOW, SubscriptionParams(number)).active
    assert server.next_notice(0.8) is None


def test_a_file_is_followed_from_the_computer_to_what_was_brought_back(site: Site, server: Client) -> None:
    pk = begun(server, site, "follow-to-the-end", "slow=0.1")
    number = server.call(LOGS_FOLLOW, FollowParams(pk, "OSZICAR")).subscription
    data, events = b"", []
    while "ended" not in events:
        notice = server.next_notice(60)
        assert notice is not None, (number, events)
        data += bytes_of(notice.params)
        events.append(notice.params.event)
    assert ended(server, pk) is JobState.FINISHED
    whole = server.call(JOBS_FILE, ReadFileParams(pk, "OSZICAR", "retrieved"))
    assert data == whole.content.encode()


def test_progress_is_that_of_the_files(running: int, server: Client) -> None:
    wait_until(
        lambda: (server.call(JOBS_PROGRESS, ProgressOfJobParams(running)).electronic_step or 0) > 2,
        30,
        pause_s=0.1,
    )
    found = server.call(JOBS_PROGRESS, ProgressOfJobParams(running))
    oszicar = (folder_of(server, running) / "OSZICAR").read_text().splitlines()
    assert (found.source, found.most_ionic_steps, found.stuck) == ("work", 99, False)
    shown = [line.split() for line in oszicar if line.startswith("DAV:")][(found.electronic_step or 0) - 1]
    assert found.electronic_energy_ev == pytest.approx(float(shown[2]))
    assert found.quiet_s is not None
    assert found.quiet_s < 20
    assert "cannot be told" in found.estimate


def test_a_run_is_stopped_after_its_ionic_step_and_keeps_its_results(site: Site, server: Client) -> None:
    pk = begun(server, site, "stopped-in-order", "slow=0.2")
    wait_until(lambda: server.call(JOBS_PROGRESS, ProgressOfJobParams(pk)).ionic_step >= 1, 30, pause_s=0.1)
    asked = server.call(JOBS_STOP, StopJobParams(pk))
    assert asked.file == "LSTOP = .TRUE.\n"
    ended(server, pk)
    found = server.call(JOBS_PROGRESS, ProgressOfJobParams(pk))
    outcar = server.call(JOBS_FILE, ReadFileParams(pk, "OUTCAR", "retrieved", limit=1_000_000)).content
    assert "soft stop" in outcar
    assert (found.source, found.ionic_step) == ("retrieved", len(found.steps.step))
    assert found.ionic_step < 99
    assert found.max_force_ev_a is not None
    assert found.steps.seconds[-1] is not None
    assert server.call(JOBS_RESULTS, JobPk(pk)).steps[-1].max_force_ev_a == pytest.approx(
        found.max_force_ev_a, abs=1e-5
    )
    assert refused(server, JOBS_STOP, StopJobParams(pk)).code is ErrorCode.NOT_ALLOWED
