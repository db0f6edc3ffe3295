"""The cap of a cluster and its breaker: jobs are held, go in order, and go on by themselves."""

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from crystalmath_server.protocol.clusters import (
    CLUSTERS_CREATE,
    CLUSTERS_UPDATE,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, CreateCodeParams
from crystalmath_server.protocol.jobs import (
    JOBS_CANCEL,
    JOBS_LIST,
    JOBS_PLAY,
    JOBS_SHOW,
    ControlJobParams,
    JobDetail,
    JobPk,
    JobState,
    ListJobsParams,
)
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, home_of_its_own, submit, until_ready
from tests.integration.server_process import wait_until
from tests.services import Cluster, write_ssh_config
from tests.vasp_site import new_cluster

COPPER = Path(__file__).parents[2] / "crystalmath_tui/examples/copper.poscar"
CAP = 2


@pytest.fixture(scope="module")
def copper(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A home with a cluster of a cap, whose program does nothing; the pk of a structure."""
    with home_of_its_own(tmp_path_factory.mktemp("g")) as home:
        write_ssh_config(cluster, home)
        potcars = home / "potcars"
        (potcars / "Cu").mkdir(parents=True)
        (potcars / "Cu/POTCAR").touch()
        with connect() as server:
            until_ready(server)
            server.call(CLUSTERS_CREATE, new_cluster(cluster, "hpc", potcars, CAP))
            server.call(CODES_CREATE, CreateCodeParams("hpc", "nothing", "/bin/true", CodeKind.VASP_STD))
            yield server.call(STRUCTURES_IMPORT, ImportStructureParams(path=str(COPPER))).row.pk


@pytest.fixture
def server(copper: int) -> Iterator[Client]:
    with connect() as client:
        yield client


def new_job(server: Client, copper: int, prepend: str = "") -> int:
    resources = Resources(prepend_text=prepend) if prepend else Resources()
    return submit(server, copper, str(uuid.uuid4()), "vasp.static", cluster="hpc", resources=resources)


def show(server: Client, pk: int) -> JobDetail:
    return server.call(JOBS_SHOW, JobPk(pk))


def is_held(server: Client, pk: int) -> bool:
    return show(server, pk).row.held


def queued(cluster: Cluster, server: Client, pks: list[int]) -> int:
    """How many of these jobs the scheduler has."""
    return len(scheduler_ids(server, pks) & set(cluster.job_ids()))


def scheduler_ids(server: Client, pks: list[int]) -> set[int]:
    return {int(number) for pk in pks if (number := show(server, pk).scheduler_job_id)}


def n_failed(server: Client, pks: list[int]) -> int:
    page = server.call(JOBS_LIST, ListJobsParams(states=(JobState.FAILED,), limit=500))
    return len({row.pk for row in page.rows}.intersection(pks))


def release(marker: Path) -> None:
    marker.touch()


def waits_for(marker: Path) -> str:
    """Shell lines of a job that runs until a file is there."""
    return f"while [ ! -e {marker} ]; do sleep 0.1; done"


def test_what_is_over_the_cap_is_held_and_goes_in_order(
    cluster: Cluster, copper: int, server: Client, tmp_path: Path
) -> None:
    marker = tmp_path / "go"
    pks = [new_job(server, copper, waits_for(marker)) for _ in range(5)]
    assert [is_held(server, pk) for pk in pks] == [False, False, True, True, True]
    job = show(server, pks[2])
    assert (job.row.state, str(CAP) in job.explanation) == (JobState.CREATED, True)
    assert f"jobs play {pks[2]}" in job.hint
    rows = {row.pk: row for row in server.call(JOBS_LIST, ListJobsParams(cluster="hpc")).rows}
    assert "Held back" in rows[pks[4]].reason
    held = server.call(JOBS_LIST, ListJobsParams(cluster="hpc", held=True))
    assert ({row.pk for row in held.rows}, held.total) == (set(pks[2:]), 3)
    wait_until(lambda: queued(cluster, server, pks) == CAP, 60, pause_s=0.2)
    release(marker)
    queues: list[list[int]] = []
    while n_failed(server, pks) < len(pks):  # /bin/true leaves no result
        queues.append(cluster.job_ids())
        time.sleep(0.05)
    ours = scheduler_ids(server, pks)
    assert len(ours) == len(pks)
    assert max(len(ours.intersection(queue)) for queue in queues) <= CAP
    calls = {call.folder: call.at_s for call in cluster.sbatch_calls()}
    times = [calls[Path(show(server, pk).remote_work_dir)] for pk in pks]
    assert max(times[:2]) < min(times[2:4])  # two go at once where two have ended
    assert times[4] > min(times[2:4])


def test_a_held_job_can_be_killed_and_let_go(copper: int, server: Client, tmp_path: Path) -> None:
    marker = tmp_path / "go"
    pks = [new_job(server, copper, waits_for(marker)) for _ in range(4)]
    assert is_held(server, pks[2])
    assert server.call(JOBS_CANCEL, ControlJobParams(pks[2], 30)).state is JobState.KILLED
    server.call(JOBS_PLAY, ControlJobParams(pks[3], 30))
    assert not is_held(server, pks[3])
    release(marker)
    assert [ended(server, pk) for pk in pks].count(JobState.FAILED) == 3


def test_another_cap_lets_the_held_ones_go(copper: int, server: Client, tmp_path: Path) -> None:
    marker = tmp_path / "go"
    pks = [new_job(server, copper, waits_for(marker)) for _ in range(3)]
    assert is_held(server, pks[2])
    server.call(CLUSTERS_UPDATE, UpdateClusterParams("hpc", max_jobs=3))
    wait_until(lambda: not is_held(server, pks[2]), pause_s=0.1)
    release(marker)
    server.call(CLUSTERS_UPDATE, UpdateClusterParams("hpc", max_jobs=CAP))
    assert all(ended(server, pk) is JobState.FAILED for pk in pks)
