"""The last steps of jobs in the list: asked for politely, drawn as blocks, told in numbers."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.progress import Trend, Trends
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered
from crystalmath_tui.core.sparkline import sparkline
from crystalmath_tui.screens.jobs import update as jobs
from crystalmath_tui.screens.jobs import view as jobs_view
from crystalmath_tui.screens.jobs.trends import EVERY_S
from tests.built_rows import job_row as row
from tests.built_rows import status

WIDE = Context(Size(20, 200), now=1000.0)
FALLING = Trend(1, "force", "eV/Å", (1.0, 0.1, 0.01, 0.001), 9, final=False)
ROWS = (row(1), row(2, JobState.FINISHED), row(3, JobState.QUEUED), row(4))


def shown(found: jobs.Slice, context: Context = WIDE) -> str:
    return "\n".join("".join(span.text for span in line) for line in jobs_view.view(found, context))


def polled(found: jobs.Slice, context: Context) -> tuple[jobs.Slice, list[Any]]:
    found, effects = jobs.update(found, Answered("status", status()), context)
    return found, [effect for effect in effects if effect.slot == "jobs trends"]  # type: ignore[attr-defined]


def held(**more: Any) -> jobs.Slice:
    return jobs.Slice(
        rows=ROWS, total=4, revision=status().jobs_revision, known=status().jobs_revision, **more
    )


def test_blocks_are_as_high_as_the_values() -> None:
    assert sparkline((0.0, 7.0), 8) == "▁█"
    assert sparkline((1e7, 1e3, 1.0), 8, log=True) == "█▄▁"
    assert sparkline((1.0, 2.0, 3.0, 4.0), 2) == "▁█"
    assert sparkline((5.0, 5.0), 8) == "▁▁"
    assert sparkline((), 8) == sparkline((1.0,), 0) == sparkline((-1.0, float("nan")), 8, log=True) == ""


def test_only_jobs_in_sight_that_run_or_have_ended_are_asked_for() -> None:
    found, calls = polled(held(), WIDE)
    assert [call.params.pks for call in calls] == [(1, 2, 4)]
    assert polled(found, replace(WIDE, now=1000.0 + EVERY_S / 2))[1] == []
    told = Trends((FALLING, Trend(2, "", "", (), 0, final=True)))
    found, _ = jobs.update(found, Answered("jobs trends", told), WIDE)
    _, calls = polled(found, replace(WIDE, now=1000.0 + EVERY_S))
    assert calls[0].params.pks == (1, 4)
    assert polled(held(), replace(WIDE, front=False))[1] == []


def test_where_there_is_no_room_only_the_selected_job_is_asked_for() -> None:
    narrow = Context(Size(20, 80), now=1000.0)
    assert polled(held(), narrow)[1] == []
    assert polled(held(pane=True), narrow)[1][0].params.pks == (1,)


def test_the_column_has_blocks_and_the_details_have_numbers() -> None:
    found, _ = jobs.update(held(), Answered("jobs trends", Trends((FALLING,))), WIDE)
    text = shown(found)
    assert "█▆▃▁" in next(line for line in text.splitlines() if "▸ running" in line)
    assert "force 1 → 0.001 eV/Å, last 4 of 9 steps" in text
    assert "steps" not in shown(found, Context(Size(20, 80)))
    gone, _ = jobs.update(replace(found, rows=ROWS[1:]), Answered("jobs trends", Trends(())), WIDE)
    assert gone.trends == {}
