"""Benchmarks: rows of goals and their table; pure."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted: ours / peer at most, or (where more is better) at least, `limit`."""

    name: str
    limit: float
    more_is_better: bool = False

    @property
    def target(self) -> str:
        """The limit with its sign."""
        return f"{'≥' if self.more_is_better else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured of a goal; `ratio` is held against the limit."""

    goal: Goal
    ours: float
    peer: float
    unit: str
    ratio: float
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.ratio >= self.goal.limit if self.goal.more_is_better else self.ratio <= self.goal.limit

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "target": self.goal.target, "met": self.met}


def against(goal: Goal, ours: float, peer: float, unit: str, note: str = "") -> Result:
    """Ours over the peer's."""
    return Result(goal, ours, peer, unit, ours / peer if peer else float("inf"), note)


def alone(goal: Goal, ours: float, unit: str, note: str = "") -> Result:
    """A value that is itself held against the limit."""
    return Result(goal, ours, 0.0, unit, ours, note)


def interleaved(first: Callable[[], float], second: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Medians of two measurements, in turns so that drift hits both, after one round to warm up."""
    first()
    second()
    pairs = [(first(), second()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def lines(results: Sequence[Result]) -> list[str]:
    """The table as text."""
    head = ("goal", "target", "measured", "ours", "peer", "")
    rows = [head, *(_cells(result) for result in results)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head) - 1)]
    return [
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in rows
    ]


def _cells(result: Result) -> tuple[str, ...]:
    peer = f"{result.peer:.4g} {result.unit}" if result.peer else "–"
    verdict = "met" if result.met else "MISSED"
    note = f"{verdict}{'; ' + result.note if result.note else ''}"
    ours = f"{result.ours:.4g} {result.unit}"
    return (result.goal.name, result.goal.target, f"{result.ratio:.3g}", ours, peer, note)
