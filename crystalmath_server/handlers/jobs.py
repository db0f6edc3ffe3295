"""jobs.*: list, inspect, submit and control calculations."""

from collections.abc import Sequence
from dataclasses import replace

from crystalmath_server.domain.inputs.edits import refuse_errors, refuse_warnings, tasks_of
from crystalmath_server.domain.jobs.plans import JobPlan, PreparedInputs
from crystalmath_server.domain.jobs.templates import VASP
from crystalmath_server.domain.vasp_run import retrieval
from crystalmath_server.handlers.rendering import options_of, template_of
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.clusters import LOCALHOST
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import Conflict, InvalidForm
from crystalmath_server.protocol.job_spec import spec_of
from crystalmath_server.protocol.jobs import (
    JOBS_CANCEL,
    Control,
    ControlJobParams,
    JobDetail,
    JobPk,
    JobsPage,
    ListJobsParams,
    SubmitJobParams,
    Submitted,
)
from crystalmath_server.protocol.progress import JOBS_PROGRESS


async def list_jobs(ports: Ports, params: ListJobsParams) -> JobsPage:
    """A page of jobs."""
    return await ports.jobs.list_jobs(params)


def page_at_once(ports: Ports, params: ListJobsParams) -> JobsPage | None:
    """A page of jobs that takes only microseconds, or None."""
    return ports.jobs.page_at_once(params)


async def show(ports: Ports, params: JobPk) -> JobDetail:
    """One job, including whether it seems stuck if it is running."""
    found = await ports.jobs.show(params.pk)
    stuck = ports.progress.stuck_reason(params.pk, found.row.state)
    if not stuck:
        return found
    hint = f"See progress: {command(JOBS_PROGRESS, pk=params.pk)}; kill: {command(JOBS_CANCEL, pk=params.pk)}"
    return replace(found, explanation=f"{found.explanation}. {stuck}", hint=found.hint or hint)


async def submit(ports: Ports, params: SubmitJobParams) -> Submitted:
    """The job of the key: an existing one, or a new one rendered, checked against the digest and submitted.

    Only the launcher guarantees "one key, one job"; this lookup just answers repeated requests quickly.
    """
    if known := await ports.launcher.find(params.key, params.digest):
        return known
    retrieval.check(params.retrieve)
    spec = replace(spec_of(params), cluster=params.cluster or LOCALHOST)
    options = await options_of(ports, spec)
    prepared = await template_of(ports, spec, tasks_of(options))
    _refuse_of_others(params, prepared.rendered.template)
    _refuse_of_flows(params, prepared)
    _check_digest(params, prepared)
    _check_inputs(params, prepared)
    ports.server.progress("submitting")
    plan = JobPlan(spec, prepared, params.key, params.reuse, options)
    return await ports.launcher.submit(await _with_structure(ports, plan))


def _refuse_of_others(params: SubmitJobParams, template: str) -> None:
    """Reject options that only VASP jobs support, and incompatible combinations."""
    of_vasp = template.startswith(f"{VASP}.")
    if params.retrieve and not of_vasp:
        hint = "Omit retrieve: all files of such a job are retrieved."
        raise InvalidForm("Only VASP jobs can retrieve additional files", field="retrieve", hint=hint)
    if params.corrections and not of_vasp:
        hint = "Omit corrections."
        raise InvalidForm("Only VASP jobs can be self-correcting", field="corrections", hint=hint)
    if params.corrections and len(params.structures) > 1:
        hint = "Omit corrections."
        raise InvalidForm("custodian cannot correct a NEB calculation", field="corrections", hint=hint)
    if params.corrections and params.reuse:
        hint = "Omit either corrections or reuse."
        raise InvalidForm("A self-correcting job cannot reuse results", field="reuse", hint=hint)


def _refuse_of_flows(params: SubmitJobParams, prepared: PreparedInputs) -> None:
    if prepared.flow and params.reuse:
        detail = f"{prepared.rendered.template} is a workflow, which cannot reuse results"
        raise InvalidForm(detail, field="reuse", hint="Omit reuse.")


def _check_digest(params: SubmitJobParams, prepared: PreparedInputs) -> None:
    rendered = prepared.rendered
    if params.digest and params.digest != rendered.digest:
        detail = (
            f"The inputs of {rendered.template} for {_describe(params.structures)} with these settings have "
            f"changed since the preview: digest {rendered.digest[:12]}…, not {params.digest[:12]}…"
        )
        hint = "The settings, the structure or an installed package changed; render again and compare."
        raise Conflict(detail, field="digest", hint=hint)


def _describe(pks: Sequence[int]) -> str:
    """Description of structures."""
    return f"structure{'s' if len(pks) > 1 else ''} {', '.join(map(str, pks))}"


def _check_inputs(params: SubmitJobParams, prepared: PreparedInputs) -> None:
    """Errors block; warnings about edited files need confirmation."""
    refuse_errors(prepared.rendered.problems, params.edits)
    if prepared.rendered.edits and not (params.confirm or params.digest):
        refuse_warnings(prepared.rendered.problems)


async def _with_structure(ports: Ports, plan: JobPlan) -> JobPlan:
    """The plan with the structure to compute; the structure of an edited POSCAR is stored first."""
    edited = plan.prepared.structure
    if edited is None:
        return plan
    stored = await ports.structures.store(edited, f"{edited.formula}, POSCAR edited by hand")
    spec = replace(plan.spec, structures=(stored.row.pk,))
    return replace(plan, spec=spec, edited_from=plan.spec.structures[0])


async def cancel(ports: Ports, params: ControlJobParams) -> Control:
    """Kill a job and wait until it has ended."""
    return await ports.launcher.cancel(params.pk, params.wait_s)


async def pause(ports: Ports, params: ControlJobParams) -> Control:
    """Pause a job."""
    return await ports.launcher.pause(params.pk, params.wait_s)


async def play(ports: Ports, params: ControlJobParams) -> Control:
    """Resume a paused job."""
    return await ports.launcher.play(params.pk, params.wait_s)
