"""Launches a JobPlan as one AiiDA process; kills, pauses and resumes jobs."""

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
"""How long an order continues after its client stops waiting."""


class SubmissionThrottle(Protocol):
    """The part of the gate that the launcher uses."""

    lock: anyio.Lock

    async def why_not(self, cluster: str) -> str:
        """The reason to hold a new job, or an empty string to submit it."""
        ...

    def note(self, pk: int, cluster: str, *, held: bool) -> None:
        """Record a stored job."""
        ...

    async def let_go(self, pk: int) -> None:
        """Send a held job to a worker now."""
        ...


class Watch(Protocol):
    """The part of the daemon watch that the launcher uses."""

    async def ensure(self) -> None:
        """Make sure that the daemon and broker are running."""
        ...

    def watch(self, pk: int) -> None:
        """Monitor a job."""
        ...


async def _nobody(_pk: int) -> None:
    """Do nothing; no job list to refresh."""


class AiidaLauncher:
    """The Launcher port.

    `refresh` is called for each created or controlled job so that the job list shows the change at once.
    """

    def __init__(
        self,
        runtime: Calls,
        watch: Watch,
        gate: SubmissionThrottle,
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
        """The job of a key; a job that no worker ever received is sent now."""
        found = await self._runtime.call(find_job, key, digest)
        if found is None:
            return None
        if await self._runtime.call(control.is_unfinished, found.pk):
            return None  # submit creates the job again
        return await self._announce(found, reused=True)

    async def submit(self, plan: JobPlan) -> Submitted:
        """Submit the job of `plan.key`; the daemon and broker must be up before anything is stored."""
        await self._watch.ensure()
        async with self._gate.lock:
            # an import only reads, so it needs no place in the queue
            why_held = "" if plan.source else await self._gate.why_not(plan.spec.cluster)
            job, reused = await self._runtime.call(make_job, plan, why_held)
            if not reused:
                self._gate.note(job.pk, plan.spec.cluster, held=bool(why_held))
        return await self._announce(job, reused=reused, held=bool(why_held))

    async def retry(
        self, job: PastJob, key: str, label: str, vasp_inputs: NextInputs | None = None
    ) -> Submitted:
        """Submit a job with the inputs of another."""
        await self._watch.ensure()
        async with self._gate.lock:
            why_held = await self._gate.why_not(job.spec.cluster)
            made, reused = await self._runtime.call(make_again, job, key, label, why_held, vasp_inputs)
            if not reused:
                self._gate.note(made.pk, job.spec.cluster, held=bool(why_held))
        return await self._announce(made, reused=reused, held=bool(why_held) and not reused)

    async def find_retry(self, job: PastJob, key: str) -> Submitted | None:
        """The job of a key that continues or reruns another job."""
        found = await self.find(key, str(job.options.get(nodes.DIGEST, "")))
        if found is not None:
            await self._runtime.call(check_retry, found.pk, job)
        return found

    async def script(self, plan: JobPlan) -> str:
        """The batch script for a plan."""
        return await self._runtime.call(script_of, plan)

    async def cancel(self, pk: int, wait_s: float) -> Control:
        """Kill a job and wait until it has ended; an ended job is left unchanged."""
        return await self._steer(pk, wait_s, control.KILL)

    async def pause(self, pk: int, wait_s: float) -> Control:
        """Pause a job and wait until it is paused."""
        return await self._steer(pk, wait_s, control.PAUSE)

    async def play(self, pk: int, wait_s: float) -> Control:
        """Resume a job and wait until it continues."""
        return await self._steer(pk, wait_s, control.PLAY)

    async def _announce(self, job: StoredJob, *, reused: bool, held: bool = False) -> Submitted:
        glance = await self._runtime.call(control.glance, job.pk)
        if glance.state not in ENDED and not held and not glance.held:
            self._watch.watch(job.pk)
        if not reused:
            await self._tell(job.pk)
        return Submitted(job.pk, job.uuid, glance.state, job.template, reused)

    async def _steer(self, pk: int, wait_s: float, order: control.Order) -> Control:
        """Carry out an order; it continues after the client stops waiting, until the next order."""
        seen = await self._runtime.call(control.glance, pk)
        if seen.held:
            await self._gate.let_go(pk)  # only a worker can control it; play releases it early
        if order.shows(seen):
            return Control(pk, seen.state, done=True)
        if seen.has_ended:
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
        """Refresh the job list; a failure here must not make a completed order look failed."""
        with contextlib.suppress(RpcError):
            await self._refresh(pk)

    async def _carry_out(self, pk: int, errand: "ControlCommand") -> None:
        try:
            with errand.scope:
                await errand.run()
        except Exception:  # the client may have stopped waiting; the server continues
            log.exception("an order to job %d failed", pk)
        finally:
            errand.ended.set()
            if self._errands.get(pk) is errand:
                del self._errands[pk]


class ControlCommand:
    """One order to one job, resent until a worker accepts it."""

    def __init__(self, runtime: Calls, order: control.Order, pk: int) -> None:
        self._runtime = runtime
        self._order = order
        self._pk = pk
        self._sent: dict[int, control.Sent] = {}
        self.scope = anyio.CancelScope()
        self.ended = anyio.Event()

    async def run(self) -> None:
        """Send the necessary steps and poll until they take effect."""
        deadline = time.monotonic() + GIVE_UP_S
        pause_s = POLL_S
        seen = await self._runtime.call(control.glance, self._pk)
        while not (self._order.shows(seen) or seen.has_ended) and time.monotonic() < deadline:
            for step, pk in self._order.sends(seen):
                before = self._sent.get(pk)
                if before is None or before.order is not step or before.must_resend():
                    self._sent[pk] = await self._runtime.call(control.send, step, pk)
            await anyio.sleep(pause_s)
            pause_s = min(1.5 * pause_s, POLL_MAX_S)
            seen = await self._runtime.call(control.glance, self._pk)

    async def outcome(self) -> Control:
        """The outcome of the order so far."""
        seen = await self._runtime.call(control.glance, self._pk)
        if self._order.shows(seen):
            return Control(self._pk, seen.state, done=True)
        if seen.has_ended:
            return Control(self._pk, seen.state, done=False, waiting_for="nothing: the job ended first")
        words = control.wait_reason(self._order, seen, tuple(self._sent.values()))
        return Control(self._pk, seen.state, done=False, waiting_for=words)
