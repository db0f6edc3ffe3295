"""What every service has: a folder, ports, daemons known by their pids, and words for the shell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from processes import Daemon

Ports = Mapping[str, int]


class ServiceError(Exception):
    """A service that cannot do what it was asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one service lives: its folder, the ports it was given, and the folder of all services."""

    folder: Path
    ports: Ports
    all_services: Path


@dataclass(frozen=True, slots=True)
class Service:
    """One service: functions of its place."""

    name: str
    port_names: tuple[str, ...]
    packages: tuple[str, ...]
    up: Callable[[Place], None]
    down: Callable[[Place], None]
    daemons: Callable[[Place], tuple[Daemon, ...]]
    address: Callable[[Place], str]
    env: Callable[[Place], Mapping[str, str]]
    missing: Callable[[], tuple[str, ...]]
    """The programs that are not installed."""
