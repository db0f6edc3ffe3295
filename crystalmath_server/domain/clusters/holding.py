"""Which jobs are held back and which may start: in order, under a cap for each cluster; pure."""

from collections import Counter
from collections.abc import Collection, Mapping

_MARK = "Held back: "
"""Prefix of the process status of a job that is stored but not yet given to a worker.

The status can still be set after a process node is stored, and `verdi process list` shows it.
"""

MOST_PLAYS = 3
"""How often a job paused by AiiDA is resumed automatically, so that a broken job does not retry forever."""


def is_held(process_status: str | None) -> bool:
    """Whether an AiiDA process status means "held back"; all other code reads a field instead."""
    return (process_status or "").startswith(_MARK)


def over_cap(cluster: str, cap: int) -> str:
    """The process status of a job held back by the cap."""
    return f"{_MARK}{cluster} has its {cap} jobs; this one follows in order"


def unreachable(cluster: str, reason: str) -> str:
    """The process status of a job held back because its cluster is not being contacted."""
    return f"{_MARK}{cluster} cannot be reached ({reason}); this job starts when it can"


def due(
    held: Mapping[int, str],
    under_way: Mapping[int, str],
    caps: Mapping[str, int],
    left_alone: Collection[str],
) -> tuple[int, ...]:
    """Jobs to give to a worker now, in order.

    Parameters
    ----------
    held, under_way
        pk → computer.
    caps
        Computer → maximum number of active jobs; 0 or absent: no cap.
    left_alone
        Clusters that get no jobs at present.
    """
    counts = Counter(under_way.values())
    found: list[int] = []
    for pk, cluster in sorted(held.items()):
        cap = caps.get(cluster, 0)
        if cluster not in left_alone and (not cap or counts[cluster] < cap):
            counts[cluster] += 1
            found.append(pk)
    return tuple(found)
