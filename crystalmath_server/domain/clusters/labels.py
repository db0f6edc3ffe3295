"""What clusters and codes may be called; pure."""

import re

from crystalmath_server.protocol.errors import InvalidForm

_CLUSTER = re.compile(r"[A-Za-z0-9][\w.-]*")
_CODE = re.compile(r"[A-Za-z0-9][\w.+-]*")


def check_cluster(label: str, field: str) -> None:
    """Refuse a label that a cluster cannot have; raises InvalidForm."""
    if not _CLUSTER.fullmatch(label):
        hint = "Use letters, digits, dots, - and _; begin with a letter or digit."
        raise InvalidForm(f"{label!r} cannot be the label of a cluster", field=field, hint=hint)


def check_code(label: str, field: str) -> None:
    """Refuse a label that a code cannot have, as + in vasp_std+vtst may be; raises InvalidForm."""
    if not _CODE.fullmatch(label):
        hint = "Use letters, digits, dots, +, - and _; begin with a letter or digit."
        raise InvalidForm(f"{label!r} cannot be the label of a code", field=field, hint=hint)
