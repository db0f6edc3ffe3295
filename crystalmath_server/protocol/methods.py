"""METHODS and NOTIFICATIONS: the one table, collected from the families."""

from typing import Any

from crystalmath_server.protocol import (
    again,
    clusters,
    codes,
    compare,
    diagnosis,
    files,
    imports,
    jobs,
    potcars,
    profiles,
    results,
    structures,
    system,
    templates,
)
from crystalmath_server.protocol.method import Method, Notification

_FAMILIES = (
    system,
    profiles,
    structures,
    templates,
    jobs,
    files,
    results,
    compare,
    diagnosis,
    imports,
    again,
    clusters,
    codes,
    potcars,
)

METHODS: dict[str, Method[Any, Any]] = {
    method.name: method for family in _FAMILIES for method in family.METHODS
}
NOTIFICATIONS: dict[str, Notification[Any]] = {row.name: row for row in system.NOTIFICATIONS}
