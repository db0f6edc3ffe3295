"""The runs of a job: the job itself, or the runs of a self-correcting job; runs on the AiiDA thread."""

from collections.abc import Sequence
from typing import Any

from crystalmath_server.domain.diagnosis import self_correction
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.states import ACTIVE_PROCESS
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.jobs import JOBS_LIST


def load_job(pk: int) -> Any:
    """The process node of a job.

    Raises
    ------
    NotFound
        No CalcJob or workflow has this pk.
    """
    from aiida import orm

    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    node = orm.QueryBuilder().append(kinds, filters={"id": pk}).first(flat=True)
    if node is None:
        raise NotFound(f"There is no job {pk}", field="pk", hint=f"See: {command(JOBS_LIST)}")
    return node


def load_run(pk: int) -> Any:
    """The process node that holds a job's files and results; raises NotFound."""
    return last_run(load_job(pk))


def last_run(node: Any) -> Any:
    """The last run of a self-correcting job; otherwise, or before its first run, the job itself."""
    found = runs_of(node)
    return found[-1] if found else node


def job_of(node: Any) -> Any:
    """The job that a run belongs to, possibly the run itself."""
    caller = node.caller
    return caller if caller is not None and caller.process_type == nodes.VASP_RESTART_PROCESS else node


def runs_of(node: Any) -> list[Any]:
    """The runs of a self-correcting job, oldest first; empty for other jobs."""
    if node.process_type != nodes.VASP_RESTART_PROCESS:
        return []
    from aiida import orm

    query = orm.QueryBuilder().append(orm.WorkChainNode, filters={"id": node.pk}, tag="job")
    query.append(orm.CalcJobNode, with_incoming="job", tag="run")
    found: list[Any] = query.order_by({"run": {"id": "asc"}}).all(flat=True)
    return [run for run in found if run.process_status != self_correction.ABANDONED]


def active_runs(pks: Sequence[int]) -> list[int]:
    """Active runs of the self-correcting jobs among `pks`."""
    if not pks:
        return []
    from aiida import orm

    filters = {"id": {"in": list(pks)}, "process_type": nodes.VASP_RESTART_PROCESS}
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters=filters, tag="job")
    alive = {"attributes.process_state": {"in": list(ACTIVE_PROCESS)}}
    return query.append(orm.CalcJobNode, with_incoming="job", filters=alive, project="id").all(flat=True)


def looks_of(node: Any) -> dict[int, self_correction.CorrectionReport]:
    """Custodian's findings for each run of a job, by run pk."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.WorkChainNode, filters={"id": node.pk}, tag="job")
    query.append(orm.CalcFunctionNode, with_incoming="job", tag="look")
    query.append(
        orm.Dict, with_incoming="look", edge_filters={"label": nodes.CORRECTION}, project="attributes"
    )
    query.append(orm.FolderData, with_outgoing="look", edge_filters={"label": "retrieved"}, tag="back")
    query.append(orm.CalcJobNode, with_outgoing="back", project="id")
    rows: list[Any] = query.all()
    return {pk: self_correction.from_dict(held) for held, pk in rows}
