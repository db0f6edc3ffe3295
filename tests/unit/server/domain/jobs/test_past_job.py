"""A job once more: what a new one can have of it, and which jobs may be run again."""

from dataclasses import replace
from typing import Any

import anyio
import pytest

from crystalmath_server.domain.clusters.resources import options
from crystalmath_server.domain.jobs.past_job import PastJob, draft, no_restart, no_retry, resources_of
from crystalmath_server.domain.vasp_run.continuation import EndedRun, next_inputs
from crystalmath_server.handlers import again
from crystalmath_server.protocol.again import RestartJobParams, RetryJobParams
from crystalmath_server.protocol.clusters import ClusterRow
from crystalmath_server.protocol.codes import CodeKind, CodeRow
from crystalmath_server.protocol.errors import Conflict, NotAllowed, NotFound, TransportFailed
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobPk, JobState
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.templates import FieldType, FormField, TemplateDetail, TemplateRow
from tests import fakes
from tests.fake_jobs import FakeJobs

FORM = TemplateDetail(
    TemplateRow("vasp.relax", "", "vasp", "relax", "", "", runnable=True),
    (
        FormField("steps", FieldType.INTEGER, "steps", 100, minimum=1),
        FormField("relax_cell", FieldType.BOOLEAN, "cell", default=True),
    ),
)
NOT_HERE = replace(FORM, row=replace(FORM.row, runnable=False, reason="No VASP."))
HPC = ClusterRow(2, "hpc", "login", "core.ssh_async", "core.slurm", "/w", enabled=True)
CODE = CodeRow(7, "u", "vasp_std", "hpc", CodeKind.VASP_STD, "/opt/vasp_std")
SPEC = JobSpec(
    "vasp.relax",
    (3,),
    {"steps": 7, "relax_cell": True},
    label="mine",
    description="words",
    cluster="hpc",
    code="vasp_std",
)
JOB = PastJob(5, "uuid", JobState.FAILED, SPEC, "Si2", {"queue_name": "short"})


def asked(**changes: Any) -> PastJob:
    return replace(JOB, spec=replace(SPEC, **changes))


def drafted(job: PastJob = JOB, form: TemplateDetail | None = FORM, **known: Any) -> Any:
    return draft(job, form, known.get("clusters", (HPC,)), known.get("codes", (CODE,)))


def reasons(found: Any) -> dict[str, str]:
    return {row.field: row.reason for row in found.left_out}


def test_files_edited_by_hand_are_taken_over_with_a_template_of_vasp() -> None:
    edited = asked(edits={"INCAR": "NSW = 0\n", "KPOINTS": ""})
    assert drafted(edited).spec.edits == edited.spec.edits
    assert drafted(edited, None).spec.edits == {}
    assert drafted(edited, replace(FORM, row=replace(FORM.row, engine="emt"))).spec.edits == {}


def test_all_that_is_still_there_is_taken_over() -> None:
    found = drafted()
    taken = replace(SPEC, values={"steps": 7}, resources=Resources(partition="short"))
    assert (found.pk, found.spec, found.left_out) == (5, taken, ())
    assert drafted(asked(label="Si2 vasp.relax")).spec.label == ""


@pytest.mark.parametrize(
    "found, field, words",
    [
        (drafted(form=NOT_HERE), "template", "No VASP."),
        (drafted(form=None), "template", "Template vasp.relax no longer exists"),
        (drafted(asked(template=""), None), "template", "another plugin"),
        (drafted(asked(template="vasp.imported"), None), "template", "was imported"),
        (drafted(asked(structures=())), "structures", "no structure"),
        (drafted(asked(values={"steps": 0})), "values.steps", "the default is used"),
        (drafted(asked(values={"gone": 1})), "values.gone", "no longer has a setting gone"),
        (drafted(clusters=()), "cluster", "Cluster hpc no longer exists"),
        (drafted(clusters=(replace(HPC, enabled=False),)), "cluster", "is disabled"),
        (drafted(codes=()), "code", "no longer has code vasp_std"),
        (drafted(replace(JOB, options={"custom_scheduler_commands": "#SBATCH -C x"})), "resources", "-C x"),
        (drafted(replace(JOB, options={"resources": {"tot_num_mpiprocs": 8}})), "resources.nodes", "8 tasks"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_over_is_said(found: Any, field: str, words: str) -> None:
    assert words in reasons(found)[field]


@pytest.mark.parametrize(
    "wanted",
    [
        Resources(nodes=2, tasks_per_node=8),
        Resources(
            "short", "proj", "high", 3600, 2, 8, 4, 1000, 1, ("vasp/6", "mkl"), "export A=1", "echo done"
        ),
        Resources(nodes=1, tasks_per_node=1, prepend_text="module purge\necho x"),
    ],
)
def test_resources_come_back_from_the_options_they_were_made_of(wanted: Resources) -> None:
    found, lost = resources_of(options(wanted, "core.slurm"))
    assert (found, lost) == (wanted, [])


@pytest.mark.parametrize(
    "job, words",
    [
        (replace(JOB, state=JobState.RUNNING), "has not ended"),
        (asked(template="vasp.imported"), "nothing was run"),
        (asked(template=""), "another plugin"),
    ],
)
def test_jobs_that_are_not_run_again(job: PastJob, words: str) -> None:
    why_not, way_out = no_retry(job)
    assert words in why_not
    assert way_out
    assert no_retry(JOB) == ("", "")


def test_the_handler_drafts_a_job_as_it_was() -> None:
    ports = fakes.ports()
    found = anyio.run(again.clone, ports, JobPk(1))
    assert (found.spec.template, found.spec.structures, found.spec.cluster) == (
        "emt.relax",
        (1,),
        "localhost",
    )
    with pytest.raises(NotFound):
        anyio.run(again.clone, ports, JobPk(99))


def test_the_handler_runs_an_ended_job_again_once_for_each_key() -> None:
    jobs = FakeJobs()
    ports = fakes.ports(jobs=jobs)
    with pytest.raises(NotAllowed) as caught:
        anyio.run(again.retry, ports, RetryJobParams(1, "key-0001"))
    assert caught.value.data.hint
    jobs.change(1, JobState.FAILED)
    first = anyio.run(again.retry, ports, RetryJobParams(1, "key-0001"))
    assert not first.reused
    assert anyio.run(again.retry, ports, RetryJobParams(1, "key-0001")) == replace(first, reused=True)
    other = anyio.run(again.retry, ports, RetryJobParams(1, "key-0002", "another"))
    assert other.pk != first.pk
    detail = anyio.run(ports.jobs.show, other.pk)
    assert (detail.retry_of, detail.row.label) == (1, "another")
    jobs.change(other.pk, JobState.FAILED)
    with pytest.raises(Conflict):
        anyio.run(again.retry, ports, RetryJobParams(other.pk, "key-0001"))


class Ended:
    """A VASP run that has ended; counts how often it was looked at."""

    def __init__(self) -> None:
        self.looks = 0

    async def ended_run(self, pk: int, *, correct: bool) -> EndedRun:
        self.looks += 1
        vasp_inputs = {"INCAR": "NSW = 0\n", "POSCAR": f"of {pk}, {correct}\n"}
        return EndedRun(vasp_inputs, vasp_inputs)


def restartable() -> tuple[FakeJobs, Any, Ended]:
    jobs, run = FakeJobs(), Ended()
    ports = replace(fakes.ports(jobs=jobs), symptoms=run)
    job = jobs.get(1)
    rendered = replace(job.plan.prepared.rendered, template="vasp.static")
    job.plan = replace(job.plan, prepared=replace(job.plan.prepared, rendered=rendered))
    job.row = replace(job.row, template="vasp.static")
    jobs.change(1, JobState.FAILED)
    return jobs, ports, run


def test_a_known_key_of_a_restart_is_found_before_anything_is_looked_at() -> None:
    _, ports, run = restartable()
    first = anyio.run(again.restart, ports, RestartJobParams(1, "key-0001"))
    assert anyio.run(again.restart, ports, RestartJobParams(1, "key-0001")) == replace(first, reused=True)
    assert run.looks == 1


def test_a_restart_from_a_computer_out_of_reach_takes_what_the_job_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jobs, ports, _ = restartable()
    taken: list[tuple[str, ...]] = []

    def noted(run: EndedRun, edits: Any, there: Any) -> Any:
        taken.append(tuple(there))
        return next_inputs(run, edits, there)

    monkeypatch.setattr(again, "next_inputs", noted)
    jobs.get(1).files["work", "WAVECAR"] = b"large"
    ports.work.trouble = TransportFailed("hpc cannot be reached")
    assert anyio.run(again.restart, ports, RestartJobParams(1, "key-0001")).pk
    assert taken == [("WAVECAR",)]


def test_a_band_is_not_gone_on_from_by_itself() -> None:
    why_not, way_out = no_restart(asked(template="vasp.neb_from_images", structures=(3, 4, 5)))
    assert "band of images" in why_not
    assert "jobs clone 5" in way_out
