"""Rules for the labels of clusters and codes; pure."""

import re

from crystalmath_server.protocol.errors import InvalidForm

_CLUSTER = re.compile(r"[A-Za-z0-9][\w.-]*")
_CODE = re.compile(r"[A-Za-z0-9][\w.+-]*")


def check_cluster(label: str, field: str) -> None:
    """Raise InvalidForm if a cluster cannot have this label."""
    if not _CLUSTER.fullmatch(label):
        hint = "Use letters, digits, dots, - and _; begin with a letter or digit."
        raise InvalidForm(f"{label!r} is not a valid cluster label", field=field, hint=hint)


def check_code(label: str, field: str) -> None:
    """Raise InvalidForm if a code cannot have this label; it may contain +, as in vasp_std+vtst."""
    if not _CODE.fullmatch(label):
        hint = "Use letters, digits, dots, +, - and _; begin with a letter or digit."
        raise InvalidForm(f"{label!r} is not a valid code label", field=field, hint=hint)
