"""jobs.clone, jobs.retry, jobs.restart: run a job again, modified, unchanged, or from where it stopped."""

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.past_job import PastJob, draft, no_restart, no_retry
from crystalmath_server.domain.vasp_run.continuation import next_inputs
from crystalmath_server.handlers import templates
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.again import JobDraft, RestartJobParams, RetryJobParams
from crystalmath_server.protocol.codes import ListCodesParams
from crystalmath_server.protocol.errors import UNREACHABLE, NotAllowed, NotFound
from crystalmath_server.protocol.jobs import JobPk, Submitted
from crystalmath_server.protocol.templates import ShowTemplateParams, TemplateDetail

MOST_FILES = 10_000


async def clone(ports: Ports, params: JobPk) -> JobDraft:
    """The jobs.submit options for a copy of a job."""
    job = await ports.jobs.recall(params.pk)
    template = await _template(ports, job)
    clusters = (await ports.clusters.list_clusters()).rows
    codes = (await ports.codes.list_codes(ListCodesParams())).rows
    return draft(job, template, clusters, codes)


async def _template(ports: Ports, job: PastJob) -> TemplateDetail | None:
    """The current version of the job's template; None if it no longer exists."""
    if job.spec.template in ("", nodes.IMPORTED):
        return None
    try:
        return await templates.show(ports, ShowTemplateParams(job.spec.template))
    except NotFound:
        return None


def _refuse(why_not: str, way_out: str) -> None:
    if why_not:
        raise NotAllowed(why_not, field="pk", hint=way_out)


async def retry(ports: Ports, params: RetryJobParams) -> Submitted:
    """Run an ended job again with the same inputs."""
    job = await ports.jobs.recall(params.pk)
    _refuse(*no_retry(job))
    ports.server.progress("submitting")
    return await ports.launcher.retry(job, params.key, params.label or job.spec.label)


async def _remote_files(ports: Ports, pk: int) -> list[str]:
    """Files in the job's work folder; if unreachable, those the job listed when it ended.

    If a listed file is gone when the new job runs, the job fails with a clear message.
    """
    try:
        rows = (await ports.work.tree(pk, 1, MOST_FILES)).rows
    except UNREACHABLE:
        rows = tuple(row for row in (await ports.jobs.files(pk)).rows if row.source == "work")
    return [row.path for row in rows if row.size]


async def restart(ports: Ports, params: RestartJobParams) -> Submitted:
    """Continue an ended VASP job from its last positions and wavefunctions, with corrected input files."""
    job = await ports.jobs.recall(params.pk)
    if known := await ports.launcher.find_retry(job, params.key):
        return known
    _refuse(*no_restart(job))
    ports.server.progress("reading the results of the earlier job")
    run = await ports.symptoms.ended_run(params.pk, correct=params.correct)
    vasp_inputs = next_inputs(run, params.edits, await _remote_files(ports, params.pk))
    ports.server.progress("submitting")
    return await ports.launcher.retry(job, params.key, params.label or job.spec.label, vasp_inputs)
