"""The table of the benchmarks: ratios, verdicts, medians."""

import pytest

from tests.benchmarks.table import Goal, against, alone, interleaved, lines


def test_ratio_and_verdict() -> None:
    assert against(Goal("g", 2.8), 25, 10, "µs").ratio == pytest.approx(2.5)
    assert against(Goal("g", 2.8), 25, 10, "µs").met
    assert not against(Goal("g", 2), 25, 10, "µs").met
    assert against(Goal("g", 5, more_is_better=True), 60, 10, "1/s").met
    assert not against(Goal("g", 5, more_is_better=True), 40, 10, "1/s").met
    assert alone(Goal("g", 20), 19, "ms").met


def test_turns_are_taken_and_the_first_is_dropped() -> None:
    said: list[str] = []

    def measure(name: str, values: list[float]) -> float:
        said.append(name)
        return values.pop(0)

    ours, theirs = [99.0, 1, 3, 2], [99.0, 10, 30, 20]
    assert interleaved(lambda: measure("a", ours), lambda: measure("b", theirs), 3) == (2, 20)
    assert said == ["a", "b"] * 4


def test_a_row_tells_goal_target_both_measurements_and_whether_it_was_missed() -> None:
    head, row = lines([against(Goal("goal one", 2), 30, 10, "ms", "why")])
    assert head.split()[:3] == ["goal", "target", "measured"]
    for part in ("goal one", "≤ 2", "3", "30 ms", "10 ms", "MISSED; why"):
        assert part in row
