"""Server, AiiDA's worker and broker are killed at each step from submit to parse: one sbatch, a right end."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator

import psutil
import pytest

from crystalmath_server.protocol.jobs import JOBS_LIST, JOBS_SHOW, JobPk, JobState, ListJobsParams
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_server.protocol.system import STATUS
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, submit
from tests.integration.server_process import wait_until
from tests.services import Cluster
from tests.vasp_site import Site, vasp_site

Moment = Callable[[Site, Client, int], object]
SLOW = Resources(prepend_text="echo slow=0.5 > STANDIN")


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with vasp_site(cluster, tmp_path_factory.mktemp("k"), tmp_path_factory.mktemp("programs")) as site:
        yield site


def state_of(server: Client, pk: int) -> JobState:
    return server.call(JOBS_SHOW, JobPk(pk)).row.state


def folder_of(server: Client, pk: int) -> str:
    return server.call(JOBS_SHOW, JobPk(pk)).remote_work_dir


def at_once(_site: Site, _server: Client, _pk: int) -> object:
    return True


def uploading(_site: Site, server: Client, pk: int) -> object:
    return state_of(server, pk) is JobState.PREPARING


def at_sbatch(site: Site, server: Client, pk: int) -> object:
    folder = folder_of(server, pk)
    return folder and site.cluster.sbatch_calls(folder)


def running(_site: Site, server: Client, pk: int) -> object:
    return state_of(server, pk) is JobState.RUNNING


def collecting(_site: Site, server: Client, pk: int) -> object:
    return state_of(server, pk) in {JobState.COLLECTING, JobState.FINISHED}


def kill(site: Site, *words: str) -> None:
    found = site.processes(*words)
    assert found, words
    for process in found:
        os.kill(process.pid, signal.SIGKILL)
    psutil.wait_procs(found, timeout=10)


def kill_server(site: Site) -> None:
    with connect(spawn=False) as server:
        os.kill(server.call(STATUS, NoParams()).pid, signal.SIGKILL)
    wait_until(lambda: not site.processes("crystalmath_server", "--profile"))


def kill_worker(site: Site) -> None:
    kill(site, "daemon", "worker")


def kill_broker(site: Site) -> None:
    kill(site, "daemon", "broker")


def new_job(site: Site) -> int:
    with connect() as server:
        return submit(
            server, site.copper, f"kill-{uuid.uuid4()}", "vasp.static", cluster="hpc", resources=SLOW
        )


def assert_once(site: Site, pk: int) -> None:
    with connect() as server:
        assert ended(server, pk, 150) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
        assert len(site.cluster.sbatch_calls(folder_of(server, pk))) == 1
        assert server.call(JOBS_RESULTS, JobPk(pk)).quantities
        wait_until(lambda: pk in finished(server))


def finished(server: Client) -> list[int]:
    """As the list has it, which polls where a broadcast was lost."""
    return [row.pk for row in server.call(JOBS_LIST, ListJobsParams(states=(JobState.FINISHED,))).rows]


@pytest.mark.parametrize("victim", [kill_server, kill_worker, kill_broker])
@pytest.mark.parametrize("moment", [at_once, uploading, running, collecting])
def test_killed_at_a_step(site: Site, moment: Moment, victim: Callable[[Site], None]) -> None:
    pk = new_job(site)
    with connect() as server:
        wait_until(lambda: moment(site, server, pk), 60)
    victim(site)
    assert_once(site, pk)


@pytest.mark.parametrize("held", ["before", "after"])
@pytest.mark.parametrize("victim", [kill_server, kill_worker])
def test_killed_while_sbatch_is_at_work(site: Site, held: str, victim: Callable[[Site], None]) -> None:
    with site.cluster.held_sbatch(held):  # type: ignore[arg-type]
        pk = new_job(site)
        with connect() as server:
            wait_until(lambda: at_sbatch(site, server, pk), 60)
        victim(site)
    assert_once(site, pk)
