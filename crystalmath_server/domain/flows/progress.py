"""Progress of a flow, as counts and as text."""

from collections.abc import Mapping
from typing import Any

from crystalmath_server.domain.flows.kinds import JobKind, kind_of
from crystalmath_server.domain.flows.run import OPEN, Fate, FlowRun

_MAY_GROW = "more"
_MOST_NAMES = 5


def progress_of(run: FlowRun) -> dict[str, Any]:
    """Number of jobs by fate, without zeros, and whether the flow may still grow.

    Light jobs may add further jobs; engines do not.
    """
    found: dict[str, Any] = {fate.value: n for fate in Fate if (n := run.count(fate))}
    is_open = any(
        fate in OPEN and kind_of(run.jobs[key]) is not JobKind.ENGINE for key, fate in run.fates.items()
    )
    return {**found, _MAY_GROW: True} if is_open else found


def words_of(progress: Mapping[str, Any]) -> str:
    """Progress as text, e.g. "3 of 8+ jobs, 2 running"; a plus sign if the flow may grow."""
    counts = {fate: int(progress.get(fate, 0)) for fate in Fate}
    total = sum(counts.values())
    if not total:
        return ""
    done = f"{counts[Fate.DONE]} of {total}{'+' * bool(progress.get(_MAY_GROW))} jobs"
    others = (Fate.RUNNING, Fate.FAILED, Fate.BLOCKED, Fate.STOPPED)
    return ", ".join([done, *(f"{counts[fate]} {fate}" for fate in others if counts[fate])])


def failures(run: FlowRun) -> str:
    """The failed jobs by name, e.g. "relax 1 and relax 2; 3 jobs were blocked"."""
    names = [run.jobs[key].name for key, fate in run.fates.items() if fate is Fate.FAILED]
    words = ", ".join(names[:_MOST_NAMES]) + f" and {len(names) - _MOST_NAMES} more" * (
        len(names) > _MOST_NAMES
    )
    blocked = run.count(Fate.BLOCKED)
    return f"{words}; {blocked} not run because of it" if blocked else words
