"""Orders to one process and what came of them; on the AiiDA thread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crystalmath_server.adapters.aiida_lost import NOBODY
from crystalmath_server.domain.holding import PREFIX
from crystalmath_server.domain.states import job_state
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.jobs import ENDED, JobState


@dataclass(frozen=True, slots=True)
class Glance:
    """A process at one moment.

    Attributes
    ----------
    settled
        Whether the scheduler's job is known, or there will be none: see `Order.step`.
    """

    state: JobState
    paused: bool
    status: str
    settled: bool

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ENDED

    @property
    def held(self) -> bool:
        """Whether it was never given to a worker, for a reason that its status tells."""
        return self.state is JobState.CREATED and self.status.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Order:
    """Something asked of a process: the controller's method, and how to see that it was done."""

    verb: str
    method: str
    shows: Callable[[Glance], bool]

    def step(self, seen: Glance) -> "Order":
        """What to send now.

        A process that is killed between its start and the scheduler's answer ends, but AiiDA goes on to
        submit its job, which then runs for nobody. So it is paused first, which either stops it before the
        scheduler has anything, or lets the scheduler's answer come in.
        """
        return PAUSE if self is KILL and not seen.settled else self


KILL = Order("be killed", "kill_process", lambda seen: seen.ended)
PAUSE = Order("pause", "pause_process", lambda seen: seen.paused and not seen.ended)
PLAY = Order("go on", "play_process", lambda seen: not seen.paused and not seen.ended)


class Sent:
    """An order on its way; the answer comes from the worker that has the process."""

    def __init__(self, order: Order, future: Any) -> None:
        self.order = order
        self._future = future

    def refused(self) -> bool:
        """Whether nobody took it, so that it must be sent again."""
        return self._future is None or (self._future.done() and not self._taken())

    def reason(self) -> str:
        """What came of it so far."""
        if self._future is None or (self._future.done() and NOBODY in str(self._future.exception())):
            return "no worker of AiiDA has the job yet"
        if not self._future.done():
            return "AiiDA's worker has not answered yet"
        return "AiiDA's worker is at it" if self._taken() else f"refused: {self._answer()}"

    def _taken(self) -> bool:
        return self._future.exception() is None and self._future.result() is True

    def _answer(self) -> str:
        error = self._future.exception()
        return str(error or self._future.result())


_GLANCED = ("process_state", "exit_status", "paused", "state", "scheduler_state", "process_status", "job_id")


def glance(pk: int) -> Glance:
    """The process now.

    Raises
    ------
    NotFound
    """
    from aiida import orm

    query = orm.QueryBuilder()
    project = [f"attributes.{name}" for name in _GLANCED]
    row = query.append(orm.ProcessNode, filters={"id": pk}, project=project).first()
    if row is None:
        raise NotFound(f"There is no job {pk}", field="pk")
    values = dict(zip(_GLANCED, row, strict=True))
    state = job_state(
        process_state=values["process_state"],
        paused=bool(values["paused"]),
        exit_status=values["exit_status"],
        transport_state=values["state"],
        scheduler_state=values["scheduler_state"],
    )
    paused = bool(values["paused"])
    return Glance(state, paused, values["process_status"] or "", paused or values["job_id"] is not None)


def is_unfinished(pk: int) -> bool:
    """Whether a job was stored by a server that died before any worker could run it."""
    from aiida import orm

    node: Any = orm.load_node(pk)
    return node.checkpoint is None and node.process_state.value == "created"


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


def waiting_for(order: Order, seen: Glance, sent: Sent | None) -> str:
    """What is still to happen, in words."""
    reason = "AiiDA's daemon" if sent is None else sent.reason()
    status = f"; it says: {seen.status}" if seen.status else ""
    return f"the job to {order.verb}: {reason}{status}"
