"""Starts AiiDA's daemon on demand, monitors it, and recovers lost tasks."""

import logging
import time
from collections.abc import Callable

import anyio
from anyio import to_thread

from crystalmath_server.adapters.aiida.calls import Runtime
from crystalmath_server.adapters.aiida.daemon.broker_recovery import (
    active_jobs,
    reconnect,
    revive,
    still_active,
)
from crystalmath_server.adapters.aiida.daemon.probe import DaemonProbe, DaemonView
from crystalmath_server.adapters.aiida.jobs.runs import active_runs
from crystalmath_server.protocol.errors import BrokerUnavailable, DaemonNotRunning, RpcError
from crystalmath_server.protocol.system import Part, PartState

log = logging.getLogger(__name__)

TICK_S = 2.0
START_TIMEOUT_S = 30.0
DEAF_AFTER_S = 10.0
"""Workers boot in 2 to 6 s; if they do not serve the broker after this time, they never will."""
_LOG_HINT = "See the log of AiiDA's daemon: verdi daemon logshow"


class DaemonWatch:
    """The one owner of AiiDA's daemon; callers that need the daemon await `ensure`.

    A deliberately stopped daemon stays stopped until a job needs it. A daemon that died is restarted as
    long as there are active crystalmath jobs. If the broker moves, reconnect and call the hooks.
    """

    def __init__(self, runtime: Runtime, workers: int = 1) -> None:
        self._runtime = runtime
        self._n_workers = workers
        self._lock = anyio.Lock()
        self._probe: DaemonProbe | None = None
        self._hooks: list[Callable[[], None]] = []
        self._endpoint = ""
        self._part = Part(PartState.LOADING, "AiiDA is not loaded yet")
        self._active: set[int] = set()
        self._suspects: set[int] = set()
        self._deaf_since = 0.0
        self._patience_s = DEAF_AFTER_S

    def part(self) -> Part:
        """The daemon status, from memory."""
        return self._part

    def on_connect(self, hook: Callable[[], None]) -> None:
        """Register a hook to call on the AiiDA thread after each connection to a new broker."""
        self._hooks.append(hook)

    def watch(self, pk: int) -> None:
        """Monitor a job until it has ended."""
        self._active.add(pk)

    async def ensure(self) -> None:
        """Make sure that the daemon is running and the broker is connected.

        Raises
        ------
        RpcError
            DAEMON_NOT_RUNNING, BROKER_UNAVAILABLE, or an error from loading the profile.
        """
        async with self._lock:
            probe, view = await self._look()
            if not view.backend:
                raise BrokerUnavailable(
                    "The profile has no message broker, so AiiDA's daemon cannot run jobs",
                    hint="Configure one: verdi profile configure-broker core.zeromq",
                )
            if view.pid is None:
                view = await self._start(probe, view)
            elif not view.broker_up:
                view = await self._await_broker()
            await self._connect(view)

    async def run(self) -> None:
        """Monitor until cancelled; keeps trying, since an unloadable profile may be fixed later."""
        loaded = False
        while True:
            try:
                if not loaded:
                    self._active |= set(await self._runtime.call_long(active_jobs))
                    loaded = True
                await self._tick()
            except RpcError as error:
                self._part = Part(PartState.FAILED, error.data.detail or error.message, error.data.hint)
            except Exception:
                log.exception("watching AiiDA's daemon failed")
            await anyio.sleep(TICK_S)

    async def _tick(self) -> None:
        if self._lock.locked():
            return  # another call is starting it
        probe, view = await self._look()
        self._active &= set(await self._runtime.call(still_active, tuple(self._active)))
        if view.pid is None and view.stale and self._active:
            log.warning("AiiDA's daemon died with %d active jobs; restarting it", len(self._active))
            await self.ensure()
        if view.pid is None or not view.broker_up:
            return
        async with self._lock:
            await self._connect(view)
            await self._wake_deaf(probe, view)
            await self._revive_lost(probe)

    async def _look(self) -> tuple[DaemonProbe, DaemonView]:
        await self._runtime.wait_ready()
        probe = self._probe
        if probe is None:
            probe = self._probe = await self._runtime.call(_make_probe)
        view = await to_thread.run_sync(probe.look, abandon_on_cancel=True)
        self._part = describe(view, len(self._active))
        return probe, view

    async def _start(self, probe: DaemonProbe, view: DaemonView) -> DaemonView:
        """Start the daemon, first ending processes that a dead daemon left unsupervised."""
        self._part = Part(PartState.LOADING, "AiiDA's daemon is starting")
        try:
            if view.stale:
                await to_thread.run_sync(_end_orphans, probe, abandon_on_cancel=True)
            await to_thread.run_sync(_start_daemon, probe, self._n_workers, abandon_on_cancel=True)
        except Exception as error:
            log.exception("AiiDA's daemon did not start")
            text = f"AiiDA's daemon did not start: {error}"
            self._part = Part(PartState.FAILED, text, _LOG_HINT)
            raise DaemonNotRunning(text, hint=_LOG_HINT) from error
        self._deaf_since = 0.0
        return await self._await_broker()

    async def _await_broker(self) -> DaemonView:
        """Wait for the broker, which the supervisor starts and restarts."""
        deadline = time.monotonic() + START_TIMEOUT_S
        _, view = await self._look()
        while not (view.broker_up and view.endpoint):
            if time.monotonic() > deadline:
                raise BrokerUnavailable(f"The broker {view.backend} did not start", hint=_LOG_HINT)
            await anyio.sleep(0.05)
            _, view = await self._look()
        return view

    async def _connect(self, view: DaemonView) -> None:
        """Connect if the broker is new; the old connection would silently lose messages."""
        if view.endpoint == self._endpoint:
            return
        await self._runtime.call(reconnect, tuple(self._hooks))
        self._endpoint = view.endpoint

    async def _wake_deaf(self, probe: DaemonProbe, view: DaemonView) -> None:
        """Restart workers that do not serve the broker; they never resubscribe after it is killed."""
        if view.workers != 0:
            self._deaf_since, self._patience_s = 0.0, DEAF_AFTER_S
            return
        now = time.monotonic()
        self._deaf_since = self._deaf_since or now
        if now - self._deaf_since > self._patience_s:
            log.warning("AiiDA's workers do not serve the broker; restarting them")
            await to_thread.run_sync(_restart_workers, probe, abandon_on_cancel=True)
            self._deaf_since, self._patience_s = time.monotonic(), min(2 * self._patience_s, 120)

    async def _revive_lost(self, probe: DaemonProbe) -> None:
        """Resend jobs whose task was missing twice in a row."""
        if not self._active:
            return
        runs = await self._runtime.call(active_runs, tuple(self._active))
        tasks = await to_thread.run_sync(probe.tasks, abandon_on_cancel=True)
        missing = set[int]() if tasks is None else self._active.union(runs) - tasks
        lost, self._suspects = missing & self._suspects, missing
        if lost:
            self._suspects -= lost  # check these again only after two more misses
            await self._runtime.call(revive, tuple(lost))


def describe(view: DaemonView, active: int) -> Part:
    """The daemon status as text."""
    jobs = f"; {active} jobs under way" if active else ""
    if not view.backend:
        return Part(
            PartState.STOPPED, "the profile has no broker", "verdi profile configure-broker core.zeromq"
        )
    if view.pid is None:
        words = "died" if view.stale else "is not running"
        return Part(PartState.STOPPED, f"AiiDA's daemon {words}{jobs}", "It starts with the next job.")
    if not view.broker_up:
        return Part(PartState.FAILED, f"the broker {view.backend} is down{jobs}", _LOG_HINT)
    if view.workers == 0:
        return Part(
            PartState.LOADING, f"AiiDA's daemon runs (pid {view.pid}) but its workers are starting{jobs}"
        )
    return Part(PartState.READY, f"AiiDA's daemon runs (pid {view.pid}){jobs}")


def _make_probe() -> DaemonProbe:
    from aiida.manage import get_manager

    return DaemonProbe(get_manager().get_profile())


def _start_daemon(probe: DaemonProbe, workers: int) -> None:
    probe.forget_dead_broker()
    probe.client.start_daemon(number_workers=workers, wait=True, timeout=int(START_TIMEOUT_S))


def _restart_workers(probe: DaemonProbe) -> None:
    probe.client.restart_daemon(wait=True, timeout=int(START_TIMEOUT_S))


def _end_orphans(probe: DaemonProbe) -> None:
    import psutil

    orphans = probe.orphans()
    for process in orphans:
        process.terminate()
    for process in psutil.wait_procs(orphans, timeout=5)[1]:
        process.kill()
