"""Pause and play of the rows that are chosen."""

from dataclasses import replace

import pytest

from crystalmath_server.protocol.jobs import HELD, JobRow, JobState
from crystalmath_tui.core.control import pause_or_play
from crystalmath_tui.core.effects import Call

ROW = JobRow(7, "u", "silicon", JobState.RUNNING, "emt.relax", "Si2", "hpc", 0.0, 0.0)
PAUSED = replace(ROW, pk=8, state=JobState.PAUSED)
HELD_BACK = replace(ROW, pk=9, state=JobState.CREATED, reason=f"{HELD}hpc has its 20 jobs")


@pytest.mark.parametrize(
    "rows,method,pks",
    [
        ([ROW], "jobs.pause", [7]),
        ([ROW, PAUSED], "jobs.play", [8]),
        ([ROW, HELD_BACK], "jobs.play", [9]),
        ([PAUSED, HELD_BACK], "jobs.play", [8, 9]),
    ],
)
def test_what_waits_goes_on_else_what_goes_on_pauses(rows: list[JobRow], method: str, pks: list[int]) -> None:
    calls = [effect for effect in pause_or_play(rows) if isinstance(effect, Call)]
    assert {call.method.name for call in calls} == {method}
    assert [call.params.pk for call in calls] == pks
