"""METHODS and NOTIFICATIONS: the one table, collected from the families."""

from typing import Any

from crystalmath_server.protocol import (
    clusters,
    codes,
    imports,
    jobs,
    potcars,
    profiles,
    structures,
    system,
    templates,
)
from crystalmath_server.protocol.method import Method, Notification

METHODS: dict[str, Method[Any, Any]] = {
    method.name: method
    for family in (system, profiles, structures, templates, jobs, imports, clusters, codes, potcars)
    for method in family.METHODS
}
NOTIFICATIONS: dict[str, Notification[Any]] = {row.name: row for row in system.NOTIFICATIONS}
