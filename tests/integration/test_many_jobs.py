"""40 jobs at once under a cap of 10, over ssh to SLURM: it holds, all end, each by one sbatch, in order."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from crystalmath_server.protocol.clusters import CLUSTERS_CREATE
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, CreateCodeParams
from crystalmath_server.protocol.jobs import ENDED, JOBS_LIST, JOBS_SHOW, JobPk, ListJobsParams
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.structures import STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_server.protocol.system import STATUS
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import home_of_its_own, submit, until_ready
from tests.integration.server_process import wait_until
from tests.services import Cluster, write_ssh_config
from tests.vasp_site import COPPER, new_cluster

N_JOBS, CAP = 40, 10


@pytest.fixture(scope="module")
def copper(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A home with a cluster of a cap, whose program does nothing; the pk of a structure."""
    with home_of_its_own(tmp_path_factory.mktemp("m")) as home:
        write_ssh_config(cluster, home)
        potcars = home / "potcars"
        (potcars / "Cu").mkdir(parents=True)
        (potcars / "Cu/POTCAR").touch()
        with connect() as server:
            until_ready(server)
            patient = replace(new_cluster(cluster, "hpc", potcars, CAP), poll_interval_s=2)
            server.call(CLUSTERS_CREATE, patient)
            server.call(CODES_CREATE, CreateCodeParams("hpc", "nothing", "/bin/true", CodeKind.VASP_STD))
            yield server.call(STRUCTURES_IMPORT, ImportStructureParams(path=str(COPPER))).row.pk


@contextmanager
def all_the_time(act: Callable[[], int], pause_s: float) -> Generator[list[int]]:
    """Do something again and again meanwhile; what it answered so far, and a failure at the end."""
    answers: list[int] = []
    failures: list[Exception] = []
    over = threading.Event()

    def work() -> None:
        while not over.wait(pause_s):
            try:
                answers.append(act())
            except Exception as error:  # noqa: BLE001  told where it can fail the test
                failures.append(error)
                return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join(timeout=30)
    assert not failures, failures
    assert answers


def under_way(server: Client) -> int:
    """Jobs that were given to a worker and have not ended."""
    page = server.call(JOBS_LIST, ListJobsParams(cluster="hpc", limit=500))
    return sum(row.state not in ENDED and not row.held for row in page.rows)


def n_ended(server: Client) -> int:
    params = ListJobsParams(cluster="hpc", states=tuple(sorted(ENDED)), limit=1)
    return server.call(JOBS_LIST, params).total


def assert_in_order(numbers: list[int]) -> None:
    """Of the jobs before it, fewer than the cap may be on their way while a job is handed over."""
    for place, number in enumerate(numbers):
        overtaken = set(range(number)) - set(numbers[:place])
        assert len(overtaken) < CAP, (number, overtaken)


def new_jobs(server: Client, copper: int, numbers: range) -> list[int]:
    return [submit(server, copper, f"many-jobs-{n}", "vasp.static", cluster="hpc") for n in numbers]


@pytest.mark.timeout(600)  # a minute where nothing else runs; most of it is AiiDA storing nodes
def test_cap_order_and_ends_of_many_jobs(cluster: Cluster, copper: int) -> None:
    cluster.close_partition("debug")  # it takes jobs and starts none: the queue fills up to the cap
    others = set(cluster.job_ids())  # that other tests left

    def in_queue() -> int:
        return len(set(cluster.job_ids()) - others)

    with connect() as server, connect() as other, connect() as third:
        with (
            all_the_time(lambda: other.call(STATUS, NoParams()).pid, 0.05),
            all_the_time(lambda: under_way(third), 1) as sent,
            all_the_time(in_queue, 1) as queued,
        ):
            try:
                pks = new_jobs(server, copper, range(2 * CAP))
                wait_until(
                    lambda: in_queue() == CAP, 120, "the queue never had as many as it may", pause_s=0.2
                )
            finally:
                cluster.open_partition("debug")
            pks += new_jobs(server, copper, range(2 * CAP, N_JOBS))
            wait_until(lambda: n_ended(server) == N_JOBS, 600, "not all jobs ended", pause_s=0.2)
        assert max(sent) <= CAP >= max(queued), "and the queue had as many, as was waited for"
        folders = [Path(server.call(JOBS_SHOW, JobPk(pk)).remote_work_dir) for pk in pks]
    calls = [folders.index(call.folder) for call in cluster.sbatch_calls() if call.folder in folders]
    assert sorted(calls) == list(range(N_JOBS))
    assert_in_order(calls)
