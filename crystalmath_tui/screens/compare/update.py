"""Compare: jobs side by side, with column selection, sorting and export."""

from dataclasses import replace

from crystalmath_server.protocol.compare import JOBS_COMPARE, CompareColumn, CompareParams, Comparison
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.record import record
from crystalmath_tui.core import path_prompt
from crystalmath_tui.core.comparison import csv_text, json_text, narrow, order
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, Effect, Open, Say
from crystalmath_tui.core.keymap import MOVES, Action, Binding, dispatch
from crystalmath_tui.core.messages import (
    Answered,
    Entered,
    KeyPressed,
    Message,
    MousePressed,
    Move,
    Refused,
    Scrolled,
)
from crystalmath_tui.core.path_prompt import PathPrompt, prompt_of
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.saving import report, save
from crystalmath_tui.core.scroll import START, Scroll, move

CALL_KEY = "compare"
HEAD = 3
"""Rows above the table rows: summary, rule and headings."""
_MOST_JOBS = 200
_QUIET = frozenset({"state", "cluster", "engine"})
"""Columns hidden by default."""


@record
class Slice:
    """The compared jobs, their data and the columns shown.

    Attributes
    ----------
    hidden
        Names of hidden columns.
    column
        Index of the selected column among the visible columns, or among all columns in the column list.
    path
        The path being typed, or None.
    """

    pks: tuple[int, ...] = ()
    table: Comparison | None = None
    error: RpcError | None = None
    hidden: frozenset[str] = _QUIET
    sort: str = ""
    descending: bool = False
    scroll: Scroll = START
    column: int = 0
    choosing: bool = False
    path: PathPrompt | None = None
    last_path: str = ""


Update = tuple[Slice, tuple[Effect, ...]]


def update(compare: Slice, message: Message, context: Context) -> Update:
    """Handle keys and answers."""
    if compare.path is not None and (step := path_prompt.step(compare.path, message)):
        return _with_path(compare, *step)
    match message:
        case Entered("compare", args):
            return _enter(compare, args)
        case KeyPressed(key):
            return dispatch(KEYS, update, compare, key, context) or (compare, ())
        case Scrolled(to):
            return _scroll(compare, to, context), ()
        case MousePressed():
            return _click(compare, message), ()
        case Answered("compare", Comparison() as found, about) if about == compare.pks:
            return replace(compare, table=found, error=None), ()
        case Refused("compare", error, about) if about == compare.pks:
            return replace(compare, error=error), ()
        case Answered("compare file", str(outcome), about):
            return compare, report("compare file", about, outcome)
        case _:
            return compare, ()


def _enter(compare: Slice, args: tuple[str, ...]) -> Update:
    """Compare the jobs with these pks, or the previous jobs if none are given."""
    wrong = next((text for text in args if not pk_of(text)), "")
    pks = tuple(dict.fromkeys(map(pk_of, args))) if args and not wrong else compare.pks
    if wrong or not pks:
        words = f"{wrong} is not a pk of a job." if wrong else "Which jobs? :compare PK PK …"
        return compare, (Say(words, "warn"), Back())
    if len(pks) > _MOST_JOBS:
        return compare, (Say(f"One table holds at most {_MOST_JOBS} jobs.", "warn"), Back())
    same = pks == compare.pks
    fresh = compare if same else replace(compare, pks=pks, table=None, scroll=START, column=0)
    return fetch(replace(fresh, choosing=False, path=None))


def fetch(compare: Slice) -> Update:
    """Request the table; the current table stays until the answer arrives."""
    about = compare.pks
    call = Call(JOBS_COMPARE, CompareParams(about), "compare", about, handles_refusal=True)
    return replace(compare, error=None), (call,)


def displayed_table(compare: Slice) -> Comparison:
    """The table as displayed and exported: visible columns, sorted rows."""
    whole = compare.table or Comparison((), ())
    return narrow(order(whole, compare.sort, descending=compare.descending), compare.hidden)


def columns_of(compare: Slice) -> tuple[CompareColumn, ...]:
    """Selectable columns: the visible columns, or all columns in the column list."""
    return compare.table.columns if compare.choosing and compare.table else displayed_table(compare).columns


def _selected_column(compare: Slice) -> CompareColumn | None:
    columns = columns_of(compare)
    return columns[compare.column] if 0 <= compare.column < len(columns) else None


def _sort(compare: Slice, _: Context) -> Update:
    column = _selected_column(compare)
    if column is None:
        return compare, ()
    down = compare.sort == column.name and not compare.descending
    return replace(compare, sort=column.name, descending=down), ()


def _toggle(compare: Slice, _: Context) -> Update:
    column = _selected_column(compare)
    return (_within(replace(compare, hidden=compare.hidden ^ {column.name})) if column else compare), ()


def _choose_columns(compare: Slice, _: Context) -> Update:
    return replace(compare, choosing=not compare.choosing, column=0), ()


def _ask_path(compare: Slice, _: Context) -> Update:
    return replace(compare, path=prompt_of("compare", compare.last_path)), ()


def _step_column(step: int) -> Action[Slice]:
    return lambda compare, _: (
        compare if compare.choosing else _within(replace(compare, column=compare.column + step)),
        (),
    )


def _close_columns(compare: Slice) -> Slice:
    return replace(compare, choosing=False, column=0)


def _open(compare: Slice, _: Context) -> Update:
    if compare.choosing:
        return _close_columns(compare), ()
    rows, index = displayed_table(compare).rows, compare.scroll.index
    return compare, (Open("job", (str(rows[index].pk),)),) if index < len(rows) else ()


def _close(compare: Slice, _: Context) -> Update:
    return (_close_columns(compare), ()) if compare.choosing else (compare, (Back(),))


def _within(compare: Slice) -> Slice:
    return replace(compare, column=max(0, min(compare.column, len(columns_of(compare)) - 1)))


def _scroll(compare: Slice, to: Move, context: Context) -> Slice:
    if compare.choosing:
        place = move(Scroll(compare.column), to, len(columns_of(compare)), list_rows(context))
        return replace(compare, column=place.index)
    rows = len(compare.table.rows) if compare.table else 0
    return replace(compare, scroll=move(compare.scroll, to, rows, list_rows(context)))


def _with_path(
    compare: Slice, path: PathPrompt, effects: tuple[Effect, ...], outcome: path_prompt.Outcome
) -> Update:
    """Handle the path prompt; the file extension sets the format."""
    if outcome == "closed":
        return replace(compare, path=None), ()
    if outcome == "typing":
        return replace(compare, path=path), effects
    if not path.text.endswith((".csv", ".json")):
        return compare, (Say("Enter a path that ends in .csv or .json.", "warn"),)
    table = displayed_table(compare)
    content = csv_text(table) if path.text.endswith(".csv") else json_text(table)
    return replace(compare, path=None, last_path=path.text), (save("compare file", path.text, content),)


def _click(compare: Slice, mouse: MousePressed) -> Slice:
    """Select a job on a click."""
    index = compare.scroll.top + mouse.row - HEAD
    rows = len(compare.table.rows) if compare.table else 0
    if compare.choosing or mouse.button != 1 or mouse.row < HEAD or index >= rows:
        return compare
    return replace(compare, scroll=Scroll(index, compare.scroll.top))


def list_rows(context: Context) -> int:
    """Number of table rows that fit."""
    return max(1, context.size.rows - HEAD)


def is_typing(compare: Slice) -> bool:
    """Whether keystrokes are text input."""
    return compare.path is not None


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("right", "l"), _step_column(1), "next column", "Select the next column."),
    Binding(("left", "h"), _step_column(-1), "previous column", "Select the previous column."),
    Binding(("s",), _sort, "sort", "Sort by the column; again for the other direction.", footer=True),
    Binding(
        ("a",), _choose_columns, "columns", "Choose columns; Space shows or hides a column.", footer=True
    ),
    Binding((" ",), _toggle, "show/hide", "Show or hide the selected column."),
    Binding(("w",), _ask_path, "write file", "Write the table to a file: .csv or .json.", footer=True),
    Binding(("enter",), _open, "open", "Open the job.", footer=True),
    Binding(("r",), lambda compare, _: fetch(compare), "reload", "Reload the table."),
    Binding(("esc",), _close, "back", "Close the column list, then go back."),
)
