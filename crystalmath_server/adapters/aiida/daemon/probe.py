"""A read-only view of AiiDA's daemon and broker, from their files and processes."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ZEROMQ = "core.zeromq"


@dataclass(frozen=True, slots=True)
class DaemonView:
    """The state of one profile's daemon at one moment.

    Attributes
    ----------
    backend
        Entry point of the broker; empty if the profile has none.
    pid
        Pid of the daemon's supervisor (circus); None if it is not running.
    stale
        Whether a pid file was left by a supervisor that died.
    endpoint
        Address where the broker listens; a ZeroMQ broker gets a new one at every start.
    workers
        Number of workers that the broker serves; None if unknown.
    """

    backend: str
    pid: int | None
    stale: bool
    broker_up: bool
    endpoint: str
    workers: int | None


class DaemonProbe:
    """Inspects the daemon of one profile.

    Uses a separate broker object that never connects; AiiDA's shared one belongs to the AiiDA thread.
    """

    def __init__(self, profile: Any) -> None:
        from aiida.engine.daemon.client import DaemonClient
        from aiida.plugins import BrokerFactory

        self.client: Any = DaemonClient(profile)
        self._name: str = profile.name
        self._backend: str = profile.process_control_backend or ""
        self._broker: Any = BrokerFactory(self._backend)(profile) if self._backend else None

    def look(self) -> DaemonView:
        """The current state of the daemon; for ZeroMQ, reading a few files is enough."""
        written: int | None = self.client.get_daemon_pid()
        alive = written is not None and _is_circus(written)
        up = self._broker is not None and bool(self._broker.check_service_reachable())
        return DaemonView(
            backend=self._backend,
            pid=written if alive else None,
            stale=written is not None and not alive,
            broker_up=up,
            endpoint=self._endpoint() if up else "",
            workers=self._workers() if up else None,
        )

    def tasks(self) -> frozenset[int] | None:
        """Processes with a task at the broker, waiting or in progress; None if unknown.

        Reads the files directly because AiiDA's own reader moves tasks in progress back to waiting.
        """
        if self._backend != ZEROMQ:
            return None
        found = (_task_pid(path) for path in Path(self._broker._storage_path, "tasks").glob("*/*.json"))  # noqa: SLF001
        return frozenset(pid for pid in found if pid is not None)

    def forget_dead_broker(self) -> None:
        """Remove the address of a killed broker, which workers may use if they start before the next one."""
        if self._backend == ZEROMQ and not self._broker.check_service_reachable():
            self._broker._service_sockets_file.unlink(missing_ok=True)  # noqa: SLF001

    def orphans(self) -> list[psutil.Process]:
        """Worker, broker and statistics processes left behind by a dead supervisor of this profile."""
        return [process for process in psutil.process_iter() if self._is_orphan(process)]

    def _endpoint(self) -> str:
        if self._backend != ZEROMQ:
            return self._backend
        return self._broker._router_endpoint or ""  # noqa: SLF001  no public name for it

    def _workers(self) -> int | None:
        """The number of workers, from the status file that the broker writes every five seconds."""
        if self._backend != ZEROMQ:
            return None
        try:
            status = json.loads(self._broker._service_status_file.read_text())  # noqa: SLF001
        except (OSError, ValueError):
            return None
        same = status.get("pid") == self._broker._get_service_pid()  # noqa: SLF001  not left by an earlier broker
        return int(status["task_subscribers"]) if same else None

    def _is_orphan(self, process: psutil.Process) -> bool:
        try:
            if process.uids().real != os.getuid() or not self._is_part(process.cmdline()):
                return False
            if process.environ().get("AIIDA_PATH") != self.client.get_env()["AIIDA_PATH"]:
                return False
            parent = process.parent()
            return parent is None or not _is_circus(parent.pid)
        except psutil.Error:
            return False

    def _is_part(self, command: list[str]) -> bool:
        """Whether a command is `verdi -p NAME daemon worker`, `… daemon broker`, or circus statistics."""
        if self.client.circus_log_file in command and any("circus import stats" in word for word in command):
            return True
        tail = [["-p", self._name, "daemon", part] for part in ("worker", "broker")]
        return any(command[i : i + 4] in tail for i in range(len(command)))


def _is_circus(pid: int) -> bool:
    """Whether a process is a running supervisor; its pid may have been reused by another program."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or process.uids().real != os.getuid():
            return False
        return any(word in ("start-circus", "circusd") for word in _program_names(process.cmdline()))
    except psutil.Error:
        return False


def _program_names(command: list[str]) -> Iterator[str]:
    for part in command:
        yield Path(part).name


def _task_pid(path: Path) -> int | None:
    """The pk of the process in a task file; None if the file is gone or is another kind of task."""
    try:
        return int(json.loads(path.read_text())["body"]["args"]["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
