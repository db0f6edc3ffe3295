"""Clusters: the list of configured clusters."""

from collections.abc import Callable
from dataclasses import replace

from crystalmath_server.protocol.clusters import CLUSTERS_LIST, ClusterList, ClusterRow, Deleted
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import clusters
from crystalmath_tui.core.cells import wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, Open, Say
from crystalmath_tui.core.formatting import count, error_text
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch, emit
from crystalmath_tui.core.lines import Line, Span, highlight, line
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import START, Scroll, clamp, move
from crystalmath_tui.core.table import Column, fit_columns, heading
from crystalmath_tui.core.table import row as table_row

_COLUMNS = (
    Column("label", "label", 12, 24, rank=0),
    Column("state", "state", 20, 20, rank=1),
    Column("hostname", "host", 12, 30, rank=2),
    Column("scheduler", "scheduler", 12, 18, rank=4),
    Column("transport", "transport", 12, 18, rank=5),
    Column("trouble", "", 10, 200, rank=3),
)
_HEAD = 2
_FRESH_S = 10.0  # maximum age of the list while the screen is shown


@record
class Slice:
    """The list and the time of its last request; `rows` is None before the first answer."""

    rows: tuple[ClusterRow, ...] | None = None
    error: RpcError | None = None
    scroll: Scroll = START
    asked_at: float = 0.0


Update = tuple[Slice, tuple[Effect, ...]]


def update(listed: Slice, message: Message, context: Context) -> Update:
    """Handle keys, answers and changes made by other screens."""
    match message:
        case Entered("clusters"):
            return listed, (_fetch(),)
        case KeyPressed(key):
            return dispatch(KEYS, update, listed, key, context) or (listed, ())
        case Scrolled(to):
            return _scroll(listed, to, context)
        case MousePressed():
            return _mouse(listed, message, context)
        case Answered("status") if context.front and context.now - listed.asked_at > _FRESH_S:
            return replace(listed, asked_at=context.now), (_fetch(),)
        case Connected() if listed.rows is not None or listed.error:
            return listed, (_fetch(),)
        case _:
            return _on_answer(listed, message, context)


def _on_answer(listed: Slice, message: Message, context: Context) -> Update:
    match message:
        case Answered("clusters", ClusterList() as found):
            scroll = clamp(_keep_selection(listed, found.rows), len(found.rows), _height(context))
            return Slice(found.rows, None, scroll, context.now), ()
        case Refused("clusters", error):
            return replace(listed, error=error), ()
        case Answered("cluster deleted", Deleted() as deleted):
            codes = f" and {count(len(deleted.codes), 'code')}" if deleted.codes else ""
            return listed, (Say(f"Deleted cluster {deleted.label}{codes}."), _fetch())
        case Answered("cluster saved"):
            return listed, (_fetch(),)
        case _:
            return listed, ()


def _fetch() -> Effect:
    return Call(CLUSTERS_LIST, NoParams(), "clusters", handles_refusal=True)


def _keep_selection(listed: Slice, rows: tuple[ClusterRow, ...]) -> Scroll:
    """The scroll position that keeps the selection on its cluster."""
    chosen = chosen_row(listed)
    places = (index for index, row in enumerate(rows) if chosen and row.pk == chosen.pk)
    return Scroll(next(places, listed.scroll.index), listed.scroll.top)


def chosen_row(listed: Slice) -> ClusterRow | None:
    """The selected cluster, or None."""
    rows = listed.rows or ()
    return rows[listed.scroll.index] if listed.scroll.index < len(rows) else None


def _on_selected(effects: Callable[[ClusterRow], tuple[Effect, ...]]) -> Action[Slice]:
    """An action on the selected cluster; does nothing if the list is empty."""

    def act(listed: Slice, _: Context) -> Update:
        row = chosen_row(listed)
        return listed, effects(row) if row else ()

    return act


_open = _on_selected(lambda row: (Open("cluster", (row.label,)),))


def _scroll(listed: Slice, to: Move, context: Context) -> Update:
    return replace(listed, scroll=move(listed.scroll, to, len(listed.rows or ()), _height(context))), ()


def _mouse(listed: Slice, mouse: MousePressed, context: Context) -> Update:
    """Select a cluster on a click; open it if already selected."""
    index = listed.scroll.top + mouse.row - _HEAD
    if mouse.button != 1 or mouse.row < _HEAD or index >= len(listed.rows or ()):
        return listed, ()
    if index == listed.scroll.index:
        return _open(listed, context)
    return replace(listed, scroll=Scroll(index, listed.scroll.top)), ()


def _height(context: Context) -> int:
    return max(1, context.size.rows - _HEAD)


def view(listed: Slice, context: Context) -> tuple[Line, ...]:
    """Count, column titles and rows."""
    cols = context.size.cols
    rows = listed.rows or ()
    head = line(("strong", f" {count(len(rows), 'cluster')}" if listed.rows is not None else " clusters"))
    table = fit_columns(_COLUMNS, cols - 1)
    titles = (Span("", " "), *heading(table))
    if not rows or listed.error:
        return (head, titles, (), *_instead(listed, context))
    at = clamp(listed.scroll, len(rows), _height(context))
    shown = [
        (Span("", " "), *table_row(table, _cells(row))) for row in rows[at.top : at.top + _height(context)]
    ]
    lines = (highlight(each, cols) if at.top + i == at.index else each for i, each in enumerate(shown))
    return (head, titles, *lines, *_connection_problem(rows[at.index], cols))


def _connection_problem(row: ClusterRow, cols: int) -> tuple[Line, ...]:
    """The full problem of the selected cluster, shown below the list if there is room."""
    return ((), *(line(("warn", f" {part}")) for part in wrap(row.trouble, max(8, cols - 2)) if row.trouble))


def _cells(row: ClusterRow) -> dict[str, Span]:
    return {
        "label": Span("strong", row.label),
        "state": clusters.state_of(row),
        "hostname": Span("", row.hostname),
        "scheduler": Span("dim", row.scheduler),
        "transport": Span("dim", row.transport),
        "trouble": Span("dim", row.trouble),
    }


def _instead(listed: Slice, context: Context) -> tuple[Line, ...]:
    """The message shown instead of rows."""
    style, words = "dim", "No clusters yet. Press n to set up the first one."
    if listed.error:
        style, words = "error", error_text(listed.error)
    elif not context.online:
        words = context.connection_error
    elif listed.rows is None:
        words = "Loading the clusters …"
    return tuple(line((style, f"   {text}")) for text in wrap(words, max(10, context.size.cols - 6)))


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("enter", "right"), _open, "open", "Open the cluster.", footer=True),
    Binding(("n",), emit(Open("setup")), "new cluster", "Set up a new cluster.", footer=True),
    Binding(
        ("t",),
        _on_selected(lambda row: (Open("cluster", (row.label, "test")),)),
        "test",
        "Test the cluster step by step.",
        footer=True,
    ),
    Binding(
        ("e",),
        _on_selected(lambda row: (Open("setup", ("edit", row.label)),)),
        "edit",
        "Edit the cluster's settings.",
        footer=True,
    ),
    Binding(
        ("x",),
        _on_selected(clusters.enable),
        "on/off",
        "Disable the cluster, or enable it again.",
        footer=True,
    ),
    Binding(("d",), _on_selected(clusters.delete), "delete", "Delete the cluster; asks first.", footer=True),
    Binding(("r",), emit(_fetch()), "reload", "Reload the list."),
    Binding(("esc",), emit(Back()), "back", "Go back."),
)

SCREEN = Screen(
    "clusters", Slice(), KEYS, update, view, lambda _: "clusters", summary="Show the clusters that run jobs."
)
