"""Recovery of connections and tasks lost by AiiDA's broker; runs on the AiiDA thread."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from crystalmath_server.domain.clusters.holding import is_held
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.states import ACTIVE_PROCESS, CREATED_PROCESS

log = logging.getLogger(__name__)

NOBODY = "Recipient not found"
"""The ZeroMQ broker's error if no worker has a process."""
_PING_S = 2.0


def reconnect(hooks: Sequence[Callable[[], None]]) -> None:
    """Drop the runner and broker, connect to the current broker, and call the hooks."""
    from aiida.manage import get_manager

    manager = get_manager()
    manager.reset_runner()
    manager.reset_broker()
    manager.get_communicator()
    for hook in hooks:
        hook()


def active_jobs() -> list[int]:
    """Jobs of crystalmath that a worker has or should have: active and not held."""
    from aiida import orm

    query = orm.QueryBuilder()
    filters = {
        "process_type": {"in": list(nodes.JOB_TYPES)},
        "attributes.process_state": {"in": list(ACTIVE_PROCESS)},
        f"attributes.{nodes.TEMPLATE}": {"like": "%"},
    }
    kinds = (orm.CalcJobNode, orm.WorkChainNode)
    query.append(kinds, filters=filters, project=["id", "attributes.process_status"])
    rows: list[Any] = query.all()
    return [pk for pk, status in rows if not is_held(status)]


def still_active(pks: Sequence[int]) -> list[int]:
    """The pks of processes that have not ended."""
    if not pks:
        return []
    from aiida import orm

    query = orm.QueryBuilder()
    filters = {"id": {"in": list(pks)}, "attributes.process_state": {"in": list(ACTIVE_PROCESS)}}
    query.append(orm.ProcessNode, filters=filters, project="id")
    return query.all(flat=True)


def revive(pks: Sequence[int]) -> None:
    """Resend jobs to the workers; partially stored jobs are removed.

    AiiDA's `control.revive_processes` acknowledges its task before the job has ended, so the job would be
    lost again with its worker.
    """
    from aiida import orm
    from aiida.manage import get_manager

    controller: Any = get_manager().get_process_controller()
    for pk in still_active(pks):
        node: Any = orm.load_node(pk)
        if node.checkpoint is None:
            remove_unfinished(node)
        elif not _answers(controller, pk):
            log.warning("job %d lost its task; resending it to the workers", pk)
            controller.continue_process(pk, nowait=False, no_reply=True)


def remove_unfinished(node: Any) -> None:
    """Delete a job that no worker can run because the server died while storing it.

    Skip runs of a self-correcting job: the job recreates its run and would be deleted with it.
    """
    from aiida.tools import delete_nodes

    if node.checkpoint is not None or node.process_state.value != CREATED_PROCESS or node.caller is not None:
        return
    delete_nodes([node.pk, *own_inputs(node)], dry_run=False)


def own_inputs(node: Any) -> list[int]:
    """The pks of inputs created for this job alone."""
    links = node.base.links.get_incoming().all()
    return [link.node.pk for link in links if link.link_label in nodes.OWN_INPUTS]


def _answers(controller: Any, pk: int) -> bool:
    """Whether some worker has the job; a timeout means a busy worker has it."""
    import kiwipy
    from plumpy.futures import unwrap_kiwi_future

    try:
        unwrap_kiwi_future(controller.get_status(pk)).result(timeout=_PING_S)
    except kiwipy.UnroutableError:
        return False
    except Exception as error:  # noqa: BLE001  any other answer means that a worker has it
        return NOBODY not in str(error)
    return True
