"""What befalls a job on a cluster: right state, right words, and it continues by itself or names the key."""

import signal
import time
import uuid
from collections.abc import Iterator

import pytest

from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE
from crystalmath_server.protocol.jobs import JOBS_SHOW, JobDetail, JobPk, JobState
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, submit, until_state, wait_for_job
from tests.services import Cluster
from tests.vasp_site import Site, vasp_site


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with vasp_site(cluster, tmp_path_factory.mktemp("f"), tmp_path_factory.mktemp("programs")) as site:
        yield site


@pytest.fixture
def hpc(site: Site) -> Iterator[Cluster]:
    """The cluster, fixed afterwards."""
    yield site.cluster
    site.cluster.mend()


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


def new_job(server: Client, site: Site, step_s: float = 0.5, **resources: object) -> int:
    slow = f"echo slow={step_s} > STANDIN"
    wanted = Resources(prepend_text=slow, **resources)  # type: ignore[arg-type]
    return submit(server, site.copper, str(uuid.uuid4()), "vasp.static", cluster="hpc", resources=wanted)


def show(server: Client, pk: int) -> JobDetail:
    return server.call(JOBS_SHOW, JobPk(pk))


def assert_diagnosed(server: Client, pk: int, cause: str, first_step: str) -> None:
    found = server.call(JOBS_DIAGNOSE, JobPk(pk))
    assert (found.cause, found.steps[0].action) == (cause, first_step), found
    assert found.evidence, found


def assert_finished_once(server: Client, site: Site, pk: int) -> None:
    assert ended(server, pk, 150) is JobState.FINISHED, show(server, pk).explanation
    assert len(site.cluster.sbatch_calls(show(server, pk).remote_work_dir)) == 1


def test_a_short_loss_of_the_network_is_outlived(site: Site, hpc: Cluster, server: Client) -> None:
    pk = new_job(server, site)
    until_state(server, pk, JobState.RUNNING)
    hpc.close_network()
    time.sleep(3)
    hpc.open_network()
    assert_finished_once(server, site, pk)


def test_after_a_long_loss_paused_jobs_go_on_by_themselves(site: Site, hpc: Cluster, server: Client) -> None:
    pk = new_job(server, site)
    until_state(server, pk, JobState.RUNNING)
    hpc.close_network()
    job = until_state(server, pk, JobState.PAUSED, 90)
    assert "on hpc failed again and again" in job.explanation
    assert "by itself when hpc answers" in job.hint
    assert f"jobs play {pk}" in job.hint
    assert_diagnosed(server, pk, "connection", "test cluster")
    hpc.open_network()
    assert_finished_once(server, site, pk)


def test_slurm_killed_and_started_again(site: Site, hpc: Cluster, server: Client) -> None:
    pk = new_job(server, site, 2)
    until_state(server, pk, JobState.RUNNING)
    time.sleep(6)  # what slurmctld has not saved for five seconds is lost with it, and the job with that
    hpc.stop_controller(signal.SIGKILL)
    time.sleep(2)
    hpc.start_controller()
    assert_finished_once(server, site, pk)


def test_a_closed_partition_is_said(site: Site, hpc: Cluster, server: Client) -> None:
    hpc.close_partition("debug")
    pk = new_job(server, site, partition="debug")
    until_state(server, pk, JobState.QUEUED)
    wait_for_job(server, pk, lambda job: "partition is closed" in job.explanation, 30, "it was never said")
    assert_diagnosed(server, pk, "queue.closed", "queue")
    hpc.open_partition("debug")
    assert_finished_once(server, site, pk)


def test_the_failure_of_a_node_is_said(site: Site, hpc: Cluster, server: Client) -> None:
    pk = new_job(server, site)
    job = until_state(server, pk, JobState.RUNNING)
    number = show(server, pk).scheduler_job_id
    node = hpc.call("squeue", "-h", "-j", number, "-o", "%N").strip()
    assert node, job
    hpc.fail_node(node)
    assert ended(server, pk) is JobState.FAILED
    assert "node failed" in show(server, pk).explanation
    assert "submit it again" in show(server, pk).hint
    assert_diagnosed(server, pk, "node", "retry")


def test_scancel_from_outside_is_said(site: Site, hpc: Cluster, server: Client) -> None:
    pk = new_job(server, site)
    job = until_state(server, pk, JobState.RUNNING)
    hpc.cancel(int(job.scheduler_job_id))
    assert ended(server, pk) is JobState.FAILED
    assert "canceled on the cluster" in show(server, pk).explanation
    assert_diagnosed(server, pk, "cancelled", "retry")


def test_the_time_limit_is_said(site: Site, server: Client) -> None:
    pk = submit(
        server,
        site.copper,
        str(uuid.uuid4()),
        "vasp.static",
        cluster="hpc",
        resources=Resources(walltime_s=60, prepend_text="sleep 300"),
    )
    assert ended(server, pk, 150) is JobState.FAILED
    job = show(server, pk)
    assert "time limit" in job.explanation.lower()
    assert "walltime" in job.hint.lower()
    assert_diagnosed(server, pk, "walltime", "restart")


@pytest.mark.parametrize(
    "resources,words,cause,first_step",
    [
        (Resources(account="nobody"), "account", "refused.account", "clone"),
        (Resources(partition="nowhere"), "partition", "refused.partition", "clone"),
        (Resources(partition="short", walltime_s=360), "time limit", "refused.time", "clone"),
        (Resources(modules=("no-such-module",)), "no-such-module", "module", "codes"),
    ],
)
def test_what_the_scheduler_refuses_is_said(
    site: Site, server: Client, resources: Resources, words: str, cause: str, first_step: str
) -> None:
    params = {"cluster": "hpc", "resources": resources}
    pk = submit(server, site.copper, str(uuid.uuid4()), "vasp.static", **params)
    assert ended(server, pk) is JobState.FAILED
    assert words in show(server, pk).explanation.lower()
    assert_diagnosed(server, pk, cause, first_step)
