"""Held jobs, and jobs that AiiDA paused after connection failures; runs on the AiiDA thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crystalmath_server.adapters.aiida.cluster_store import facts, max_jobs_of
from crystalmath_server.adapters.aiida.jobs.runs import active_runs
from crystalmath_server.adapters.remote.connections import Target
from crystalmath_server.domain.clusters.holding import is_held
from crystalmath_server.domain.diagnosis.explain import ASKS
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.states import ACTIVE_PROCESS


@dataclass(frozen=True, slots=True)
class ActiveJob:
    """A job that has not ended."""

    pk: int
    cluster: str
    held: bool


def jobs_under_way() -> list[ActiveJob]:
    """All active crystalmath jobs, without the processes that jobs call."""
    filters = {
        "process_type": {"in": list(nodes.JOB_TYPES)},
        "attributes.process_state": {"in": list(ACTIVE_PROCESS)},
        f"attributes.{nodes.TEMPLATE}": {"like": "%"},
    }
    found = _rows(filters)
    runs = set(active_runs([row[0] for row in found]))
    return [ActiveJob(pk, cluster, is_held(status)) for pk, cluster, status in found if pk not in runs]


def stranded_jobs(pks: Sequence[int]) -> dict[int, str]:
    """Jobs in `pks`, or their runs, that AiiDA paused after a connection failure: pk → computer."""
    if not pks:
        return {}
    chosen = [*pks, *active_runs(pks)]
    rows = _rows({"id": {"in": chosen}, "attributes.paused": True})
    return {pk: cluster for pk, cluster, status in rows if "transport task" in str(status or "")}


def jobs_with_questions(pks: Sequence[int]) -> list[int]:
    """Jobs in `pks` paused with a question to the user and with nothing on the computer."""
    if not pks:
        return []
    chosen = {"id": {"in": list(pks)}, "process_type": nodes.VASP_RESTART_PROCESS, "attributes.paused": True}
    return [pk for pk, _, status in _rows(chosen) if str(status or "").startswith(ASKS)]


def _rows(filters: dict[str, Any]) -> list[tuple[int, str, str | None]]:
    """The pk, computer and process status of each job."""
    from aiida import orm

    project = ["id", "attributes.process_status"]
    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    query = orm.QueryBuilder().append(kinds, filters=filters, project=project, tag="job")
    query.append(orm.Computer, with_node="job", project="label")
    rows: list[Any] = query.all()
    return [(pk, cluster, status) for pk, status, cluster in rows]


def submit_or_hold(builder: Any, why_held: str) -> Any:
    """Store a job and, unless it is held, send it to a worker; returns the node.

    Repeats the steps of AiiDA's `submit`, which does not support held jobs.
    """
    from aiida.engine.utils import instantiate_process
    from aiida.manage import get_manager

    manager = get_manager()
    runner: Any = manager.get_runner()
    process: Any = instantiate_process(runner, builder)
    if why_held:
        process.node.set_process_status(why_held)
    runner.persister.save_checkpoint(process)
    process.close()
    if not why_held:
        _continue(process.pid)
    return process.node


def hand_out(pk: int) -> None:
    """Send a held job to a worker."""
    from aiida import orm

    node: Any = orm.load_node(pk)
    node.set_process_status(None)
    _continue(pk)


def _continue(pk: int) -> None:
    from aiida.manage import get_manager

    controller: Any = get_manager().get_process_controller()
    controller.continue_process(pk, nowait=False, no_reply=True)


def play(pks: Sequence[int]) -> None:
    """Resume paused jobs; the watch resends any job that no worker has."""
    import kiwipy
    from aiida.manage import get_manager

    controller: Any = get_manager().get_process_controller()
    for pk in pks:
        try:
            controller.play_process(pk)
        except kiwipy.UnroutableError:
            continue


def caps(clusters: Sequence[str]) -> dict[str, int]:
    """The maximum number of active jobs on each computer; 0 means no cap."""
    from aiida import orm

    query = orm.QueryBuilder().append(orm.Computer, filters={"label": {"in": list(clusters) or [""]}})
    found: list[Any] = query.all(flat=True)
    return {computer.label: max_jobs_of(computer) for computer in found}


def target_of(cluster: str) -> Target:
    """The connection target of a computer."""
    return facts(cluster).target
