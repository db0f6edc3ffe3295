"""Jobs: rendering of the table, counts and details."""

from crystalmath_server.protocol.jobs import JobRow, JobState
from crystalmath_server.protocol.progress import Trend
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.filters import parse
from crystalmath_tui.core.formatting import age, count, error_text, state_span
from crystalmath_tui.core.keymap import KeyTable
from crystalmath_tui.core.lines import (
    Line,
    Size,
    Span,
    beside,
    fit_lines,
    highlight,
    line,
    line_width,
    spread,
)
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.table import heading, row
from crystalmath_tui.core.textfield import field_line
from crystalmath_tui.screens.jobs import trends as jobs_trends
from crystalmath_tui.screens.jobs.columns import TREND, table_of
from crystalmath_tui.screens.jobs.query import GROUPS
from crystalmath_tui.screens.jobs.update import KEYS, Room, Slice, room, selected_row, update

_BY_WEIGHT = (
    JobState.RUNNING,
    JobState.FAILED,
    JobState.EXCEPTED,
    JobState.PAUSED,
    JobState.QUEUED,
    JobState.FINISHED,
    JobState.PREPARING,
    JobState.COLLECTING,
    JobState.CREATED,
    JobState.KILLED,
)
"""States in order of priority when there is too little room for all counts."""


def view(jobs: Slice, context: Context) -> tuple[Line, ...]:
    """Counts, filter, table and details."""
    space = room(jobs, context.size)
    head = (_counts(jobs, context.size.cols), *_filter_line(jobs, context.size.cols))
    head = head[len(head) + 1 - space.top :]
    table = _table(jobs, space, context)
    chosen = selected_row(jobs)
    pane = _details(chosen, jobs.trends.get(chosen.pk) if chosen else None, context.now, space.pane_cols)
    if not space.pane_cols:
        return (*head, *table)
    if space.pane_cols < context.size.cols:
        return (*head, *beside(table, pane, space.list_cols, Size(space.list_rows + 1, context.size.cols)))
    rule = line(("rule", "─" * context.size.cols))
    return (*head, *fit_lines(table, Size(space.list_rows + 1, context.size.cols)), rule, *pane)


def _counts(jobs: Slice, cols: int) -> Line:
    """The number of jobs, in total and by state."""
    total = count(jobs.total, "job") if jobs.revision >= 0 or jobs.rows else "jobs"
    marked = f" · {len(jobs.marked)} marked" if jobs.marked else ""
    group = GROUPS[jobs.query.group][0]
    left = line(
        ("strong", f" {total}"), ("mark", marked), ("accent", f" · {group}" if jobs.query.group else "")
    )
    states = [state for state in _BY_WEIGHT if jobs.counts.get(state)]
    right: Line = ()
    for place, state in enumerate(states):
        part = line(("", "  "), (f"state.{state}", f"{state} {jobs.counts[state]}"))
        more = line(("dim", f"  +{len(states) - place}")) if place < len(states) - 1 else ()
        if line_width(left) + line_width(right + part + more) + 2 > cols:
            right += line(("dim", f"  +{len(states) - place}"))
            break
        right += part
    return spread(left, (*right, Span("", " ")), cols)


def _filter_line(jobs: Slice, cols: int) -> tuple[Line, ...]:
    if jobs.typed is not None:
        return ((Span("key", " filter "), *field_line(jobs.typed, max(1, cols - 8))),)
    if not jobs.query.text:
        return ()
    shown = parse(jobs.query.text)
    kind = " (regular expression)" if shown.regex else ""
    return (line(("dim", " filter "), ("accent", jobs.query.text), ("dim", f"{kind}   Esc clears")),)


def _table(jobs: Slice, space: Room, context: Context) -> tuple[Line, ...]:
    table = table_of(jobs.rows, space.list_cols)
    head = (Span("", " "), *heading(table, jobs.query.sort, descending=jobs.query.descending))
    if not jobs.rows or (jobs.error and not jobs.error.retryable):
        return (head, *_instead(jobs, context, space.list_cols))
    shown = jobs.rows[jobs.scroll.top : jobs.scroll.top + space.list_rows]
    rows = [(Span("", " "), *row(table, _cells(each, jobs, context.now))) for each in shown]
    place = jobs.scroll.index - jobs.scroll.top
    return (head, *(highlight(each, space.list_cols) if i == place else each for i, each in enumerate(rows)))


def _cells(job: JobRow, jobs: Slice, now: float) -> dict[str, Span]:
    return {
        "mark": Span("mark", "•" if job.pk in jobs.marked else ""),
        "pk": Span("number", str(job.pk)),
        "state": state_span(job.state),
        "label": Span("", job.label),
        "formula": Span("", job.formula),
        "template": Span("dim", job.template),
        "cluster": Span("dim", job.cluster),
        TREND: Span("accent", jobs_trends.cell(jobs.trends.get(job.pk))),
        "modified": Span("dim", age(now - job.created_at)),
        "reason": Span("dim", job.reason),
    }


def _instead(jobs: Slice, context: Context, cols: int) -> tuple[Line, ...]:
    """The message shown instead of rows."""
    style, words = _why_empty(jobs, context)
    return ((), *(line((style, f"   {text}")) for text in wrap(words, max(10, cols - 6))))


def _why_empty(jobs: Slice, context: Context) -> tuple[str, str]:
    if jobs.error and context.online:
        return "warn" if jobs.error.retryable else "error", error_text(jobs.error)
    if not context.online:
        return "dim", context.connection_error
    if jobs.loading or jobs.revision < 0:
        return "dim", "Loading the jobs …"
    if jobs.query.text or jobs.query.group:
        return "dim", "No job matches. Esc clears the filter."
    return "dim", "No jobs yet. Press n to prepare the first one."


def _details(job: JobRow | None, trend: Trend | None, now: float, cols: int) -> tuple[Line, ...]:
    if job is None:
        return ()
    exit_words = "" if job.exit_status is None else f", exit status {job.exit_status}"
    facts = (
        ("label", Span("strong", job.label)),
        ("state", Span(f"state.{job.state}", f"{job.state}{exit_words}")),
        ("template", Span("", f"{job.template}   {job.formula}")),
        ("cluster", Span("", job.cluster)),
        ("created", Span("", f"{age(now - job.created_at)} ago, changed {age(now - job.modified_at)} ago")),
        ("uuid", Span("dim", job.uuid)),
    )
    lines = [(Span("dim", f" {name:<9}"), span) for name, span in facts]
    reason = wrap(job.reason, max(8, cols - 11)) if job.reason else []
    steps = wrap(jobs_trends.trend_text(trend), max(8, cols - 11)) if jobs_trends.trend_text(trend) else []
    spark = jobs_trends.line_of(trend, cols - 11)
    return (
        *lines[:2],
        *(line(("dim", f" {'' if i else 'reason':<9}"), text) for i, text in enumerate(reason)),
        *(line(("dim", f" {'' if i else 'steps':<9}"), text) for i, text in enumerate(steps)),
        *((line(("dim", " " * 10), ("accent", spark)),) if spark else ()),
        *lines[2:],
    )


def _title(_: Slice) -> str:
    return "jobs"


def _is_typing(jobs: Slice) -> bool:
    return jobs.typed is not None


KEY_TABLE: KeyTable = KEYS
SCREEN = Screen(
    "jobs",
    Slice(),
    KEYS,
    update,
    view,
    _title,
    _is_typing,
    usage="[FILTER]",
    summary="Show the jobs, optionally filtered.",
)
