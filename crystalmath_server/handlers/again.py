"""jobs.clone, jobs.retry: a job once more, changed or as it was."""

from crystalmath_server.domain import nodes
from crystalmath_server.domain.past_job import PastJob, draft, no_retry
from crystalmath_server.handlers import templates
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.again import JobDraft, RetryJobParams
from crystalmath_server.protocol.codes import ListCodesParams
from crystalmath_server.protocol.errors import NotAllowed, NotFound
from crystalmath_server.protocol.jobs import JobPk, Submitted
from crystalmath_server.protocol.templates import ShowTemplateParams, TemplateDetail


async def clone(ports: Ports, params: JobPk) -> JobDraft:
    """What jobs.submit needs for a job like another."""
    job = await ports.jobs.recall(params.pk)
    template = await _template(ports, job)
    clusters = (await ports.clusters.list_clusters()).rows
    codes = (await ports.codes.list_codes(ListCodesParams())).rows
    return draft(job, template, clusters, codes)


async def _template(ports: Ports, job: PastJob) -> TemplateDetail | None:
    """The recipe as it is now; None where there is none any more."""
    if job.template in ("", nodes.IMPORTED):
        return None
    try:
        return await templates.show(ports, ShowTemplateParams(job.template))
    except NotFound:
        return None


async def retry(ports: Ports, params: RetryJobParams) -> Submitted:
    """An ended job once more, as it was."""
    job = await ports.jobs.recall(params.pk)
    why_not, way_out = no_retry(job)
    if why_not:
        raise NotAllowed(why_not, field="pk", hint=way_out)
    ports.server.progress("submitting")
    return await ports.launcher.retry(job, params.key, params.label or job.label)
