"""Processes that a workflow called before its worker was killed, found by their link labels."""

from collections.abc import Callable
from typing import Any

from aiida.common.links import LinkType
from plumpy.process_states import ProcessState

from crystalmath_server.domain.diagnosis.self_correction import ABANDONED
from crystalmath_server.domain.flows.call_labels import free_label, name_of

CALLS = (LinkType.CALL_CALC, LinkType.CALL_WORK)
UNKNOWN_EXCEPTION = "AiiDA or a plugin raised"


def calls_of(node: Any, may_be_taken: Callable[[Any], bool]) -> dict[str, Any]:
    """Link label → called process, if it can be taken; others are marked as killed.

    Parameters
    ----------
    may_be_taken
        Whether a called process ended or is known to a worker.
    """
    found: dict[str, Any] = {}
    for link in node.base.links.get_outgoing(link_type=CALLS).all():
        if may_be_taken(link.node):
            found[name_of(link.link_label)] = link.node
        else:
            mark_killed(link.node)
    return found


def label_for(node: Any, name: str) -> str:
    """The link label of the next call under this name."""
    links = node.base.links.get_outgoing(link_type=CALLS, link_label_filter=f"{name}%").all()
    return free_label(name, {link.link_label for link in links})


def has_started(process: Any) -> bool:
    """Whether a called process has ended, or was stored completely so that a worker can run it."""
    if process.process_status == ABANDONED:
        return False
    return process.is_terminated or process.checkpoint is not None


def mark_killed(node: Any) -> None:
    """Mark an abandoned process of a killed worker as killed; it would otherwise seem to run forever."""
    if not node.is_terminated:
        node.set_process_state(ProcessState.KILLED)
        node.set_process_status(ABANDONED)
        node.seal()
