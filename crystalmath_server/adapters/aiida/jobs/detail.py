"""One job with its settings and links; runs on the AiiDA threads."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from crystalmath_server.adapters.aiida.jobs.files import last_trouble
from crystalmath_server.adapters.aiida.jobs.flows import read_flow_jobs
from crystalmath_server.adapters.aiida.jobs.job_record import JobRecord, read_job
from crystalmath_server.adapters.aiida.jobs.node_record import NodeRecord
from crystalmath_server.adapters.aiida.jobs.past_job import Stored, retry_source, spec_of
from crystalmath_server.adapters.aiida.jobs.results import engine_of
from crystalmath_server.adapters.aiida.jobs.rows import row_and_facts
from crystalmath_server.adapters.aiida.jobs.tables import process_of
from crystalmath_server.domain.clusters.breaker import Breaker
from crystalmath_server.domain.diagnosis import self_correction
from crystalmath_server.domain.diagnosis.explain import Facts, explain
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.kept_options import SHOWN, shown_options
from crystalmath_server.protocol.jobs import JobDetail, JobRow, JobRun, JobState, NodeLink

_CACHED_FROM = "_aiida_cached_from"
"""AiiDA's extra of a node whose outputs caching copied: the UUID of the source."""


def read_detail(pk: int, breaker: Callable[[str], Breaker]) -> JobDetail:
    """Details of one job; raises NotFound. `breaker` gives the state of our connection to a computer."""
    job = read_job(pk)
    return _detail(job, *read_row_and_facts(job, breaker))


def read_row_and_facts(job: JobRecord, breaker: Callable[[str], Breaker]) -> tuple[JobRow, Facts]:
    """The row of a job and the facts that explain it."""
    row, facts = row_and_facts(job)
    run = job.last_run
    return row, replace(
        facts,
        retry_at=breaker(facts.cluster).retry_at,
        same_as=_same_as(job.node),
        queue_reason=_queue_reason(run.node),
        trouble=last_trouble(run.pk) if row.state is JobState.PAUSED else "",
    )


def _queue_reason(node: NodeRecord) -> str:
    """The scheduler's reason for a waiting job, when AiiDA last polled."""
    told = node.attributes.get("last_job_info") or {}
    return str(told.get("annotation") or "")


def _same_as(node: NodeRecord) -> int:
    """The pk of the job whose results caching reused; 0 if the job ran itself."""
    source = node.extras.get(_CACHED_FROM)
    return 0 if source is None else process_of(source) or 0


def _detail(job: JobRecord, row: JobRow, facts: Facts) -> JobDetail:
    node, run, words, stored = job.node, job.last_run, explain(facts), Stored.of(job, row)
    return JobDetail(
        row=row,
        description=node.description,
        process_type=node.process_type,
        process_state=node.attributes.get("process_state", "") or "",
        scheduler_state=facts.scheduler_state,
        scheduler_job_id=facts.scheduler_job_id,
        remote_work_dir=run.node.attributes.get("remote_workdir", "") or "",
        exit_message=facts.exit_message,
        explanation=words.explanation,
        hint=words.hint,
        engine=engine_of(job),
        values=stored.settings.get(nodes.VALUES, {}),
        edits=stored.settings.get(nodes.EDITS, {}),
        inputs=_links(job.inputs),
        outputs=_links(run.outputs),
        structure_pk=job.structure.pk if job.structure is not None else None,
        caller_pk=job.caller.pk if job.caller is not None else None,
        called=tuple(sorted(child.pk for child in job.called)),
        retry_of=retry_source(job),
        options=shown_options(spec_of(stored, SHOWN)),
        runs=read_runs(job),
        jobs=read_flow_jobs(job.node),
    )


def read_runs(job: JobRecord) -> tuple[JobRun, ...]:
    """The runs of a self-correcting job, each with custodian's findings."""
    return tuple(_run(run, job.reports.get(run.pk, self_correction.CorrectionReport())) for run in job.runs)


def _run(run: JobRecord, report: self_correction.CorrectionReport) -> JobRun:
    row, _facts = row_and_facts(run)
    return JobRun(
        run.pk,
        row.state,
        row.exit_status,
        row.reason,
        self_correction.summary(report.corrections),
        dict(report.diffs),
        report.copied,
    )


def _links(found: Mapping[str, NodeRecord]) -> tuple[NodeLink, ...]:
    rows = sorted(found.items())
    return tuple(NodeLink(label, node.pk, node.type_name, node.summary) for label, node in rows)
