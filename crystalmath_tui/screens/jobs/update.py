"""Jobs: model slice, update and keys of the job table."""

from collections.abc import Callable
from dataclasses import field, replace

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JOBS_LIST, JobRow, JobsPage
from crystalmath_server.protocol.progress import Trend, Trends
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.system import Status
from crystalmath_tui.core import control
from crystalmath_tui.core.context import Context, Update
from crystalmath_tui.core.effects import Call, Copy, Effect, Open, Say
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch, emit
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Pasted,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.scroll import START, Scroll, clamp, move
from crystalmath_tui.core.textfield import TextField, edit, field_of, paste
from crystalmath_tui.screens.jobs.columns import shows_trends
from crystalmath_tui.screens.jobs.query import EVERYTHING, GROUPS, Query, Sort, sort_by
from crystalmath_tui.screens.jobs.trends import EVERY_S, merge_trends, trends_call

_PAGE, _LONGEST_PAGE = 100, 500
_AHEAD = 20  # remaining rows at which the next page is fetched
_WIDE, _TALL, _ROOMY = 120, 18, 6

_SORTS: dict[str, Sort] = {
    "P": "pk",
    "M": "modified",
    "S": "state",
    "L": "label",
    "F": "formula",
    "T": "template",
    "C": "cluster",
}


@record
class Want:
    """The purpose of a page request: the query, earlier rows and the number of rows needed."""

    query: Query
    earlier: tuple[JobRow, ...]
    need: int


@record
class Slice:
    """The job table.

    Attributes
    ----------
    revision
        Revision of the rows shown; -1 forces a fetch.
    typed
        The filter being typed, or None.
    pane
        Whether to show details; None for automatic, by screen size.
    """

    rows: tuple[JobRow, ...] = ()
    total: int = 0
    counts: dict[str, int] = field(default_factory=dict[str, int])
    cursor: str = ""
    revision: int = -1
    known: int = 0
    loading: bool = False
    error: RpcError | None = None
    scroll: Scroll = START
    marked: frozenset[int] = frozenset()
    query: Query = EVERYTHING
    typed: TextField | None = None
    pane: bool | None = None
    trends: dict[int, Trend] = field(default_factory=dict[int, Trend])
    trends_at: float = 0.0


@record
class Room:
    """Division of the screen into table and details."""

    top: int
    list_rows: int
    list_cols: int
    pane_rows: int
    pane_cols: int


def room(jobs: Slice, size: Size) -> Room:
    """Place the details beside the table on a wide screen, or below the table on a tall screen."""
    filtered = jobs.typed is not None or bool(jobs.query.text)
    top = 1 + (filtered or size.rows >= _ROOMY) + (filtered and size.rows >= _ROOMY)
    rows = max(0, size.rows - top)
    if pane_shown(jobs, size) and size.cols >= _WIDE:
        pane = max(40, size.cols // 3)
        return Room(top, rows, size.cols - pane - 3, rows, pane)
    if pane_shown(jobs, size) and size.rows >= _TALL:
        pane_rows = min(9, size.rows // 3)
        return Room(top, rows - pane_rows, size.cols, pane_rows, size.cols)
    return Room(top, rows, size.cols, 0, 0)


def pane_shown(jobs: Slice, size: Size) -> bool:
    """Whether the details pane is enabled."""
    return size.cols >= _WIDE if jobs.pane is None else jobs.pane


def update(jobs: Slice, message: Message, context: Context) -> Update[Slice]:
    """Handle keys, pages and the revision of the list."""
    match message:
        case KeyPressed(key) if jobs.typed is not None:
            return _type(jobs, jobs.typed, key)
        case Pasted(text) if jobs.typed is not None:
            return _retype(jobs, paste(jobs.typed, text))
        case KeyPressed(key):
            return dispatch(KEYS, update, jobs, key, context) or (jobs, ())
        case Scrolled(to):
            return _scroll(jobs, to, context)
        case MousePressed():
            return _mouse(jobs, message, context)
        case Connected():
            return refresh(jobs, context)
        case Entered("jobs", args) if args:
            return _ask(jobs, replace(jobs.query, text=" ".join(args)))
        case _:
            return _on_answer(jobs, message, context)


def _on_answer(jobs: Slice, message: Message, context: Context) -> Update[Slice]:
    match message:
        case Answered("jobs page", JobsPage() as page, want):
            return _add_page(jobs, want, page, context)
        case Refused("jobs page", error, want):
            return _keep_error(jobs, want, error)
        case Answered("status", Status() as status):
            return _follow_status(jobs, status.jobs_revision, context)
        case Answered("jobs trends", Trends() as trends):
            return replace(jobs, trends=merge_trends(jobs.trends, trends, jobs.rows)), ()
        case _:
            return replace(
                jobs, scroll=clamp(jobs.scroll, len(jobs.rows), room(jobs, context.size).list_rows)
            ), ()


def _follow_status(jobs: Slice, revision: int, context: Context) -> Update[Slice]:
    """Fetch the list if its revision changed, and the latest trends."""
    known = replace(jobs, known=revision)
    stale = not jobs.loading and revision != jobs.revision
    shown, effects = refresh(known, context) if stale else (known, ())
    shown, more = _fetch_trends(shown, context)
    return shown, (*effects, *more)


def _fetch_trends(jobs: Slice, context: Context) -> Update[Slice]:
    """Regularly request the last steps of visible jobs if there is room to show them."""
    space = room(jobs, context.size)
    if not context.front or context.now - jobs.trends_at < EVERY_S:
        return jobs, ()
    chosen = selected_row(jobs) if space.pane_rows else None
    rows = jobs.rows[jobs.scroll.top : jobs.scroll.top + space.list_rows]
    if not shows_trends(jobs.rows, space.list_cols):
        rows = (chosen,) if chosen else ()
    call = trends_call(rows, jobs.trends)
    return (replace(jobs, trends_at=context.now), (call,)) if call else (jobs, ())


def refresh(jobs: Slice, context: Context) -> Update[Slice]:
    """Fetch the shown rows again."""
    need = max(_PAGE, jobs.scroll.index + context.size.rows) if jobs.rows else 1
    return _fetch(jobs, Want(jobs.query, (), need))


def _fetch(jobs: Slice, want: Want, cursor: str = "") -> Update[Slice]:
    limit = min(_LONGEST_PAGE, max(_PAGE, want.need - len(want.earlier)))
    call = Call(JOBS_LIST, want.query.params(limit, cursor), "jobs page", want, handles_refusal=True)
    return replace(jobs, loading=True), (call,)


def _ask(jobs: Slice, query: Query) -> Update[Slice]:
    """Change the query; the current rows stay until the answer arrives."""
    if query == jobs.query:
        return jobs, ()
    return _fetch(replace(jobs, query=query), Want(query, (), 1))


def _add_page(jobs: Slice, want: Want, page: JobsPage, context: Context) -> Update[Slice]:
    if want.query != jobs.query:
        return jobs, ()
    rows = want.earlier + page.rows
    if len(rows) < want.need and page.next_cursor and page.rows:
        return _fetch(jobs, replace(want, earlier=rows), page.next_cursor)
    shown = replace(
        jobs,
        rows=rows,
        total=page.total,
        counts=page.counts,
        cursor=page.next_cursor,
        revision=page.revision,
        loading=False,
        error=None,
    )
    return replace(shown, scroll=_keep_selection(jobs, shown, context)), ()


def _keep_selection(before: Slice, after: Slice, context: Context) -> Scroll:
    """Keep the selection on its job, or in its place if the job is gone."""
    chosen = selected_row(before)
    places = (index for index, row in enumerate(after.rows) if chosen and row.pk == chosen.pk)
    index = next(places, before.scroll.index)
    top = before.scroll.top + index - before.scroll.index
    return clamp(Scroll(index, top), len(after.rows), room(after, context.size).list_rows)


def _keep_error(jobs: Slice, want: Want, error: RpcError) -> Update[Slice]:
    """Store the error; retryable requests are repeated at the next poll."""
    if want.query != jobs.query:
        return jobs, ()
    return replace(jobs, loading=False, error=error, revision=-1 if error.retryable else jobs.known), ()


def selected_row(jobs: Slice) -> JobRow | None:
    """The selected job, or None in an empty table."""
    return jobs.rows[jobs.scroll.index] if 0 <= jobs.scroll.index < len(jobs.rows) else None


def targets(jobs: Slice) -> tuple[JobRow, ...]:
    """The targets of an action: the marked jobs, or the selected job."""
    chosen = selected_row(jobs)
    return tuple(row for row in jobs.rows if row.pk in jobs.marked) or ((chosen,) if chosen else ())


def _start_filter(jobs: Slice, _: Context) -> Update[Slice]:
    return replace(jobs, typed=field_of(jobs.query.text)), ()


def _next_group(jobs: Slice, _: Context) -> Update[Slice]:
    return _ask(jobs, replace(jobs.query, group=(jobs.query.group + 1) % len(GROUPS)))


def _toggle_pane(jobs: Slice, context: Context) -> Update[Slice]:
    return replace(jobs, pane=not pane_shown(jobs, context.size)), ()


def _sort_by(name: Sort) -> Action[Slice]:
    return lambda jobs, _: _ask(jobs, sort_by(jobs.query, name))


def _open(screen: str, *words: str) -> Action[Slice]:
    """Open a screen with the given words and the selected job's pk as arguments."""

    def act(jobs: Slice, _: Context) -> Update[Slice]:
        chosen = selected_row(jobs)
        return jobs, (Open(screen, (*words, str(chosen.pk))),) if chosen else ()

    return act


def _control(order: Callable[[tuple[JobRow, ...]], tuple[Effect, ...]]) -> Action[Slice]:
    """Control the marked jobs, or the selected job."""
    return lambda jobs, _: (jobs, order(targets(jobs)))


def _compare(jobs: Slice, _: Context) -> Update[Slice]:
    pks = tuple(sorted(jobs.marked)) or tuple(row.pk for row in targets(jobs))
    return jobs, (Open("compare", tuple(map(str, pks))),) if pks else ()


def _copy(text_of: Callable[[JobRow], str]) -> Action[Slice]:
    """Copy text about the marked jobs, or the selected job."""

    def act(jobs: Slice, _: Context) -> Update[Slice]:
        text = " ".join(map(text_of, targets(jobs)))
        return jobs, (Copy(text), Say(f"Copied {text}")) if text else ()

    return act


def _mark(jobs: Slice, context: Context) -> Update[Slice]:
    chosen = selected_row(jobs)
    marked = replace(jobs, marked=jobs.marked ^ {chosen.pk}) if chosen else jobs
    return _scroll(marked, "down", context)


def _clear(jobs: Slice, _: Context) -> Update[Slice]:
    if jobs.query.text or jobs.query.group:
        return _ask(jobs, replace(jobs.query, text="", group=0))
    return replace(jobs, marked=frozenset()), ()


def _scroll(jobs: Slice, to: Move, context: Context) -> Update[Slice]:
    scroll = move(jobs.scroll, to, len(jobs.rows), room(jobs, context.size).list_rows)
    there = replace(jobs, scroll=scroll)
    if jobs.cursor and not jobs.loading and scroll.index + _AHEAD >= len(jobs.rows):
        return _fetch(there, Want(jobs.query, jobs.rows, len(jobs.rows) + 1), jobs.cursor)
    return there, ()


def _mouse(jobs: Slice, mouse: MousePressed, context: Context) -> Update[Slice]:
    """Select a job on a click; open it if already selected."""
    space = room(jobs, context.size)
    index = jobs.scroll.top + mouse.row - space.top
    inside = 0 <= mouse.row - space.top < space.list_rows and mouse.col < space.list_cols
    if mouse.button != 1 or not inside or index >= len(jobs.rows):
        return jobs, ()
    if index == jobs.scroll.index:
        return jobs, (Open("job", (str(jobs.rows[index].pk),)),)
    return replace(jobs, scroll=Scroll(index, jobs.scroll.top)), ()


def _type(jobs: Slice, typed: TextField, key: str) -> Update[Slice]:
    if key == "enter":
        return replace(jobs, typed=None), ()
    if key == "esc":
        return _ask(replace(jobs, typed=None), replace(jobs.query, text=""))
    changed = edit(typed, key)
    return _retype(jobs, changed) if changed else (jobs, ())


def _retype(jobs: Slice, typed: TextField) -> Update[Slice]:
    """Filter while typing."""
    return _ask(replace(jobs, typed=typed), replace(jobs.query, text=typed.text))


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("enter", "right"), _open("job"), "open", "Open the job.", footer=True),
    Binding(
        ("d",),
        _open("diagnose"),
        "why?",
        "Explain why the job is waiting or failed, and what to do.",
        footer=True,
    ),
    Binding(("n",), emit(Open("new")), "new job", "Prepare a new job.", footer=True),
    Binding(("/",), _start_filter, "filter", "Filter the jobs; see the filters below.", footer=True),
    Binding(("m",), emit(Open("clusters")), "clusters", "Show the clusters that run jobs.", footer=True),
    Binding(
        ("s",),
        _next_group,
        "states",
        "Cycle through all, active, paused, finished, failed and killed jobs.",
        footer=True,
    ),
    Binding(
        (" ",),
        _mark,
        "mark",
        "Mark the job; actions then apply to all marked jobs.",
        footer=True,
    ),
    Binding(("c",), _open("new", "like"), "clone", "Prepare a new job like this one.", footer=True),
    Binding(
        ("x",),
        _control(control.cancel),
        "cancel",
        "Cancel the job or the marked jobs; asks first.",
        footer=True,
    ),
    Binding(
        ("R",),
        _control(control.retry),
        "run again",
        "Rerun the ended job or the marked jobs; asks first.",
    ),
    Binding(("p",), _control(control.pause_or_play), "pause/play", "Pause or resume jobs.", footer=True),
    Binding(("tab",), _toggle_pane, "details", "Show or hide the details of the selected job.", footer=True),
    Binding(("v",), _compare, "compare", "Compare the marked jobs side by side."),
    Binding(("i",), emit(Open("import")), "import", "Import a VASP run folder as a job."),
    Binding(("y",), _copy(lambda row: str(row.pk)), "copy pk", "Copy the pk to the clipboard."),
    Binding(("Y",), _copy(lambda row: row.uuid), "copy uuid", "Copy the uuid to the clipboard."),
    Binding(("r",), refresh, "reload", "Reload the list."),
    Binding(("esc",), _clear, "clear", "Clear the filter, then the marks."),
    *(
        Binding((key,), _sort_by(name), f"by {name}", f"Sort by {name}; press again to reverse.")
        for key, name in _SORTS.items()
    ),
)
