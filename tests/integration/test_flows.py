"""Flows on a real AiiDA daemon: the outputs of run_locally, each job once, whatever is killed."""

import asyncio
import uuid
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, cast

import psutil
import pytest
from jobflow import Flow, JobOrder
from monty.json import MontyDecoder

from crystalmath_server.adapters.aiida.jobs.detail import read_detail
from crystalmath_server.adapters.aiida.jobs.past_job import recall
from crystalmath_server.adapters.aiida.jobs.results import read_results
from crystalmath_server.adapters.aiida.jobs.rows import read_pks, read_rows
from crystalmath_server.adapters.aiida.jobs.tables import count_jobs
from crystalmath_server.adapters.worker import templates
from crystalmath_server.domain.clusters.breaker import Breaker
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.plans import JobPlan, PreparedInputs
from crystalmath_server.domain.results.packing import unpack_json
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import FlowJobState, JobDetail, JobState
from crystalmath_server.protocol.templates import Rendered
from tests import flow_jobs as do
from tests.aiida_rig import Rig, cubic_copper, rig
from tests.flow_runs import comparable, document_of, run_by_jobflow
from tests.small_flows import FLOWS

__all__ = ["rig"]

SETTINGS: dict[str, dict[str, Any]] = {
    "emt.elastic": {},
    "emt.eos": {"number_of_frames": 4},
    "emt.double_relax": {},
}
RANDOM = {"dir_name", "uuids", "uuid", "elapsed_time", "last_updated", "parent_dir", "job_dirs"}


def plan(structure_pk: int, flow: Mapping[str, Any]) -> JobPlan:
    rendered = Rendered("emt.test", (), (), "digest")
    maker = {"@module": "tests", "@class": "Maker"}
    prepared = PreparedInputs(rendered, maker, "EMT", {}, {}, flow=flow)
    spec = JobSpec("emt.test", (structure_pk,), label="a flow", cluster="localhost")
    return JobPlan(spec, prepared, f"key-{uuid.uuid4()}")


def begin(rig: Rig, flow: Flow) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = document_of(flow)
    return rig.run(rig.launcher.submit(plan(rig.store(cubic_copper(3.6)), told))).pk


def calls(pk: int) -> list[tuple[str, Any]]:
    """Link label and output of the jobs of a flow; on the AiiDA thread."""
    from aiida import orm

    node: Any = orm.load_node(pk)
    found: list[tuple[str, Any]] = []
    for link in node.base.links.get_outgoing().all():
        if link.link_label.startswith("job_"):
            outputs = link.node.base.links.get_outgoing(link_label_filter=nodes.DOCUMENT).all()
            found += [(link.link_label, _read(output.node)) for output in outputs]
    return found


def _read(node: Any) -> Any:
    return unpack_json(node.get_content("rb"))


def final(pk: int) -> Any:
    """The output of a flow; on the AiiDA thread."""
    from aiida import orm

    return _read(cast("Any", orm.load_node(pk)).outputs[nodes.DOCUMENT])


def outputs_of(rig: Rig, pk: int) -> dict[str, dict[str, Any]]:
    """The output of each index of each uuid."""
    found: dict[str, dict[str, Any]] = {}
    for label, output in rig.call(calls, pk):
        uuid_, _, index = label.removeprefix("job_").rpartition("_")
        found.setdefault(uuid_.replace("_", "-"), {})[index] = output
    return found


def shown(rig: Rig, pk: int) -> JobDetail:
    return rig.call(read_detail, pk, lambda _: Breaker())


def test_small_flows_give_what_jobflow_gives(rig: Rig) -> None:
    flows = [made() for made in FLOWS]
    pks = [begin(rig, flow) for flow in flows]
    for flow, pk in zip(flows, pks, strict=True):
        state = rig.until(pk, timeout=200)
        expected = comparable(run_by_jobflow(flow), flow)
        assert comparable(outputs_of(rig, pk), flow) == expected
        jobs = shown(rig, pk).jobs
        failed = [job for job in jobs if job.state in {FlowJobState.FAILED, FlowJobState.BLOCKED}]
        assert state is (JobState.FAILED if failed else JobState.FINISHED)
        assert all("deliberate" in job.reason for job in failed if job.state is FlowJobState.FAILED)


def near(found: Any, expected: Any, path: str = "") -> None:
    """Equal to 10 digits, but for times and folders."""
    if isinstance(expected, Mapping):
        assert found.keys() == expected.keys(), path
        for name in expected.keys() - RANDOM:
            near(found[name], expected[name], f"{path}.{name}")
    elif isinstance(expected, Sequence) and not isinstance(expected, str):
        assert len(found) == len(expected), path
        for number, each in enumerate(expected):
            near(found[number], each, f"{path}.{number}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-10), path
    else:
        assert found == expected, path


def local_output(flow: Mapping[str, Any]) -> Any:
    made = MontyDecoder().process_decoded(flow)
    found = run_by_jobflow(made)[made.output.uuid]
    return found[max(found, key=int)]


@pytest.fixture(scope="module")
def copper() -> dict[str, Any]:
    return cubic_copper(3.65)


def run_template(rig: Rig, copper: dict[str, Any], name: str) -> int:
    """Run a template, and compare its output with that of run_locally; its pk."""
    spec = JobSpec(name, (rig.store(copper),), SETTINGS[name], cluster="localhost")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepared = templates.render(spec, [copper])
    pk = rig.run(rig.launcher.submit(JobPlan(spec, prepared, f"key-{uuid.uuid4()}"))).pk
    assert rig.until(pk, timeout=240) is JobState.FINISHED, shown(rig, pk)
    near(rig.call(final, pk), local_output(prepared.flow))
    return pk


def test_an_elastic_tensor_is_that_of_jobflow(rig: Rig, copper: dict[str, Any]) -> None:
    pk = run_template(rig, copper, "emt.elastic")
    told = _quantities(rig, pk)
    assert told["k_vrh"] == (pytest.approx(134.48, abs=0.01), "GPa")
    assert told["elastic_tensor"][0][0][0] == pytest.approx(172.589, abs=1e-2)
    row = shown(rig, pk).row
    jobs = shown(rig, pk).jobs
    assert row.reason == f"{len(jobs)} of {len(jobs)} jobs"
    assert {job.kind for job in jobs} == {"engine", "light"}
    assert {job.state for job in jobs} == {FlowJobState.DONE}


def test_an_equation_of_state_is_that_of_jobflow(rig: Rig, copper: dict[str, Any]) -> None:
    told = _quantities(rig, run_template(rig, copper, "emt.eos"))
    assert told["v0_birch_murnaghan"] == (pytest.approx(46.2, abs=0.5), "Å³")
    assert told["b_birch_murnaghan"] == (pytest.approx(134, abs=8), "GPa")


def test_a_double_relaxation_is_that_of_jobflow(rig: Rig, copper: dict[str, Any]) -> None:
    assert _quantities(rig, run_template(rig, copper, "emt.double_relax"))["energy"][1] == "eV"


def _quantities(rig: Rig, pk: int) -> dict[str, tuple[Any, str]]:
    return {row.name: (row.value, row.unit) for row in rig.call(read_results, pk).quantities}


def test_a_flow_is_one_job_in_the_list(rig: Rig) -> None:
    before = rig.call(count_jobs)
    pk = begin(rig, Flow([do.number(1), do.number(2)]))
    assert rig.until(pk) is JobState.FINISHED
    assert rig.call(count_jobs) == before + 1 == len(rig.call(read_pks))
    (row,) = rig.call(read_rows, {"id": {">=": pk}})
    assert (row.pk, row.reason) == (pk, "2 of 2 jobs")


def workers(daemon: Any) -> list[psutil.Process]:
    found = psutil.Process(daemon.get_daemon_pid()).children(recursive=True)
    return [process for process in found if {"daemon", "worker"} <= {*process.cmdline()}]


def test_a_killed_worker_runs_every_job_once(rig: Rig, daemon: Any, wait_for: Any, tmp_path: Any) -> None:
    notes: list[Any] = [do.notes(str(tmp_path), f"note {number}", 0.3) for number in range(6)]
    pk = begin(rig, Flow(notes, order=JobOrder.LINEAR))
    for moment in (1, 3, 5):
        wait_for(lambda moment=moment: len([*tmp_path.iterdir()]) >= moment)
        for worker in workers(daemon):
            worker.kill()
    assert rig.until(pk) is JobState.FINISHED
    jobs = shown(rig, pk).jobs
    assert {job.state for job in jobs} == {FlowJobState.DONE}
    assert len({job.pk for job in jobs}) == len(jobs) == 6


def test_a_canceled_flow_ends_with_its_jobs(rig: Rig, copper: dict[str, Any]) -> None:
    from atomate2.ase.jobs import EmtRelaxMaker
    from pymatgen.core import Structure

    structure = Structure.from_dict(cubic_copper(3.65, 2, 0.3))
    slow: list[Any] = [
        EmtRelaxMaker(relax_kwargs={"fmax": 1e-12}, steps=100_000).make(structure) for _ in range(2)
    ]
    pk = begin(rig, Flow([*slow, do.number(slow[0].output.output.energy)]))

    def running() -> list[int]:
        found = shown(rig, pk).jobs
        return [job.pk for job in found if job.pk and job.state is FlowJobState.RUNNING]

    rig.until(pk, frozenset({JobState.RUNNING}))
    deadline = 60
    while len(children := running()) < 2:
        rig.run(asyncio.sleep(0.2))
        deadline -= 0.2
        assert deadline > 0
    told = rig.run(rig.launcher.cancel(pk, 60))
    assert told.done
    assert [rig.until(child) for child in children] == [JobState.KILLED] * 2
    assert [job.state for job in shown(rig, pk).jobs][2] is FlowJobState.BLOCKED


def test_a_retried_flow_runs_only_what_failed(rig: Rig, tmp_path: Any) -> None:
    good = do.fans_out([1, 2])
    picky = do.reads(str(tmp_path / "there"))
    pk = begin(rig, Flow([good, picky, do.total([good.output, picky.output])]))
    assert rig.until(pk) is JobState.FAILED
    (tmp_path / "there").write_text("39")
    made = rig.run(rig.launcher.retry(rig.call(recall, pk), f"key-{uuid.uuid4()}", "again"))
    assert rig.until(made.pk) is JobState.FINISHED
    assert rig.call(final, made.pk) == 42
    jobs = shown(rig, made.pk).jobs
    assert [job.name for job in jobs if job.pk] == ["reads", "total"]
    assert {job.state for job in jobs} == {FlowJobState.DONE}
