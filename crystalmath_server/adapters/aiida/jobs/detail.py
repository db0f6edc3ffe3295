"""One job with its settings and links; runs on the AiiDA thread."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crystalmath_server.adapters.aiida.jobs.files import last_trouble
from crystalmath_server.adapters.aiida.jobs.past_job import Stored, retry_source, spec_of
from crystalmath_server.adapters.aiida.jobs.results import (
    engine_of,
    input_structure,
    output_nodes,
)
from crystalmath_server.adapters.aiida.jobs.rows import read_facts, read_row
from crystalmath_server.adapters.aiida.jobs.runs import last_run, load_job, looks_of, runs_of
from crystalmath_server.domain.clusters.breaker import Breaker
from crystalmath_server.domain.diagnosis import self_correction
from crystalmath_server.domain.diagnosis.explain import Facts, explain
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.kept_options import SHOWN, shown_options
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.jobs import JobDetail, JobRow, JobRun, JobState, NodeLink

_SUMMARY_LENGTH = 80


def read_detail(pk: int, breaker: Callable[[str], Breaker]) -> JobDetail:
    """Details of one job; raises NotFound. `breaker` gives the state of our connection to a computer."""
    node = load_job(pk)
    return _detail(node, *read_row_and_facts(node, breaker))


def read_row_and_facts(node: Any, breaker: Callable[[str], Breaker]) -> tuple[JobRow, Facts]:
    """The row of a job and the facts that explain it; raises NotFound if it was just deleted."""
    found = read_facts(node.pk)
    if found is None:
        raise NotFound(f"There is no job {node.pk}", field="pk")
    row, facts = found
    retry_at = breaker(facts.cluster).retry_at
    trouble = last_trouble(last_run(node).pk) if row.state is JobState.PAUSED else ""
    return row, replace(
        facts,
        retry_at=retry_at,
        same_as=_same_as(node),
        queue_reason=_queue_reason(last_run(node)),
        trouble=trouble,
    )


def _queue_reason(node: Any) -> str:
    """The scheduler's reason for a waiting job, when AiiDA last polled."""
    info = node.get_last_job_info() if hasattr(node, "get_last_job_info") else None
    return str(info.get("annotation") or "") if info is not None else ""


def _same_as(node: Any) -> int:
    """The pk of the job whose results caching reused; 0 if the job ran itself."""
    from aiida import orm

    source = node.base.caching.get_cache_source()
    if source is None:
        return 0
    return (
        orm.QueryBuilder().append(orm.ProcessNode, filters={"uuid": source}, project="id").first(flat=True)
        or 0
    )


def _detail(node: Any, row: JobRow, facts: Facts) -> JobDetail:
    run = last_run(node)
    words, outputs, structure = explain(facts), output_nodes(run), input_structure(node)
    stored = Stored.of(node, row)
    return JobDetail(
        row=row,
        description=node.description or "",
        process_type=node.process_type or "",
        process_state=node.base.attributes.get("process_state", "") or "",
        scheduler_state=facts.scheduler_state,
        scheduler_job_id=facts.scheduler_job_id,
        remote_work_dir=run.base.attributes.get("remote_workdir", "") or "",
        exit_message=facts.exit_message,
        explanation=words.explanation,
        hint=words.hint,
        engine=engine_of(node, outputs),
        values=stored.settings.get(nodes.VALUES, {}),
        edits=stored.settings.get(nodes.EDITS, {}),
        inputs=_links(stored.inputs),
        outputs=_links(outputs),
        structure_pk=structure.pk if structure is not None else None,
        caller_pk=_caller(node),
        called=_called_pks(node),
        retry_of=retry_source(node),
        options=shown_options(spec_of(stored, SHOWN)),
        runs=read_runs(node),
    )


def read_runs(node: Any) -> tuple[JobRun, ...]:
    """The runs of a self-correcting job, each with custodian's findings."""
    runs = runs_of(node)
    looks = looks_of(node) if runs else {}
    return tuple(_run(run.pk, looks.get(run.pk, self_correction.CorrectionReport())) for run in runs)


def _run(pk: int, look: self_correction.CorrectionReport) -> JobRun:
    found = read_row(pk)
    assert found is not None  # noqa: S101  the run was just found
    return JobRun(
        pk,
        found.state,
        found.exit_status,
        found.reason,
        self_correction.summary(look.corrections),
        dict(look.diffs),
        look.copied,
    )


def _links(found: Mapping[str, Any]) -> tuple[NodeLink, ...]:
    rows = sorted(found.items())
    return tuple(NodeLink(label, node.pk, type(node).__name__, _in_short(node)) for label, node in rows)


def _in_short(node: Any) -> str:
    """A short summary of a node: its value, formula or keys."""
    from aiida import orm

    if isinstance(node, orm.StructureData):
        return node.get_formula("hill", separator="")
    if isinstance(node, orm.Bool | orm.Int | orm.Float | orm.Str):
        return str(node.value)[:_SUMMARY_LENGTH]
    if isinstance(node, orm.Dict):
        return ", ".join(node.keys())[:_SUMMARY_LENGTH]
    if isinstance(node, orm.AbstractCode):
        return node.full_label
    return (node.label or "")[:_SUMMARY_LENGTH]


def _caller(node: Any) -> int | None:
    return node.caller.pk if node.caller is not None else None


def _called_pks(node: Any) -> tuple[int, ...]:
    """The pks of called processes; only workflows have any."""
    return tuple(sorted(child.pk for child in getattr(node, "called", ())))
