"""Jobs: the live table with filter, sort, marks, counts and details."""

from dataclasses import field, replace

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.jobs import JOBS_LIST, JobRow, JobsPage
from crystalmath_server.protocol.progress import Trend, Trends
from crystalmath_server.protocol.record import record
from crystalmath_server.protocol.system import Status
from crystalmath_tui.core import control
from crystalmath_tui.core.effects import Call, Copy, Effect, Open, Say
from crystalmath_tui.core.keymap import MOVES, Binding, action_of
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Pasted,
    Refused,
)
from crystalmath_tui.core.screen import Context
from crystalmath_tui.core.scroll import START, Scroll, clamp, move
from crystalmath_tui.core.textfield import TextField, edit, field_of, paste
from crystalmath_tui.screens.jobs.columns import shows_trends
from crystalmath_tui.screens.jobs.query import EVERYTHING, GROUPS, Query, Sort, sorted_by
from crystalmath_tui.screens.jobs.trends import EVERY_S, asking, kept

_PAGE, _LONGEST_PAGE = 100, 500
_AHEAD = 20  # rows left below when the next page is fetched
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

KEYS = (
    *MOVES,
    Binding(("enter", "right"), "open", "open", "Open the job.", footer=True),
    Binding(("d",), "diagnose", "why?", "Say why the job waits or failed, and what to do.", footer=True),
    Binding(("n",), "new", "new job", "Prepare a new job.", footer=True),
    Binding(("/",), "filter", "filter", "Filter the jobs; see filters below.", footer=True),
    Binding(("m",), "clusters", "clusters", "Show the computers that run jobs.", footer=True),
    Binding(("s",), "group", "states", "All, active, paused, finished, failed or killed jobs.", footer=True),
    Binding(
        (" ",),
        "mark",
        "mark",
        "Mark the job; actions then are for all marked ones.",
        footer=True,
    ),
    Binding(("c",), "clone", "clone", "Prepare a new job like this one.", footer=True),
    Binding(("x",), "cancel", "cancel", "Cancel the job, or the marked ones; asks first.", footer=True),
    Binding(("R",), "retry", "run again", "Run the ended job, or the marked ones, again; asks first."),
    Binding(("p",), "pause", "pause/play", "Pause, or let paused jobs go on.", footer=True),
    Binding(("tab",), "pane", "details", "Show or hide the details of the selected job.", footer=True),
    Binding(("v",), "compare", "compare", "Show the marked jobs beside one another."),
    Binding(("i",), "import", "import", "Make a job of a folder in which VASP ran."),
    Binding(("y",), "copy pk", "copy pk", "Copy the pk to the clipboard."),
    Binding(("Y",), "copy uuid", "copy uuid", "Copy the uuid to the clipboard."),
    Binding(("r",), "reload", "reload", "Fetch the list anew."),
    Binding(("esc",), "clear", "clear", "Clear the filter, then the marks."),
    *(
        Binding((key,), f"sort {name}", f"by {name}", f"Sort by {name}; again for the other direction.")
        for key, name in _SORTS.items()
    ),
)


@record
class Want:
    """What a page is fetched for: rows that came before it, and how many are to be shown."""

    query: Query
    earlier: tuple[JobRow, ...]
    need: int


@record
class Slice:
    """The table.

    Attributes
    ----------
    revision
        Of the rows shown; -1 asks for a fetch.
    typed
        The filter that is being typed, or None.
    pane
        Whether details are shown; None: where the screen is wide.
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
    """How the screen is divided."""

    top: int
    list_rows: int
    list_cols: int
    pane_rows: int
    pane_cols: int


def room(jobs: Slice, size: Size) -> Room:
    """Table, and details beside it on a wide screen, or below it on a tall one."""
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
    """Whether details are wanted."""
    return size.cols >= _WIDE if jobs.pane is None else jobs.pane


def update(jobs: Slice, message: Message, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    """Follow keys, pages and the revision of the list."""
    match message:
        case KeyPressed(key) if jobs.typed is not None:
            return _typed(jobs, jobs.typed, key)
        case Pasted(text) if jobs.typed is not None:
            return _retyped(jobs, paste(jobs.typed, text))
        case KeyPressed(key):
            return _act(jobs, action_of(KEYS, key), context)
        case MousePressed():
            return _mouse(jobs, message, context)
        case Answered("jobs page", JobsPage() as page, want):
            return _loaded(jobs, want, page, context)
        case Refused("jobs page", error, want):
            return _failed(jobs, want, error)
        case Answered("status", Status() as status):
            return _polled(jobs, status.jobs_revision, context)
        case Answered("jobs trends", Trends() as trends):
            return replace(jobs, trends=kept(jobs.trends, trends, jobs.rows)), ()
        case Connected():
            return refreshed(jobs, context)
        case Entered("jobs", args) if args:
            return _asked(jobs, replace(jobs.query, text=" ".join(args)))
        case _:
            return replace(
                jobs, scroll=clamp(jobs.scroll, len(jobs.rows), room(jobs, context.size).list_rows)
            ), ()


def _polled(jobs: Slice, revision: int, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    """Fetch where the list changed, and what its jobs did meanwhile."""
    known = replace(jobs, known=revision)
    stale = not jobs.loading and revision != jobs.revision
    shown, effects = refreshed(known, context) if stale else (known, ())
    shown, more = _glanced(shown, context)
    return shown, (*effects, *more)


def _glanced(jobs: Slice, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    """Now and then ask for the last steps of the jobs in sight, where there is room to show them."""
    space = room(jobs, context.size)
    if not context.front or context.now - jobs.trends_at < EVERY_S:
        return jobs, ()
    chosen = selected_row(jobs) if space.pane_rows else None
    rows = jobs.rows[jobs.scroll.top : jobs.scroll.top + space.list_rows]
    if not shows_trends(jobs.rows, space.list_cols):
        rows = (chosen,) if chosen else ()
    call = asking(rows, jobs.trends)
    return (replace(jobs, trends_at=context.now), (call,)) if call else (jobs, ())


def refreshed(jobs: Slice, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    """Fetch what is shown, anew."""
    need = max(_PAGE, jobs.scroll.index + context.size.rows) if jobs.rows else 1
    return _fetch(jobs, Want(jobs.query, (), need))


def _fetch(jobs: Slice, want: Want, cursor: str = "") -> tuple[Slice, tuple[Effect, ...]]:
    limit = min(_LONGEST_PAGE, max(_PAGE, want.need - len(want.earlier)))
    call = Call(JOBS_LIST, want.query.params(limit, cursor), "jobs page", want, handles_refusal=True)
    return replace(jobs, loading=True), (call,)


def _asked(jobs: Slice, query: Query) -> tuple[Slice, tuple[Effect, ...]]:
    """Show something else; what is shown stays until the answer is here."""
    if query == jobs.query:
        return jobs, ()
    return _fetch(replace(jobs, query=query), Want(query, (), 1))


def _loaded(jobs: Slice, want: Want, page: JobsPage, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
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
    return replace(shown, scroll=_kept(jobs, shown, context)), ()


def _kept(before: Slice, after: Slice, context: Context) -> Scroll:
    """The selection stays on its job; where that is gone, on its place."""
    chosen = selected_row(before)
    places = (index for index, row in enumerate(after.rows) if chosen and row.pk == chosen.pk)
    index = next(places, before.scroll.index)
    top = before.scroll.top + index - before.scroll.index
    return clamp(Scroll(index, top), len(after.rows), room(after, context.size).list_rows)


def _failed(jobs: Slice, want: Want, error: RpcError) -> tuple[Slice, tuple[Effect, ...]]:
    """Keep the reason; what may work later is asked for again at the next poll."""
    if want.query != jobs.query:
        return jobs, ()
    return replace(jobs, loading=False, error=error, revision=-1 if error.retryable else jobs.known), ()


def selected_row(jobs: Slice) -> JobRow | None:
    """The selected job, or None in an empty table."""
    return jobs.rows[jobs.scroll.index] if 0 <= jobs.scroll.index < len(jobs.rows) else None


def targets(jobs: Slice) -> tuple[JobRow, ...]:
    """What an action is for: the marked jobs, else the selected one."""
    chosen = selected_row(jobs)
    return tuple(row for row in jobs.rows if row.pk in jobs.marked) or ((chosen,) if chosen else ())


def _act(jobs: Slice, action: str, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    rows = targets(jobs)
    match action:
        case "filter":
            return replace(jobs, typed=field_of(jobs.query.text)), ()
        case "group":
            return _asked(jobs, replace(jobs.query, group=(jobs.query.group + 1) % len(GROUPS)))
        case "mark":
            return _move(_marked(jobs), "down", context)
        case "pane":
            return replace(jobs, pane=not pane_shown(jobs, context.size)), ()
        case "clear":
            return _cleared(jobs)
        case "reload":
            return refreshed(jobs, context)
        case (
            "open" | "diagnose" | "new" | "clone" | "clusters" | "import" | "cancel" | "retry" | "compare"
            | "pause" | "copy pk" | "copy uuid"
        ):  # fmt: skip
            return jobs, _effects(jobs, action, rows)
        case _ if action.startswith("sort "):
            return _asked(jobs, sorted_by(jobs.query, _SORTS_BY_NAME[action.removeprefix("sort ")]))
        case _:
            return _move(jobs, action, context)


_SORTS_BY_NAME: dict[str, Sort] = {str(name): name for name in _SORTS.values()}


def _effects(jobs: Slice, action: str, rows: tuple[JobRow, ...]) -> tuple[Effect, ...]:
    chosen = selected_row(jobs)
    match action:
        case "new" | "clusters" | "import":
            return (Open(action),)
        case "open":
            return (Open("job", (str(chosen.pk),)),) if chosen else ()
        case "clone":
            return (Open("new", ("like", str(chosen.pk))),) if chosen else ()
        case "retry":
            return control.retry(rows)
        case "compare":
            pks = tuple(sorted(jobs.marked)) or tuple(row.pk for row in rows)
            return (Open("compare", tuple(map(str, pks))),) if pks else ()
        case "diagnose":
            return (Open("diagnose", (str(chosen.pk),)),) if chosen else ()
        case "cancel":
            return control.cancel(rows)
        case "pause":
            return control.pause_or_play(rows)
        case _:
            words = " ".join(str(row.pk) if action == "copy pk" else row.uuid for row in rows)
            return (Copy(words), Say(f"Copied {words}")) if words else ()


def _marked(jobs: Slice) -> Slice:
    chosen = selected_row(jobs)
    return replace(jobs, marked=jobs.marked ^ {chosen.pk}) if chosen else jobs


def _cleared(jobs: Slice) -> tuple[Slice, tuple[Effect, ...]]:
    if jobs.query.text or jobs.query.group:
        return _asked(jobs, replace(jobs.query, text="", group=0))
    return replace(jobs, marked=frozenset()), ()


def _move(jobs: Slice, action: str, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    scroll = move(jobs.scroll, action, len(jobs.rows), room(jobs, context.size).list_rows)
    there = replace(jobs, scroll=scroll)
    if jobs.cursor and not jobs.loading and scroll.index + _AHEAD >= len(jobs.rows):
        return _fetch(there, Want(jobs.query, jobs.rows, len(jobs.rows) + 1), jobs.cursor)
    return there, ()


def _mouse(jobs: Slice, mouse: MousePressed, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    """The wheel moves, a click selects, a click on the selected job opens it."""
    if mouse.button in {4, 5}:
        return _move(jobs, "up" if mouse.button == 4 else "down", context)
    space = room(jobs, context.size)
    index = jobs.scroll.top + mouse.row - space.top
    inside = 0 <= mouse.row - space.top < space.list_rows and mouse.col < space.list_cols
    if mouse.button != 1 or not inside or index >= len(jobs.rows):
        return jobs, ()
    if index == jobs.scroll.index:
        return jobs, _effects(jobs, "open", ())
    return replace(jobs, scroll=Scroll(index, jobs.scroll.top)), ()


def _typed(jobs: Slice, typed: TextField, key: str) -> tuple[Slice, tuple[Effect, ...]]:
    if key == "enter":
        return replace(jobs, typed=None), ()
    if key == "esc":
        return _asked(replace(jobs, typed=None), replace(jobs.query, text=""))
    changed = edit(typed, key)
    return _retyped(jobs, changed) if changed else (jobs, ())


def _retyped(jobs: Slice, typed: TextField) -> tuple[Slice, tuple[Effect, ...]]:
    """Filter while typing."""
    return _asked(replace(jobs, typed=typed), replace(jobs.query, text=typed.text))
