"""Process nodes as rows: one projection, read on the AiiDA thread, never whole nodes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from sys import intern
from typing import Any

from crystalmath_server.domain import nodes
from crystalmath_server.domain.explain import Facts, reason
from crystalmath_server.domain.states import job_state
from crystalmath_server.protocol.jobs import JobRow

_ATTRIBUTES = (
    "process_state",
    "paused",
    "exit_status",
    "state",
    "scheduler_state",
    "job_id",
    "process_status",
    "exit_message",
    "exception",
    "process_label",
    nodes.TEMPLATE,
    nodes.FORMULA,
)
_COLUMNS = ("id", "uuid", "label", "node_type", "ctime", "mtime", "dbcomputer_id")
_PROJECT = [*_COLUMNS, *(f"attributes.{name}" for name in _ATTRIBUTES)]
_NAMES: tuple[str, ...] = (*_COLUMNS, *_ATTRIBUTES)


def read_rows(filters: dict[str, Any], limit: int | None = None) -> list[JobRow]:
    """Jobs that pass `filters`, in order of pk."""
    query = _query(filters, _PROJECT).order_by({"job": {"id": "asc"}})
    if limit is not None:
        query.limit(limit)
    computers = _computers()
    return [row_of(dict(zip(_NAMES, values, strict=True)), computers) for values in query.all()]


def read_row(pk: int) -> JobRow | None:
    """One job; None where there is none of this pk."""
    return next(iter(read_rows({"id": pk})), None)


def read_facts(pk: int) -> tuple[JobRow, Facts] | None:
    """One job with what explains it."""
    values = _query({"id": pk}, _PROJECT).first()
    if values is None:
        return None
    held, computers = dict(zip(_NAMES, values, strict=True)), _computers()
    return row_of(held, computers), facts_of(held, computers)


def read_pks() -> list[int]:
    """The pks of all jobs."""
    return _query({}, "id").all(flat=True)


def count_jobs() -> int:
    """How many jobs there are."""
    return _query({}, "id").count()


def row_of(held: dict[str, Any], computers: dict[int, str]) -> JobRow:
    """The row of one projection."""
    facts = facts_of(held, computers)
    created, modified = _unix(held["ctime"]), _unix(held["mtime"])
    return JobRow(
        pk=held["id"],
        uuid=held["uuid"],
        label=held["label"] or "",
        state=facts.state,
        template=intern(str(held[nodes.TEMPLATE] or held["process_label"] or "")),
        formula=intern(str(held[nodes.FORMULA] or "")),
        cluster=facts.cluster,
        created_at=created,
        modified_at=modified,
        exit_status=facts.exit_status,
        reason=intern(reason(facts)),
    )


def facts_of(held: dict[str, Any], computers: dict[int, str]) -> Facts:
    """What explains the state of one projection."""
    return Facts(
        pk=held["id"],
        state=job_state(
            process_state=held["process_state"],
            paused=bool(held["paused"]),
            exit_status=held["exit_status"],
            transport_state=held["state"],
            scheduler_state=held["scheduler_state"],
            on_computer=".calcjob." in held["node_type"],
        ),
        cluster=computers.get(held["dbcomputer_id"] or 0, ""),
        transport_state=held["state"] or "",
        scheduler_state=held["scheduler_state"] or "",
        scheduler_job_id=str(held["job_id"] or ""),
        process_status=held["process_status"] or "",
        exit_status=held["exit_status"],
        exit_message=held["exit_message"] or "",
        exception=held["exception"] or "",
    )


def of_pks(pks: Iterable[int]) -> dict[str, Any]:
    """The filter of some pks."""
    chosen: Sequence[int] = sorted(pks)
    return {"id": {"in": chosen}}


def _query(filters: dict[str, Any], project: Any) -> Any:
    from aiida import orm

    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    return orm.QueryBuilder().append(kinds, filters=filters, project=project, tag="job")


def _computers() -> dict[int, str]:
    """Labels by pk; there are few, so no join."""
    from aiida import orm

    rows: list[Any] = orm.QueryBuilder().append(orm.Computer, project=["id", "label"]).all()
    return dict(rows)


def _unix(time: datetime) -> float:
    return time.timestamp()
