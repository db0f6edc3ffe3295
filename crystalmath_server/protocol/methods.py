"""METHODS and NOTIFICATIONS: the one table, collected from the families."""

from typing import Any

from crystalmath_server.protocol import (
    again,
    clusters,
    codes,
    compare,
    decks,
    diagnosis,
    document,
    exports,
    files,
    graph,
    imports,
    jobs,
    logs,
    potcars,
    profiles,
    progress,
    results,
    series,
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
    decks,
    jobs,
    files,
    logs,
    progress,
    results,
    document,
    series,
    exports,
    graph,
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
NOTIFICATIONS: dict[str, Notification[Any]] = {
    row.name: row for family in (system, logs) for row in family.NOTIFICATIONS
}
