"""Families and their methods, loaded one family at a time: a command imports what it needs."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from crystalmath_server.protocol.method import Method

AnyMethod = Method[Any, Any]

FAMILIES = {
    "jobs": "calculations and workflows",
    "logs": "files of jobs, followed while they grow",
    "structures": "crystal structures and molecules",
    "templates": "recipes and their input files",
    "nodes": "provenance: nodes and their links",
    "decks": "input files of VASP",
    "clusters": "computers that run jobs",
    "codes": "programs on computers",
    "potcars": "potentials of VASP on computers",
    "profiles": "AiiDA profiles",
    "system": "the server itself",
    "rpc": "the API itself",
}
"""First word of a method's name, and what the family is; a test holds it to the method table."""

_MODULES = {
    "rpc": ("system",),
    "jobs": (
        "jobs",
        "files",
        "progress",
        "results",
        "compare",
        "diagnosis",
        "document",
        "series",
        "exports",
        "imports",
        "again",
    ),
    "structures": ("structures", "exports"),
    "nodes": ("graph",),
}
"""Where the methods of a family are, if not in the module of its name alone."""

DESTRUCTIVE = frozenset({"clusters.delete", "jobs.cancel", "jobs.stop", "system.shutdown"})
"""Methods that end something; a person confirms them."""


def family(name: str) -> dict[str, AnyMethod]:
    """Second word → method, of one family."""
    return {row.name.partition(".")[2]: row for row in _rows(name)}


def find(name: str) -> AnyMethod | None:
    """The method of a full name, or None; modules behind the one that has it stay unloaded."""
    first = name.partition(".")[0]
    return next((row for row in _rows(first) if row.name == name), None) if first in FAMILIES else None


def all_methods() -> list[AnyMethod]:
    """Every method, family by family."""
    return [row for name in FAMILIES for row in family(name).values()]


def _rows(name: str) -> Iterator[AnyMethod]:
    for part in _MODULES.get(name, (name,)):
        rows: tuple[AnyMethod, ...] = import_module(f"crystalmath_server.protocol.{part}").METHODS
        yield from (row for row in rows if row.name.partition(".")[0] == name)
