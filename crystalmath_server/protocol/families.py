"""FAMILIES: the first word of methods' names → the modules that hold them, loaded one family at a time."""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from crystalmath_server.protocol.method import Method, Notification
from crystalmath_server.protocol.record import record

AnyMethod = Method[Any, Any]


@record
class Family:
    """What a family of methods is.

    Attributes
    ----------
    modules
        Full names of modules with METHODS, and NOTIFICATIONS where there are any.
    """

    summary: str
    modules: tuple[str, ...]


def _of(summary: str, *modules: str) -> Family:
    """A family of this package."""
    return Family(summary, tuple(f"crystalmath_server.protocol.{name}" for name in modules))


FAMILIES = {
    "jobs": _of(
        "calculations and workflows",
        *("jobs", "files", "progress", "results", "document", "series"),
        *("exports", "compare", "diagnosis", "imports", "again"),
    ),
    "logs": _of("files of jobs, followed while they grow", "logs"),
    "structures": _of("crystal structures and molecules", "structures", "exports"),
    "templates": _of("templates and their input files", "templates"),
    "nodes": _of("provenance: nodes and their links", "graph"),
    "inputs": _of("VASP input files", "inputs"),
    "clusters": _of("clusters that run jobs", "clusters"),
    "codes": _of("programs on clusters", "codes"),
    "potcars": _of("potentials of VASP on clusters", "potcars"),
    "profiles": _of("AiiDA profiles", "profiles"),
    "system": _of("the server itself", "system"),
    "rpc": _of("the API itself", "system"),
}
"""The one list of families; server, client, command line and documents read it."""


def family(name: str) -> dict[str, AnyMethod]:
    """Second word → method, of one family."""
    return {row.name.partition(".")[2]: row for row in _rows(name)}


def find(name: str) -> AnyMethod | None:
    """The method of a full name, or None; modules behind the one that has it stay unloaded."""
    return next((row for row in _rows(name.partition(".")[0]) if row.name == name), None)


def all_methods() -> list[AnyMethod]:
    """Every method, family by family."""
    return [row for name in FAMILIES for row in _rows(name)]


def find_notification(name: str) -> Notification[Any] | None:
    """The notification of a name as logs.chunk, or None."""
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
