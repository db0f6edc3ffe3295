"""Link labels of called processes: the name of a call, and a number if it was repeated."""

import re
from collections.abc import Collection

_LABEL = re.compile(r"(.+?)(?:_again_\d+)?")


def name_of(label: str) -> str:
    """The name of a call, from the link label of any attempt."""
    found = _LABEL.fullmatch(label)
    return found[1] if found else label


def free_label(name: str, taken: Collection[str]) -> str:
    """The label of the next attempt; no label can be used twice."""
    again = (f"{name}_again_{number}" for number in range(1, len(taken) + 1))
    return name if name not in taken else next(label for label in again if label not in taken)
