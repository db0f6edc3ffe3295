"""JobPlan → one AiiDA process; kill, pause and play with what they wait for."""

import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import anyio

from crystalmath_server.adapters.aiida.calls import Calls
from crystalmath_server.adapters.aiida.daemon import control
from crystalmath_server.adapters.aiida.jobs.past_job import check_retry
from crystalmath_server.adapters.aiida.submit.plan import StoredJob, find_job, make_again, make_job
from crystalmath_server.adapters.aiida.submit.script import script_of
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.past_job import PastJob
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.vasp_run.continuation import NextInputs
from crystalmath_server.ports import Background
from crystalmath_server.protocol.errors import NotAllowed, RpcError
from crystalmath_server.protocol.jobs import ENDED, Control, Submitted

log = logging.getLogger(__name__)

POLL_S = 0.05
POLL_MAX_S = 0.5
GIVE_UP_S = 600.0
"""An order is carried out behind a client that no longer waits, but not for ever."""


class Gate(Protocol):
    """What the launcher needs of the gate."""

    lock: anyio.Lock

    async def why_not(self, cluster: str) -> str:
        """Why a new job must be held; empty: it may go."""
        ...

    def note(self, pk: int, cluster: str, *, held: bool) -> None:
        """A job was stored."""
        ...

    async def let_go(self, pk: int) -> None:
        """Give a held job to a worker now."""
        ...


class Watch(Protocol):
    """What the launcher needs of the daemon's watch."""

    async def ensure(self) -> None:
        """Have a daemon and a broker."""
        ...

    def watch(self, pk: int) -> None:
        """Look after a job."""
        ...


async def _nobody(_pk: int) -> None:
    """Nobody keeps a list."""


class AiidaLauncher:
    """The Launcher port.

    `refresh` is told of each job that was made or steered, so that the list of jobs shows it at once.
    """

    def __init__(
        self,
        runtime: Calls,
        watch: Watch,
        gate: Gate,
        background: Background,
        refresh: Callable[[int], Awaitable[None]] = _nobody,
    ) -> None:
        self._runtime = runtime
        self._watch = watch
        self._gate = gate
        self._background = background
        self._refresh = refresh
        self._errands: dict[int, ControlCommand] = {}

    async def find(self, key: str, digest: str) -> Submitted | None:
        """The job of a key; a job that was never handed out is handed out now."""
        found = await self._runtime.call(find_job, key, digest)
        if found is None:
            return None
        if await self._runtime.call(control.is_unfinished, found.pk):
            return None  # submit makes it again
        return await self._submitted(found, reused=True)

    async def submit(self, plan: JobPlan) -> Submitted:
        """The job of `plan.key`; daemon and broker are asked for before anything is stored."""
        await self._watch.ensure()
        async with self._gate.lock:
            # what is only read needs no place in a queue
            why_held = "" if plan.source else await self._gate.why_not(plan.spec.cluster)
            job, reused = await self._runtime.call(make_job, plan, why_held)
            if not reused:
                self._gate.note(job.pk, plan.spec.cluster, held=bool(why_held))
        return await self._submitted(job, reused=reused, held=bool(why_held))

    async def retry(
        self, job: PastJob, key: str, label: str, vasp_inputs: NextInputs | None = None
    ) -> Submitted:
        """A job with the inputs of another."""
        await self._watch.ensure()
        async with self._gate.lock:
            why_held = await self._gate.why_not(job.spec.cluster)
            made, reused = await self._runtime.call(make_again, job, key, label, why_held, vasp_inputs)
            if not reused:
                self._gate.note(made.pk, job.spec.cluster, held=bool(why_held))
        return await self._submitted(made, reused=reused, held=bool(why_held) and not reused)

    async def retried(self, job: PastJob, key: str) -> Submitted | None:
        """The job of a key that continues from another, or that runs it once more."""
        found = await self.find(key, str(job.options.get(nodes.DIGEST, "")))
        if found is not None:
            await self._runtime.call(check_retry, found.pk, job)
        return found

    async def script(self, plan: JobPlan) -> str:
        """The batch script of a plan."""
        return await self._runtime.call(script_of, plan)

    async def cancel(self, pk: int, wait_s: float) -> Control:
        """Kill and wait for the end; a job that has ended already is left as it is."""
        return await self._steer(pk, wait_s, control.KILL)

    async def pause(self, pk: int, wait_s: float) -> Control:
        """Pause and wait for it."""
        return await self._steer(pk, wait_s, control.PAUSE)

    async def play(self, pk: int, wait_s: float) -> Control:
        """Let continue and wait for it."""
        return await self._steer(pk, wait_s, control.PLAY)

    async def _submitted(self, job: StoredJob, *, reused: bool, held: bool = False) -> Submitted:
        glance = await self._runtime.call(control.glance, job.pk)
        if glance.state not in ENDED and not held and not glance.held:
            self._watch.watch(job.pk)
        if not reused:
            await self._tell(job.pk)
        return Submitted(job.pk, job.uuid, glance.state, job.template, reused)

    async def _steer(self, pk: int, wait_s: float, order: control.Order) -> Control:
        """Carry out an order; it continues if the client stops waiting, until another order comes."""
        seen = await self._runtime.call(control.glance, pk)
        if seen.held:
            await self._gate.let_go(pk)  # only a worker can steer it; play lets it go before its turn
        if order.shows(seen):
            return Control(pk, seen.state, done=True)
        if seen.ended:
            raise NotAllowed(f"Job {pk} has ended ({seen.state.value}): it cannot {order.verb}")
        await self._watch.ensure()
        self._watch.watch(pk)
        if pk in self._errands:
            self._errands[pk].scope.cancel()
        errand = self._errands[pk] = ControlCommand(self._runtime, order, pk)
        self._background.start_soon(self._carry_out, pk, errand)
        with anyio.move_on_after(wait_s):
            await errand.ended.wait()
        outcome = await errand.outcome()
        await self._tell(pk)
        return outcome

    async def _tell(self, pk: int) -> None:
        """A list that cannot be read must not make what was done look undone."""
        with contextlib.suppress(RpcError):
            await self._refresh(pk)

    async def _carry_out(self, pk: int, errand: "ControlCommand") -> None:
        try:
            with errand.scope:
                await errand.run()
        except Exception:  # nobody may wait for it any more, and the server continues
            log.exception("an order to job %d failed", pk)
        finally:
            errand.ended.set()
            if self._errands.get(pk) is errand:
                del self._errands[pk]


class ControlCommand:
    """One order to one job, sent until a worker takes it."""

    def __init__(self, runtime: Calls, order: control.Order, pk: int) -> None:
        self._runtime = runtime
        self._order = order
        self._pk = pk
        self._sent: dict[int, control.Sent] = {}
        self.scope = anyio.CancelScope()
        self.ended = anyio.Event()

    async def run(self) -> None:
        """Send what the moment asks for, and look until the effect shows."""
        deadline = time.monotonic() + GIVE_UP_S
        pause_s = POLL_S
        seen = await self._runtime.call(control.glance, self._pk)
        while not (self._order.shows(seen) or seen.ended) and time.monotonic() < deadline:
            for step, pk in self._order.sends(seen):
                before = self._sent.get(pk)
                if before is None or before.order is not step or before.refused():
                    self._sent[pk] = await self._runtime.call(control.send, step, pk)
            await anyio.sleep(pause_s)
            pause_s = min(1.5 * pause_s, POLL_MAX_S)
            seen = await self._runtime.call(control.glance, self._pk)

    async def outcome(self) -> Control:
        """What came of it so far."""
        seen = await self._runtime.call(control.glance, self._pk)
        if self._order.shows(seen):
            return Control(self._pk, seen.state, done=True)
        if seen.ended:
            return Control(self._pk, seen.state, done=False, waiting_for="nothing: the job ended first")
        words = control.waiting_for(self._order, seen, tuple(self._sent.values()))
        return Control(self._pk, seen.state, done=False, waiting_for=words)
