"""Process nodes as job rows, read by projection or made from a record; runs on the AiiDA threads."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from sys import intern
from typing import Any

from crystalmath_server.adapters.aiida.jobs.job_record import JobRecord
from crystalmath_server.adapters.aiida.jobs.node_record import NodeRecord
from crystalmath_server.adapters.aiida.jobs.tables import has_changed
from crystalmath_server.domain.clusters.holding import is_held
from crystalmath_server.domain.diagnosis.causes import title_of_exit
from crystalmath_server.domain.diagnosis.explain import Facts, reason
from crystalmath_server.domain.flows.progress import words_of
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.states import ENDED_PROCESS, job_state
from crystalmath_server.protocol.jobs import JobRow, JobState

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
    nodes.RUN,
)
_COLUMNS = ("id", "uuid", "label", "node_type", "process_type", "ctime", "mtime", "dbcomputer_id")
_PROJECT = [
    *_COLUMNS,
    *(f"attributes.{name}" for name in _ATTRIBUTES),
    f"extras.{nodes.CAUSE}",
    f"extras.{nodes.FLOW_PROGRESS}",
]
_NAMES: tuple[str, ...] = (*_COLUMNS, *_ATTRIBUTES, nodes.CAUSE, nodes.FLOW_PROGRESS)
_OF_THE_RUN = ("state", "scheduler_state", "job_id")
Held = dict[str, Any]


def read_rows(filters: dict[str, Any]) -> list[JobRow]:
    """Jobs that match `filters` themselves or through one of their runs, ordered by pk."""
    return _rows(_read(filters))


def read_changed(since: datetime) -> list[JobRow]:
    """Jobs that changed after a time."""
    return read_rows({"mtime": {">": since}}) if has_changed(since) else []


def read_chunk(after: int, limit: int) -> tuple[list[JobRow], int | None]:
    """The next chunk of jobs after a pk, and the pk to continue from, or None at the end."""
    found = _read({"id": {">": after}}, limit)
    return _rows(found), found[-1]["id"] if len(found) == limit else None


def row_and_facts(job: JobRecord) -> tuple[JobRow, Facts]:
    """The row of a job or a run, and the facts that explain its state."""
    held = _held(job.node)
    if job.run_nodes:
        held = _with_run(held, _held(job.run_nodes[-1]))
    computers = {job.node.computer_pk or 0: job.node.computer}
    return row_of(held, computers), facts_of(held, computers)


def _held(node: NodeRecord) -> Held:
    """What a projection of the node would return."""
    columns = (
        node.pk,
        node.uuid,
        node.label,
        node.node_type,
        node.process_type,
        node.ctime,
        node.mtime,
        node.computer_pk,
    )
    attributes = (node.attributes.get(name) for name in _ATTRIBUTES)
    extras = (node.extras.get(nodes.CAUSE), node.extras.get(nodes.FLOW_PROGRESS))
    return dict(zip(_NAMES, (*columns, *attributes, *extras), strict=True))


def read_pks() -> list[int]:
    """The pks of all jobs, without the processes that jobs call."""
    runs = {pk for _job, pk in _runs({}, "id").all()}
    return [pk for pk in _query({}, "id").all(flat=True) if pk not in runs]


def _read(filters: dict[str, Any], limit: int | None = None) -> list[Held]:
    query = _query(filters, _PROJECT).order_by({"job": {"id": "asc"}})
    if limit is not None:
        query.limit(limit)
    return [dict(zip(_NAMES, values, strict=True)) for values in query.all()]


def _rows(found: list[Held]) -> list[JobRow]:
    """Rows of jobs; a run of a self-correcting job and a job of a flow are replaced by their job."""
    jobs = {held["id"]: held for held in found if held[nodes.RUN] is None}
    runs = [held["id"] for held in found if held[nodes.RUN] is not None]
    while runs:
        others = {pk for pk, *_ in _runs({"id": {"in": runs}}, "id").all()} - jobs.keys()
        more = _read(of_pks(others)) if others else []
        jobs |= {held["id"]: held for held in more if held[nodes.RUN] is None}
        runs = [held["id"] for held in more if held[nodes.RUN] is not None]
    found = [jobs[pk] for pk in sorted(jobs)]
    computers = _computers()
    return [row_of(held, computers) for held in _with_runs(found)]


def _with_runs(jobs: list[Held]) -> list[Held]:
    """Jobs, with self-correcting ones updated with the state and time of their active run."""
    restarts = [held["id"] for held in jobs if held["process_type"] == nodes.VASP_RESTART_PROCESS]
    if not restarts:
        return jobs
    rows = _runs({}, _PROJECT, {"id": {"in": restarts}}).order_by({"run": {"id": "asc"}}).all()
    last = {pk: dict(zip(_NAMES, values, strict=True)) for pk, *values in rows}
    return [_with_run(held, last[held["id"]]) if held["id"] in last else held for held in jobs]


def _with_run(job: Held, run: Held) -> Held:
    newest = {"mtime": max(job["mtime"], run["mtime"])}
    if job["process_state"] in ENDED_PROCESS or run["process_state"] in ENDED_PROCESS:
        return job | newest
    said = job if job["paused"] else run
    paused = {"paused": job["paused"] or run["paused"], "process_status": said["process_status"]}
    return job | newest | paused | {name: run[name] for name in _OF_THE_RUN}


def row_of(held: dict[str, Any], computers: dict[int, str]) -> JobRow:
    """The job row of a projection."""
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
        held=facts.held,
    )


def facts_of(held: dict[str, Any], computers: dict[int, str]) -> Facts:
    """The facts that explain the state of a projection."""
    state = job_state(
        process_state=held["process_state"],
        paused=bool(held["paused"]),
        exit_status=held["exit_status"],
        transport_state=held["state"],
        scheduler_state=held["scheduler_state"],
        on_computer=".calcjob." in held["node_type"] or held["process_type"] == nodes.VASP_RESTART_PROCESS,
    )
    return Facts(
        pk=held["id"],
        state=state,
        cluster=computers.get(held["dbcomputer_id"] or 0, ""),
        transport_state=held["state"] or "",
        scheduler_state=held["scheduler_state"] or "",
        scheduler_job_id=str(held["job_id"] or ""),
        process_status=held["process_status"] or "",
        exit_status=held["exit_status"],
        exit_message=held["exit_message"] or "",
        exception=held["exception"] or "",
        cause=_cause(held),
        held=state is JobState.CREATED and is_held(held["process_status"]),
        progress=words_of(held[nodes.FLOW_PROGRESS] or {}),
    )


def _cause(held: dict[str, Any]) -> str:
    """The cause found by the parser, or else the one that the exit status implies."""
    if not held["exit_status"]:
        return ""
    status, message = held["exit_status"], held["exit_message"] or ""
    ours = held["process_type"] in nodes.JOB_TYPES
    return str(held[nodes.CAUSE] or "") or title_of_exit(status, message, ours=ours)


def of_pks(pks: Iterable[int]) -> dict[str, Any]:
    """A query filter for the given pks."""
    chosen: Sequence[int] = sorted(pks)
    return {"id": {"in": chosen}}


def _query(filters: dict[str, Any], project: Any) -> Any:
    from aiida import orm

    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    return orm.QueryBuilder().append(kinds, filters=filters, project=project, tag="job")


def _runs(filters: dict[str, Any], project: Any, jobs: dict[str, Any] | None = None) -> Any:
    """Query the jobs of flows and the runs of self-correcting jobs; each row starts with the caller's pk."""
    from aiida import orm

    chosen = {"process_type": {"in": list(nodes.CALLING_TYPES)}, **(jobs or {})}
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters=chosen, tag="job", project="id")
    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    return query.append(kinds, with_incoming="job", filters=filters, project=project, tag="run")


def _computers() -> dict[int, str]:
    """Computer labels by pk; there are too few to need a join."""
    from aiida import orm

    rows: list[Any] = orm.QueryBuilder().append(orm.Computer, project=["id", "label"]).all()
    return dict(rows)


def _unix(time: datetime) -> float:
    return time.timestamp()
