"""The AiiDA thread: profile loaded in the background, calls run in order, failures told truly."""

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
"""After a failure, a request tries to load again when this long has passed."""

BUSY_TIMEOUT_MS = 30_000
"""How long SQLite waits for another writer, in place of "database is locked" after 5 s."""


class AiidaRuntime:
    """AiiDA with one profile, as seen from the event loop.

    AiiDA's sessions are per thread and its state is per process: make one of these a process, and touch
    AiiDA only in functions given to `call` (short) and `call_long` (long reads, on a thread of their own).

    Attributes
    ----------
    progress
        Told in words what a waiting call waits for.
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
        """Entry point of the profile's message broker; empty where it has none, or before it is loaded."""
        return self._broker

    async def start(self) -> None:
        """Begin to load; returns at once."""
        self._begin()

    async def wait_ready(self) -> None:
        """Wait until the profile is loaded.

        Raises
        ------
        RpcError
            PROFILE_UNAVAILABLE, STORAGE_UNREACHABLE or STORAGE_FULL with the true reason.
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
        """Run a long read on the second thread, so that it holds up nobody."""
        return await self._call(self._long, fn, args)

    async def call_unloaded(self, fn: Callable[..., T], *args: object) -> T:
        """Run what needs AiiDA's configuration alone, whether or not the profile can be loaded."""
        try:
            return await result_of(self._long.submit(_with_aiida, fn, *args))
        except Exception as error:
            known = translate(error, self.profile)
            if known is None:
                raise
            raise known from error

    async def close(self) -> None:
        """Unload the profile and end the threads, as far as it goes within two seconds."""
        self._long.close()
        if self._loading is not None:
            await wait_for(self._lane.submit(_unload), 2)
        self._lane.close()

    def part(self) -> Part:
        """How the storage is, from memory."""
        if self._loading is None or not self._loading.done():
            return Part(PartState.LOADING, self._step)
        error = self._loading.exception()
        if isinstance(error, RpcError):
            return Part(PartState.FAILED, error.data.detail or error.message, error.data.hint)
        if not self._broker:
            hint = f"Give it one: verdi -p {self.profile} profile configure-broker core.zeromq"
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
        """The load that is going on, or a new one where the last failed a while ago."""
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
    """A fresh copy for each caller: a raised exception gathers the traceback of everyone who raises it."""
    if not isinstance(error, RpcError):
        return error
    return type(error)(error.data.detail, field=error.data.field, hint=error.data.hint)


def _not_loaded(error: Exception) -> ProfileUnavailable:
    """What is told where AiiDA itself does not say what is wrong."""
    if isinstance(error, FileNotFoundError):
        hint = "Mount or restore its storage folder, or use another profile: crystalmath --profile NAME"
        return ProfileUnavailable(f"Its storage is not there: {error.filename or error}", hint=hint)
    return ProfileUnavailable(f"{type(error).__name__}: {error}", hint=RpcError.hint)


def _import_aiida() -> None:
    """Import AiiDA with the collector off: a collection in mid-import stalls the event loop for 100 ms."""
    if "aiida.orm" in sys.modules:
        return
    own_bin = Path(sys.executable).parent
    if (own_bin / "verdi").exists():  # AiiDA's daemon must be that of this environment
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
    """Load the profile, made first if it is the embedded one; its broker."""
    from aiida.manage import get_manager
    from aiida.manage.configuration import get_config, reset_config

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
    """Make SQLite wait for other writers; PostgreSQL waits by itself."""
    from sqlalchemy import event

    engine = storage.get_session().get_bind()
    if engine.dialect.name != "sqlite":
        return

    def patient(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    event.listen(engine, "connect", patient)


def _warm(name: str) -> None:
    """Pay for the first query now; finish an embedded profile whose creation was interrupted."""
    from aiida.orm import Computer, QueryBuilder

    if QueryBuilder().append(Computer).count() == 0 and name == EMBEDDED:
        add_this_machine()


def _with_aiida(fn: Callable[..., T], *args: object) -> T:
    _import_aiida()
    return fn(*args)


def _in_session(fn: Callable[..., T], *args: object) -> T:
    """Run on AiiDA's session of this thread, and leave no transaction open behind it."""
    from aiida.manage import get_manager

    try:
        return fn(*args)
    finally:
        storage: Any = get_manager().get_profile_storage()
        session = storage.get_session()
        if session.in_transaction():  # open, it would hide later commits or keep a failed state
            session.rollback()


def _unload() -> None:
    from aiida.manage import get_manager

    get_manager().unload_profile()
