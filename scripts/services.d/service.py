"""Common parts of all services: a folder, ports, daemons identified by pid, and shell exports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from processes import Daemon

Ports = Mapping[str, int]


class ServiceError(Exception):
    """A service failure; the text gives the reason and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """The location of a service: its folder, its ports, and the folder of all services."""

    folder: Path
    ports: Ports
    all_services: Path


@dataclass(frozen=True, slots=True)
class Service:
    """One service, as functions of its place."""

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
