"""Process nodes of AiiDA's ORM, for what cannot be done with records; runs on the AiiDA thread."""

from collections.abc import Sequence
from typing import Any

from crystalmath_server.adapters.aiida.jobs.job_record import read_job, read_process
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.states import ACTIVE_PROCESS


def load_job(pk: int) -> Any:
    """The process node of a job; raises NotFound."""
    from aiida import orm

    return orm.load_node(read_process(pk).pk)


def load_run(pk: int) -> Any:
    """The process node that holds a job's files and results; raises NotFound."""
    from aiida import orm

    return orm.load_node(read_job(pk).last_run.pk)


def last_run(node: Any) -> Any:
    """The last run of a self-correcting job; otherwise, or before its first run, the job itself."""
    return load_run(node.pk) if node.process_type == nodes.VASP_RESTART_PROCESS else node


def active_runs(pks: Sequence[int]) -> list[int]:
    """Active processes that the jobs among `pks` have called: runs, and jobs of flows with their runs."""
    if not pks:
        return []
    from aiida import orm

    filters = {"id": {"in": list(pks)}, "process_type": {"in": list(nodes.CALLING_TYPES)}}
    query = orm.QueryBuilder().append(orm.WorkChainNode, filters=filters, tag="job")
    alive = {"attributes.process_state": {"in": list(ACTIVE_PROCESS)}}
    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    found: list[int] = query.append(kinds, with_incoming="job", filters=alive, project="id").all(flat=True)
    return found + active_runs(found)
