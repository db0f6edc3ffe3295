"""Jobs of VASP that correct themselves, over SLURM and ssh; AiiDA's worker is killed meanwhile."""

import contextlib
import os
import signal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crystalmath_server.protocol.again import JOBS_CLONE, JOBS_RESTART, RestartJobParams
from crystalmath_server.protocol.clusters import CLUSTERS_UPDATE, UpdateClusterParams
from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.files import JOBS_FILES, ListFilesParams
from crystalmath_server.protocol.graph import NODES_GRAPH, GraphParams
from crystalmath_server.protocol.jobs import (
    JOBS_CANCEL,
    JOBS_LIST,
    JOBS_PAUSE,
    JOBS_PLAY,
    JOBS_SHOW,
    JOBS_SUBMIT,
    ControlJobParams,
    JobDetail,
    JobPk,
    JobState,
    ListJobsParams,
    SubmitJobParams,
)
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_tui.client import Client, connect
from tests.integration.killing import kill_server, kill_worker
from tests.integration.real_server import ended, refused, submit, until_state, wait_for_job
from tests.integration.server_process import wait_until
from tests.services import Cluster
from tests.vasp_site import Site, vasp_site

PATIENCE_S = 170
TWICE = "rhosyg point_group"
"""Two faults, each with its own correction."""
FORK_SERVER = "crystalmath_server.adapters.worker.fork_server"


@dataclass(frozen=True)
class Jobs:
    """Jobs that run together; what `fault` holds befalls the runs of `asking`."""

    mended: int
    limited: int
    asking: int
    fault: Path


pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with vasp_site(cluster, tmp_path_factory.mktemp("m"), tmp_path_factory.mktemp("programs")) as site:
        yield site


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


@pytest.fixture(scope="module")
def jobs(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    fault = tmp_path_factory.mktemp("fault") / "fault"
    fault.write_text("set_core_wf")
    with connect() as server:
        mended = new_job(server, site, f"echo {TWICE} > STANDIN", 4, key="mend-twice")
        limited = new_job(server, site, "echo brmix > STANDIN", 1)
        return Jobs(mended, limited, new_job(server, site, f"cat {fault} > STANDIN", 3), fault)


def new_job(server: Client, site: Site, prepend: str, most: int, key: str = "") -> int:
    given = {"cluster": "hpc", "resources": Resources(prepend_text=prepend), "corrections": most}
    return submit(server, site.copper, key or str(uuid.uuid4()), "vasp.static", **given)


def show(server: Client, pk: int) -> JobDetail:
    return server.call(JOBS_SHOW, JobPk(pk))


def asked(server: Client, pk: int) -> JobDetail:
    """The job once it waits for its user."""
    return until_state(server, pk, JobState.PAUSED, 120)


def folders(server: Client, pk: int) -> list[str]:
    """Work folders of the runs."""
    return [show(server, run.pk).remote_work_dir for run in show(server, pk).runs]


def assert_handed_over_once_each(server: Client, site: Site, pk: int) -> None:
    calls = [len(site.cluster.sbatch_calls(folder)) for folder in folders(server, pk)]
    assert calls == [1] * len(calls)


def caught_custodian(site: Site) -> int:
    """The pid of custodian, which is stopped in the middle of its work."""
    servers = wait_until(lambda: site.processes(FORK_SERVER), 60, "no run was read", pause_s=0.1)
    children = Path(f"/proc/{servers[0].pid}/task/{servers[0].pid}/children")

    def custodian() -> int | None:
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):  # it has just ended
            for pid in map(int, children.read_text().split()):
                if Path(f"/proc/{pid}/comm").read_text().strip() == "custodian":
                    os.kill(pid, signal.SIGSTOP)
                    return pid
        return None

    return wait_until(custodian, 60, "custodian never looked", pause_s=0.001)


def test_two_faults_are_corrected_whoever_kills_the_worker(site: Site, jobs: Jobs, server: Client) -> None:
    """Killed while custodian looks at the first run, and when the second has just begun."""
    custodian = caught_custodian(site)
    kill_worker(site)
    os.kill(custodian, signal.SIGCONT)
    wait_for_job(server, jobs.mended, lambda job: len(job.runs) > 1, 90, "there was no second run")
    kill_worker(site)
    assert ended(server, jobs.mended, PATIENCE_S) is JobState.FINISHED, show(server, jobs.mended)
    found = show(server, jobs.mended)
    made = ["rhosyg: INCAR: SYMPREC = 0.0001", "point_group: INCAR: ISYM = 0", ""]
    assert [run.correction for run in found.runs] == made
    assert "+ISYM = 0" in found.runs[1].diffs["INCAR"]
    assert [run.state for run in found.runs] == [JobState.FAILED, JobState.FAILED, JobState.FINISHED]
    assert_handed_over_once_each(server, site, jobs.mended)


def test_it_is_one_job_with_the_results_of_its_last_run(site: Site, jobs: Jobs, server: Client) -> None:
    ended(server, jobs.mended, PATIENCE_S)
    listed = {row.pk: row for row in server.call(JOBS_LIST, ListJobsParams(limit=500)).rows}
    found = show(server, jobs.mended)
    assert jobs.mended in listed
    assert not {run.pk for run in found.runs} & listed.keys()
    assert listed[jobs.mended].cluster == "hpc"
    assert found.remote_work_dir == folders(server, jobs.mended)[-1]
    assert {"summary", "document", "retrieved"} <= {link.label for link in found.outputs}
    assert server.call(JOBS_RESULTS, JobPk(jobs.mended)).quantities
    files = server.call(JOBS_FILES, ListFilesParams(jobs.mended)).rows
    assert "vasprun.xml" in {row.path for row in files if row.source == "retrieved"}
    assert server.call(JOBS_CLONE, JobPk(jobs.mended)).spec.corrections == 4
    graph = server.call(NODES_GRAPH, GraphParams(found.runs[0].pk, depth=3, direction="descendants"))
    assert "correct_inputs" in {node.label for node in graph.nodes}, "the correction stands in provenance"
    assert submit(server, site.copper, "mend-twice", "vasp.static", cluster="hpc") == jobs.mended


def test_at_its_limit_it_asks_and_goes_on_when_told(site: Site, jobs: Jobs, server: Client) -> None:
    found = asked(server, jobs.limited)
    assert [run.correction for run in found.runs] == ["brmix: INCAR: ISTART = 1", "brmix: INCAR: IMIX = 1"]
    assert (
        "the limit of corrections is reached; the next would be brmix: INCAR: IMIX = 1" in found.explanation
    )
    assert f"jobs play {jobs.limited}" in found.hint
    told = server.call(JOBS_DIAGNOSE, JobPk(jobs.limited))
    assert (told.cause, told.state) == ("vasp.brmix", JobState.PAUSED)
    assert [step.action for step in told.steps[:2]] == ["play", "cancel"]
    assert told.runs == found.runs


def test_an_unknown_error_asks_too(jobs: Jobs, server: Client) -> None:
    found = asked(server, jobs.asking)
    assert "custodian knows no correction for set_core_wf" in found.explanation
    assert found.row.reason == found.explanation[: len(found.row.reason)]


def test_a_job_that_asks_takes_no_place_under_the_cap(site: Site, jobs: Jobs, server: Client) -> None:
    ended(server, jobs.mended, PATIENCE_S)
    asked(server, jobs.limited)
    asked(server, jobs.asking)
    server.call(CLUSTERS_UPDATE, UpdateClusterParams("hpc", max_jobs=1))
    first, second = (new_job(server, site, "", 1) for _ in range(2))
    assert not show(server, first).row.held
    assert show(server, second).row.held, "a job that corrects itself counts as one"
    assert {ended(server, pk, PATIENCE_S) for pk in (first, second)} == {JobState.FINISHED}
    server.call(CLUSTERS_UPDATE, UpdateClusterParams("hpc", max_jobs=0))


def test_they_still_ask_when_all_were_killed_and_end_well_when_played(site: Site, jobs: Jobs) -> None:
    kill_worker(site)
    kill_server(site)
    jobs.fault.write_text("")
    with connect() as server:
        wait_until(lambda: site.processes("daemon", "worker"), 30, pause_s=0.1)
        for pk, runs in ((jobs.limited, 2), (jobs.asking, 1)):
            assert len(asked(server, pk).runs) == runs
            assert server.call(JOBS_PLAY, ControlJobParams(pk, 60)).done
        for pk, runs in ((jobs.limited, 3), (jobs.asking, 2)):
            assert ended(server, pk, PATIENCE_S) is JobState.FINISHED, show(server, pk)
            assert len(show(server, pk).runs) == runs
            assert_handed_over_once_each(server, site, pk)


def test_pause_play_and_cancel_reach_the_run(site: Site, server: Client) -> None:
    pk = new_job(server, site, "echo slow=1 > STANDIN", 1)
    until_state(server, pk, JobState.RUNNING)
    run = show(server, pk).runs[0].pk
    assert server.call(JOBS_PAUSE, ControlJobParams(pk, 60)).done
    assert show(server, run).row.state is show(server, pk).row.state is JobState.PAUSED
    assert server.call(JOBS_PLAY, ControlJobParams(pk, 60)).done
    assert server.call(JOBS_CANCEL, ControlJobParams(pk, 60)).done
    assert show(server, run).row.state is show(server, pk).row.state is JobState.KILLED
    number = show(server, run).scheduler_job_id
    wait_until(lambda: site.cluster.jobs()[int(number)] == "CANCELLED", 30, pause_s=0.1)
    made = server.call(JOBS_RESTART, RestartJobParams(pk, "mend-restart"))
    detail = show(server, made.pk)
    assert (detail.retry_of, detail.options["corrections"]) == (pk, 1)
    assert server.call(JOBS_CANCEL, ControlJobParams(made.pk, 60)).done


def test_what_cannot_correct_itself_is_refused(site: Site, server: Client) -> None:
    emt = SubmitJobParams("emt.static", (site.copper,), key="mend-refused-1", corrections=1)
    vasp = SubmitJobParams("vasp.static", (site.copper,), key="mend-refused-2", corrections=1, reuse=True)
    for params, field in ((emt, "corrections"), (vasp, "reuse")):
        error = refused(server, JOBS_SUBMIT, params)
        assert (error.code, error.data.field) == (ErrorCode.INVALID_FORM, field)
