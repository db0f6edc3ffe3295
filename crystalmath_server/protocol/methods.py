"""METHODS and NOTIFICATIONS: the method table, collected from all families."""

from typing import Any

from crystalmath_server.protocol.families import all_methods, all_notifications
from crystalmath_server.protocol.method import Method, Notification

METHODS: dict[str, Method[Any, Any]] = {row.name: row for row in all_methods()}
NOTIFICATIONS: dict[str, Notification[Any]] = {row.name: row for row in all_notifications()}
