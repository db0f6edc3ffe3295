"""Which jobs are held back and which may go: in order, under a cap for each cluster; pure."""

from collections import Counter
from collections.abc import Collection, Mapping

_MARK = "Held back: "
"""Marks the process status of a job that is stored but not yet given to a worker.

A process node takes nothing else after it is stored, and `verdi process list` shows it.
"""

MOST_PLAYS = 3
"""How often a job that AiiDA paused is let go on by itself, lest it fail for ever for a reason of its own."""


def is_held(process_status: str | None) -> bool:
    """Whether AiiDA's status of a process says that it is held back; everything else reads a field."""
    return (process_status or "").startswith(_MARK)


def over_cap(cluster: str, cap: int) -> str:
    """Why a job is held back that is over the cap."""
    return f"{_MARK}{cluster} has its {cap} jobs; this one follows in order"


def resting(cluster: str, trouble: str) -> str:
    """Why a job is held back from a cluster that is left alone."""
    return f"{_MARK}{cluster} cannot be reached ({trouble}); this one follows when it can"


def due(
    held: Mapping[int, str],
    under_way: Mapping[int, str],
    caps: Mapping[str, int],
    left_alone: Collection[str],
) -> tuple[int, ...]:
    """Jobs to be given to a worker now, in order.

    Parameters
    ----------
    held, under_way
        pk → computer.
    caps
        Computer → jobs under way at most; 0 or absent: no cap.
    left_alone
        Clusters that get nothing at present.
    """
    counts = Counter(under_way.values())
    found: list[int] = []
    for pk, cluster in sorted(held.items()):
        cap = caps.get(cluster, 0)
        if cluster not in left_alone and (not cap or counts[cluster] < cap):
            counts[cluster] += 1
            found.append(pk)
    return tuple(found)
