"""The AiiDA thread: loads the profile in the background and runs calls in order."""

import gc
import importlib
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from crystalmath_server.adapters.aiida.computers import add_this_machine
from crystalmath_server.adapters.aiida.embedded_profile import EMBEDDED, create_embedded
from crystalmath_server.adapters.aiida.errors import translate
from crystalmath_server.adapters.aiida.object_store import close_object_stores
from crystalmath_server.adapters.processes.single_thread_executor import (
    SingleThreadExecutor,
    result_of,
    wait_for,
)
from crystalmath_server.protocol.errors import ProfileUnavailable, RpcError
from crystalmath_server.protocol.system import Part, PartState

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_S = 3.0
"""Minimum time after a failed load before a request triggers another attempt."""

BUSY_TIMEOUT_MS = 30_000
"""How long SQLite waits for another writer before it fails; its default is 5 s."""


class AiidaRuntime:
    """AiiDA with one profile, for use from the event loop.

    AiiDA's sessions are per thread and its state is per process: create one instance per process, and use
    AiiDA only in functions passed to `call` (short) and `call_long` (long reads, on a separate thread).

    Attributes
    ----------
    progress
        Called with a description of what a waiting call is waiting for.
    """

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.progress: Callable[[str], None] = lambda _text: None
        self._lane = SingleThreadExecutor("aiida")
        self._long = SingleThreadExecutor("aiida-long")
        self._loading: Future[None] | None = None
        self._failed_at = 0.0
        self._step = "waiting to load AiiDA"
        self._broker = ""

    @property
    def ready(self) -> bool:
        """Whether the profile is loaded."""
        future = self._loading
        return future is not None and future.done() and future.exception() is None

    @property
    def broker(self) -> str:
        """The entry point of the profile's message broker; empty if there is none or it is not loaded."""
        return self._broker

    async def start(self) -> None:
        """Start loading; returns at once."""
        self._begin()

    async def wait_ready(self) -> None:
        """Wait until the profile is loaded.

        Raises
        ------
        RpcError
            PROFILE_UNAVAILABLE, STORAGE_UNREACHABLE or STORAGE_FULL with the underlying reason.
        """
        loading = self._begin()
        told = ""
        while not loading.done():
            if told != self._step:
                told = self._step
                self.progress(told)
            await wait_for(loading, 0.2)
        error = loading.exception()
        if error is not None:
            raise _again(error)

    async def call(self, fn: Callable[..., T], *args: object) -> T:
        """Run `fn(*args)` on the AiiDA thread once the profile is loaded."""
        return await self._call(self._lane, fn, args)

    async def call_long(self, fn: Callable[..., T], *args: object) -> T:
        """Run a long read on the second thread so that it does not block other calls."""
        return await self._call(self._long, fn, args)

    async def call_unloaded(self, fn: Callable[..., T], *args: object) -> T:
        """Run a function that needs only AiiDA's configuration, even if the profile cannot be loaded."""
        try:
            return await result_of(self._long.submit(_with_aiida, fn, *args))
        except Exception as error:
            known = translate(error, self.profile)
            if known is None:
                raise
            raise known from error

    async def close(self) -> None:
        """Unload the profile and end the threads; gives up after two seconds."""
        self._long.close()
        if self._loading is not None:
            await wait_for(self._lane.submit(_unload), 2)
        self._lane.close()

    def part(self) -> Part:
        """The storage status, from memory."""
        if self._loading is None or not self._loading.done():
            return Part(PartState.LOADING, self._step)
        error = self._loading.exception()
        if isinstance(error, RpcError):
            return Part(PartState.FAILED, error.data.detail or error.message, error.data.hint)
        if not self._broker:
            hint = f"Configure one: verdi -p {self.profile} profile configure-broker core.zeromq"
            return Part(PartState.READY, f"profile {self.profile}; no broker: jobs can only be read", hint)
        return Part(PartState.READY, f"profile {self.profile}")

    async def _call(self, lane: SingleThreadExecutor, fn: Callable[..., T], args: tuple[object, ...]) -> T:
        if not self.ready:
            await self.wait_ready()
        try:
            return await result_of(lane.submit(_in_session, fn, *args))
        except Exception as error:
            known = translate(error, self.profile)
            if known is None:
                raise
            raise known from error

    def _begin(self) -> Future[None]:
        """The current load, or a new one if the last load failed long enough ago."""
        failed = self._loading is not None and self._loading.done() and not self.ready
        if self._loading is None or (failed and time.monotonic() - self._failed_at > RETRY_S):
            self._loading = self._lane.submit(self._load)
        return self._loading

    def _load(self) -> None:
        """Load AiiDA and the profile; runs on the AiiDA thread."""
        try:
            self._step = "loading AiiDA"
            _import_aiida()
            self._step = f"opening profile {self.profile}"
            self._broker = _open_profile(self.profile)
            self._step = "ready"
        except Exception as error:
            self._failed_at = time.monotonic()
            log.exception("profile %s cannot be loaded", self.profile)
            raise translate(error, self.profile) or _not_loaded(error) from error


def _again(error: BaseException) -> BaseException:
    """A fresh copy for each caller, since a raised exception accumulates tracebacks."""
    if not isinstance(error, RpcError):
        return error
    return type(error)(error.data.detail, field=error.data.field, hint=error.data.hint)


def _not_loaded(error: Exception) -> ProfileUnavailable:
    """The error to report if AiiDA does not explain the failure."""
    if isinstance(error, FileNotFoundError):
        hint = "Mount or restore the storage folder, or use another profile: crystalmath --profile NAME"
        return ProfileUnavailable(f"The storage was not found: {error.filename or error}", hint=hint)
    return ProfileUnavailable(f"{type(error).__name__}: {error}", hint=RpcError.hint)


def _import_aiida() -> None:
    """Import AiiDA with garbage collection off; a collection mid-import stalls the event loop for 100 ms."""
    if "aiida.orm" in sys.modules:
        return
    own_bin = Path(sys.executable).parent
    if (own_bin / "verdi").exists():  # AiiDA's daemon must be the one in this environment
        os.environ["PATH"] = f"{own_bin}{os.pathsep}{os.environ.get('PATH', '')}"
    warnings.filterwarnings("ignore", message="Creating AiiDA configuration folder")
    gc.disable()
    try:
        for module in ("aiida.manage", "aiida.engine", "aiida.orm"):
            importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def _open_profile(name: str) -> str:
    """Load the profile, creating the embedded one if needed; returns its broker."""
    from aiida.manage import get_manager
    from aiida.manage.configuration import get_config, reset_config

    close_object_stores()
    get_manager().unload_profile()
    reset_config()
    config = get_config(create=True)
    if name not in config.profile_names:
        if name != EMBEDDED:
            raise ProfileUnavailable(_unknown(name, config.profile_names), field="profile")
        create_embedded(name)
    profile = get_manager().load_profile(name)
    storage: Any = get_manager().get_profile_storage()
    _be_patient(storage)
    _warm(name)
    return profile.process_control_backend or ""


def _unknown(name: str, names: list[str]) -> str:
    there = ", ".join(sorted(names)) or "none"
    return f"There is no AiiDA profile {name!r}; profiles: {there}"


def _be_patient(storage: Any) -> None:
    """Make SQLite wait for other writers; PostgreSQL already does."""
    from sqlalchemy import event

    engine = storage.get_session().get_bind()
    if engine.dialect.name != "sqlite":
        return

    def patient(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    event.listen(engine, "connect", patient)


def _warm(name: str) -> None:
    """Run a first query to warm up, and finish an embedded profile if its creation was interrupted."""
    from aiida.orm import Computer, QueryBuilder

    if QueryBuilder().append(Computer).count() == 0 and name == EMBEDDED:
        add_this_machine()


def _with_aiida(fn: Callable[..., T], *args: object) -> T:
    _import_aiida()
    return fn(*args)


def _in_session(fn: Callable[..., T], *args: object) -> T:
    """Run a function in this thread's AiiDA session, leaving no transaction open."""
    from aiida.manage import get_manager

    try:
        return fn(*args)
    finally:
        storage: Any = get_manager().get_profile_storage()
        session = storage.get_session()
        if session.in_transaction():  # an open one would hide later commits or keep a failed state
            session.rollback()


def _unload() -> None:
    from aiida.manage import get_manager

    close_object_stores()
    get_manager().unload_profile()
