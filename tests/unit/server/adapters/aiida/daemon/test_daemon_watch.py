"""The daemon's watch against a fake daemon: what it starts, reconnects, restarts and revives."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from crystalmath_server.adapters.aiida.daemon import daemon as aiida_daemon
from crystalmath_server.adapters.aiida.daemon.daemon import DaemonWatch, describe
from crystalmath_server.adapters.aiida.daemon.probe import DaemonView
from crystalmath_server.protocol.errors import BrokerUnavailable, DaemonNotRunning
from crystalmath_server.protocol.system import PartState

T = TypeVar("T")

UP = DaemonView("core.zeromq", 42, stale=False, broker_up=True, endpoint="ipc://one", workers=1)
DOWN = replace(UP, pid=None, broker_up=False, endpoint="", workers=None)


class FakeEyes:
    """A daemon that comes up when it is started."""

    def __init__(self, view: DaemonView) -> None:
        self.view = view
        self.started = 0
        self.restarted = 0
        self.orphans_ended = 0
        self.error: Exception | None = None
        self.client = self
        self.pks: frozenset[int] = frozenset()

    def look(self) -> DaemonView:
        return self.view

    def tasks(self) -> frozenset[int]:
        return self.pks

    def forget_dead_broker(self) -> None:
        pass

    def orphans(self) -> list[Any]:
        self.orphans_ended += 1
        return []

    def start_daemon(self, **_kwargs: object) -> None:
        if self.error is not None:
            raise self.error
        self.started += 1
        self.view = replace(UP, endpoint=f"ipc://{self.started}")

    def restart_daemon(self, **_kwargs: object) -> None:
        self.restarted += 1


class FakeRuntime:
    """Runs calls at once."""

    async def wait_ready(self) -> None:
        pass

    async def call(self, fn: Callable[..., T], *args: object) -> T:
        return fn(*args)

    async def call_long(self, fn: Callable[..., T], *args: object) -> T:
        return fn(*args)


class World:
    """A watch, its daemon, and what it did to AiiDA."""

    def __init__(self, view: DaemonView, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: list[int] = []
        self.eyes = FakeEyes(view)
        self.connected = 0
        self.revived: list[int] = []
        monkeypatch.setattr(aiida_daemon, "_make_probe", lambda: self.eyes)
        monkeypatch.setattr(aiida_daemon, "reconnect", self._reconnect)
        monkeypatch.setattr(aiida_daemon, "revive", self.revived.extend)
        monkeypatch.setattr(aiida_daemon, "still_active", list)
        monkeypatch.setattr(aiida_daemon, "active_jobs", list)
        monkeypatch.setattr(aiida_daemon, "active_runs", lambda _pks: list(self.runs))
        self.watch = DaemonWatch(FakeRuntime())

    def _reconnect(self, hooks: tuple[Callable[[], None], ...]) -> None:
        self.connected += 1
        for hook in hooks:
            hook()

    def ensure(self) -> None:
        asyncio.run(self.watch.ensure())

    def tick(self) -> None:
        asyncio.run(self.watch._tick())


def test_starts_a_daemon_that_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(DOWN, monkeypatch)
    world.ensure()
    world.ensure()
    assert (world.eyes.started, world.connected, world.eyes.orphans_ended) == (1, 1, 0)
    assert world.watch.part().state is PartState.READY


def test_ends_what_a_dead_daemon_left(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(replace(DOWN, stale=True), monkeypatch)
    world.ensure()
    assert (world.eyes.started, world.eyes.orphans_ended) == (1, 1)


def test_reconnects_where_the_broker_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(UP, monkeypatch)
    told: list[str] = []
    world.watch.on_connect(lambda: told.append("hook"))
    world.ensure()
    world.eyes.view = replace(UP, endpoint="ipc://two")
    world.tick()
    world.tick()
    assert (world.connected, told) == (2, ["hook", "hook"])


def test_says_why_a_daemon_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(DOWN, monkeypatch)
    world.eyes.error = RuntimeError("verdi is not there")
    with pytest.raises(DaemonNotRunning, match="verdi is not there"):
        world.ensure()
    assert world.watch.part().state is PartState.FAILED


def test_a_profile_without_broker_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(replace(DOWN, backend=""), monkeypatch)
    with pytest.raises(BrokerUnavailable):
        world.ensure()


def test_a_daemon_that_died_is_started_for_jobs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(replace(DOWN, stale=True), monkeypatch)
    world.tick()
    assert world.eyes.started == 0
    world.watch.watch(7)
    world.tick()
    assert world.eyes.started == 1


def test_a_daemon_that_was_stopped_stays_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(DOWN, monkeypatch)
    world.watch.watch(7)
    world.tick()
    assert world.eyes.started == 0
    assert "1 jobs under way" in world.watch.part().detail


def test_deaf_workers_are_restarted_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(replace(UP, workers=0), monkeypatch)
    world.tick()
    assert world.eyes.restarted == 0
    monkeypatch.setattr(aiida_daemon.time, "monotonic", lambda: 1e12)
    world.tick()
    world.tick()
    assert world.eyes.restarted == 1


def test_a_lost_job_is_revived_when_missing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(UP, monkeypatch)
    world.watch.watch(7)
    world.watch.watch(8)
    world.eyes.pks = frozenset({8})
    world.tick()
    assert world.revived == []
    world.tick()
    assert world.revived == [7]


def test_a_lost_run_of_a_job_is_revived_too(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(UP, monkeypatch)
    world.watch.watch(7)
    world.runs, world.eyes.pks = [9], frozenset({7})
    world.tick()
    world.tick()
    assert world.revived == [9]


@pytest.mark.parametrize(
    "view,state,words",
    [
        (UP, PartState.READY, "runs (pid 42)"),
        (replace(UP, workers=0), PartState.LOADING, "workers are starting"),
        (replace(UP, broker_up=False), PartState.FAILED, "broker core.zeromq is down"),
        (DOWN, PartState.STOPPED, "is not running"),
        (replace(DOWN, stale=True), PartState.STOPPED, "died"),
        (replace(DOWN, backend=""), PartState.STOPPED, "no broker"),
    ],
)
def test_words(view: DaemonView, state: PartState, words: str) -> None:
    part = describe(view, 2)
    assert part.state is state
    assert words in part.detail
