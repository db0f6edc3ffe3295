"""What is killed at which step of a job, and what must hold afterwards."""

import os
import signal
import uuid
from collections.abc import Callable
from typing import Literal

import psutil

from crystalmath_server.protocol.jobs import JOBS_LIST, JOBS_SHOW, JobPk, JobState, ListJobsParams
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_server.protocol.system import STATUS
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, submit
from tests.integration.server_process import wait_until
from tests.vasp_site import Site

Moment = Callable[[Site, Client, int], object]
Victim = Callable[[Site], None]
SLOW = Resources(prepend_text="echo slow=0.5 > STANDIN")


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
    return pk in listed(server, JobState.RUNNING)


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
    wait_until(lambda: not site.processes("crystalmath_server", "--profile"), pause_s=0.1)


def kill_worker(site: Site) -> None:
    kill(site, "daemon", "worker")


def kill_broker(site: Site) -> None:
    """ZeroMQ's; the supervisor of AiiDA's daemon starts it again."""
    kill(site, "daemon", "broker")


def kill_rabbitmq(site: Site) -> None:
    """It is started again, as its supervisor would."""
    services = site.cluster.services
    process = psutil.Process(int((services.base / "rabbitmq/rabbitmq.pid").read_text()))
    process.kill()
    process.wait(10)
    services.up("rabbitmq")


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
        wait_until(lambda: pk in listed(server, JobState.FINISHED), pause_s=0.1)


def listed(server: Client, state: JobState) -> set[int]:
    """Jobs as the list has them, which polls where a broadcast was lost."""
    return {row.pk for row in server.call(JOBS_LIST, ListJobsParams(states=(state,))).rows}


def killed_at(site: Site, moment: Moment, victim: Victim) -> None:
    """A job, killed for, continues."""
    pk = new_job(site)
    with connect() as server:
        wait_until(lambda: moment(site, server, pk), 60)
    victim(site)
    assert_once(site, pk)


def killed_at_sbatch(site: Site, held: Literal["before", "after"], victim: Victim) -> None:
    """The same while SLURM has not taken the job yet, or has and nobody heard of it."""
    with site.cluster.held_sbatch(held):
        pk = new_job(site)
        with connect() as server:
            wait_until(lambda: at_sbatch(site, server, pk), 60, pause_s=0.2)
        victim(site)
    assert_once(site, pk)
