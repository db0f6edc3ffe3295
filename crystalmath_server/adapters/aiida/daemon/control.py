"""Control orders to a process and their outcome; runs on the AiiDA thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crystalmath_server.adapters.aiida.daemon.broker_recovery import NOBODY
from crystalmath_server.adapters.aiida.jobs.job_record import read_job
from crystalmath_server.adapters.aiida.jobs.node_record import WORKFLOW, NodeRecord
from crystalmath_server.adapters.aiida.jobs.rows import row_and_facts
from crystalmath_server.domain.jobs.states import ACTIVE_PROCESS, CREATED_PROCESS, ENDED_PROCESS
from crystalmath_server.protocol.jobs import ENDED, JobState


@dataclass(frozen=True, slots=True)
class Part:
    """A process that has not ended.

    Attributes
    ----------
    settled
        Whether the scheduler job is known or will never exist; see `Order.sends`.
    """

    pk: int
    paused: bool
    settled: bool


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """The state of a job at one moment.

    Attributes
    ----------
    parts
        The job's processes that have not ended: the job and, if self-correcting, its run.
    held
        Whether the job was never sent to a worker; `status` gives the reason.
    """

    state: JobState
    status: str
    parts: tuple[Part, ...] = ()
    held: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether the job has reached its final state."""
        return self.state in ENDED and not self.parts


@dataclass(frozen=True, slots=True)
class Order:
    """An order to a job: the controller method, and the check that it has taken effect."""

    verb: str
    method: str
    shows: Callable[[JobSnapshot], bool]

    def sends(self, seen: JobSnapshot) -> "list[tuple[Order, int]]":
        """The orders to send now, and the process that receives each.

        If a process is killed between its start and the scheduler's answer, AiiDA still submits its job,
        which then runs with no owner. So pause the process first, which either stops it before the
        scheduler has the job or waits for the scheduler's answer. AiiDA kills the runs of a killed job.
        """
        if self is KILL and all(part.settled for part in seen.parts):
            return [(KILL, part.pk) for part in seen.parts[:1]]
        step, paused = (PLAY, True) if self is PLAY else (PAUSE, False)
        return [(step, part.pk) for part in seen.parts if part.paused is paused]


KILL = Order("be killed", "kill_process", lambda seen: seen.has_ended)
PAUSE = Order("pause", "pause_process", lambda seen: _all(seen, paused=True))
PLAY = Order("resume", "play_process", lambda seen: _all(seen, paused=False))


def _all(seen: JobSnapshot, *, paused: bool) -> bool:
    return bool(seen.parts) and all(part.paused is paused for part in seen.parts)


class Sent:
    """An order in transit; the worker that has the process answers it."""

    def __init__(self, order: Order, future: Any) -> None:
        self.order = order
        self._future = future

    def must_resend(self) -> bool:
        """Whether no worker accepted the order, so it must be sent again."""
        return self._future is None or (self._future.done() and not self._is_accepted())

    def reason(self) -> str:
        """The status of the order so far."""
        if self._future is None or (self._future.done() and NOBODY in str(self._future.exception())):
            return "no AiiDA worker has the job yet"
        if not self._future.done():
            return "the AiiDA worker has not answered yet"
        return (
            "the AiiDA worker is processing the request"
            if self._is_accepted()
            else f"refused: {self._answer()}"
        )

    def _is_accepted(self) -> bool:
        return self._future.exception() is None and self._future.result() is True

    def _answer(self) -> str:
        error = self._future.exception()
        return str(error or self._future.result())


def glance(pk: int) -> JobSnapshot:
    """The current state of a job.

    Raises
    ------
    NotFound
    """
    job = read_job(pk)
    _row, facts = row_and_facts(job)
    running = [run for run in job.run_nodes if run.attributes.get("process_state") in ACTIVE_PROCESS]
    return JobSnapshot(facts.state, facts.process_status, _parts([job.node, *running]), facts.held)


def _parts(processes: Sequence[NodeRecord]) -> tuple[Part, ...]:
    """The processes that have not ended, sorted by pk."""
    found = sorted(processes, key=lambda one: one.pk)
    return tuple(_part(one) for one in found if one.attributes.get("process_state") not in ENDED_PROCESS)


def _part(process: NodeRecord) -> Part:
    paused, known = bool(process.attributes.get("paused")), process.attributes.get("job_id") is not None
    return Part(process.pk, paused, paused or known or process.node_type.startswith(WORKFLOW))


def is_unfinished(pk: int) -> bool:
    """Whether a job was stored by a server that died before any worker could run it."""
    from aiida import orm

    node: Any = orm.load_node(pk)
    return node.checkpoint is None and node.process_state.value == CREATED_PROCESS


def send(order: Order, pk: int) -> Sent:
    """Send an order without waiting for the answer."""
    import kiwipy
    from aiida.manage import get_manager
    from plumpy.futures import unwrap_kiwi_future

    controller: Any = get_manager().get_process_controller()
    try:
        return Sent(order, unwrap_kiwi_future(getattr(controller, order.method)(pk)))
    except kiwipy.UnroutableError:
        return Sent(order, None)


def wait_reason(order: Order, seen: JobSnapshot, sent: Sequence[Sent]) -> str:
    """A description of what the order is waiting for."""
    reason = sent[-1].reason() if sent else "AiiDA's daemon"
    status = f"; status: {seen.status}" if seen.status else ""
    return f"the job to {order.verb}: {reason}{status}"
