"""Jobs: fetching and rendering of the last steps of visible jobs."""

from collections.abc import Mapping, Sequence

from crystalmath_server.protocol.jobs import ENDED, JobRow, JobState
from crystalmath_server.protocol.progress import JOBS_TRENDS, Trend, Trends, TrendsParams
from crystalmath_tui.core.effects import Call
from crystalmath_tui.core.formatting import count
from crystalmath_tui.core.sparkline import sparkline

COLS = 8
"""Width of the column [cells]."""
EVERY_S = 5.0
"""Interval of requests to the server, which polls the clusters less often [s]."""
_MOST = 200
_IN_DETAILS = 32


def trends_call(rows: Sequence[JobRow], known: Mapping[int, Trend]) -> Call[TrendsParams, Trends] | None:
    """The call for rows that are running, or that ended without a final trend."""
    pks = tuple(row.pk for row in rows if _needs_trend(row, known.get(row.pk)))[:_MOST]
    return Call(JOBS_TRENDS, TrendsParams(pks), "jobs trends", handles_refusal=True) if pks else None


def _needs_trend(row: JobRow, known: Trend | None) -> bool:
    return row.state is JobState.RUNNING or (row.state in ENDED and not (known and known.final))


def merge_trends(known: Mapping[int, Trend], fetched: Trends, rows: Sequence[JobRow]) -> dict[int, Trend]:
    """The merged trends, restricted to the given rows."""
    at_hand = {row.pk for row in rows}
    after = {**known, **{trend.pk: trend for trend in fetched.rows}}
    return {pk: trend for pk, trend in after.items() if pk in at_hand}


def cell(trend: Trend | None) -> str:
    """The last steps as a sparkline for the column."""
    return "" if trend is None else sparkline(trend.values, COLS, log=trend.quantity == "force")


def trend_text(trend: Trend | None) -> str:
    """The last steps in numbers."""
    if trend is None or not trend.values:
        return ""
    first, last = trend.values[0], trend.values[-1]
    form = "{:.4g}" if trend.quantity == "force" else "{:.6f}"
    ends = f"{form.format(first)} → {form.format(last)} {trend.unit}"
    of = f"last {len(trend.values)} of {count(trend.steps, 'step')}"
    return f"{trend.quantity} {ends}, {of}"


def line_of(trend: Trend | None, cols: int) -> str:
    """A sparkline of as many of the last steps as fit."""
    shown = trend.values if trend is not None else ()
    return sparkline(shown, min(cols, _IN_DETAILS), log=trend is not None and trend.quantity == "force")
