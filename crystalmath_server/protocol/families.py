"""FAMILIES: first word of a method name → modules that define the methods, loaded one family at a time."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from crystalmath_server.protocol.method import Method, Notification
from crystalmath_server.protocol.record import record

AnyMethod = Method[Any, Any]


@record
class Family:
    """A family of methods.

    Attributes
    ----------
    modules
        Full names of modules that define METHODS and, optionally, NOTIFICATIONS.
    """

    summary: str
    modules: tuple[str, ...]


def _of(summary: str, *modules: str) -> Family:
    """A family defined in this package."""
    return Family(summary, tuple(f"crystalmath_server.protocol.{name}" for name in modules))


FAMILIES = {
    "jobs": _of(
        "calculations and workflows",
        *("jobs", "files", "progress", "results", "document", "series"),
        *("exports", "compare", "diagnosis", "imports", "again"),
    ),
    "logs": _of("live output of job files", "logs"),
    "structures": _of("crystal structures and molecules", "structures", "exports"),
    "templates": _of("templates and their input files", "templates"),
    "nodes": _of("provenance: nodes and their links", "graph"),
    "inputs": _of("VASP input files", "inputs"),
    "clusters": _of("clusters that run jobs", "clusters"),
    "codes": _of("codes: programs on clusters", "codes"),
    "potcars": _of("VASP potentials on clusters", "potcars"),
    "profiles": _of("AiiDA profiles", "profiles"),
    "system": _of("the server itself", "system"),
    "rpc": _of("the API itself", "system"),
}
"""The single list of families, used by server, client, command line, and documentation."""


def family(name: str) -> dict[str, AnyMethod]:
    """Second word of the method name → method, for one family."""
    return {row.name.partition(".")[2]: row for row in _rows(name)}


def find(name: str) -> AnyMethod | None:
    """The method with a full name, or None; later modules of the family stay unloaded."""
    return next((row for row in _rows(name.partition(".")[0]) if row.name == name), None)


def all_methods() -> list[AnyMethod]:
    """Every method, family by family."""
    return [row for name in FAMILIES for row in _rows(name)]


def find_notification(name: str) -> Notification[Any] | None:
    """The notification with a full name, e.g. logs.chunk, or None."""
    modules = _modules(name.partition(".")[0])
    return next((row for module in modules for row in _notifications(module) if row.name == name), None)


def all_notifications() -> list[Notification[Any]]:
    """Every notification."""
    named = {
        row.name: row for name in FAMILIES for module in _modules(name) for row in _notifications(module)
    }
    return list(named.values())


def _rows(name: str) -> Iterator[AnyMethod]:
    for module in _modules(name):
        yield from (row for row in module.METHODS if row.name.partition(".")[0] == name)


def _notifications(module: ModuleType) -> tuple[Notification[Any], ...]:
    return getattr(module, "NOTIFICATIONS", ())


def _modules(name: str) -> Iterator[ModuleType]:
    return map(import_module, FAMILIES[name].modules if name in FAMILIES else ())
