"""Compare: jobs beside one another, with chosen columns, in any order, written to a file."""

from dataclasses import replace

from crystalmath_server.protocol.compare import JOBS_COMPARE, CompareColumn, CompareParams, Comparison
from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.comparison import csv_text, json_text, narrowed, ordered
from crystalmath_tui.core.effects import Ask, Back, Call, Effect, Open, Say, Tagged, WriteFile
from crystalmath_tui.core.keymap import MOVES, Binding, action_of
from crystalmath_tui.core.messages import Entered, KeyPressed, Message, MousePressed, Pasted
from crystalmath_tui.core.pks import pk_of
from crystalmath_tui.core.screen import Context
from crystalmath_tui.core.scroll import START, Scroll, moved
from crystalmath_tui.core.textfield import TextField, edited, field_of, pasted

CALL_KEY = "compare"
HEAD = 3
"""Rows above the rows of the table: words, a rule, the headings."""
_MOST_JOBS = 200
_QUIET = frozenset({"state", "cluster", "engine"})
"""Columns that one asks for."""

KEYS = (
    *MOVES,
    Binding(("right", "l"), "next", "next column", "Select the next column."),
    Binding(("left", "h"), "previous", "column before", "Select the column before."),
    Binding(("s",), "sort", "sort", "Sort by the column; again for the other direction.", footer=True),
    Binding(("a",), "columns", "columns", "Choose columns: Space shows or hides one.", footer=True),
    Binding((" ",), "toggle", "show/hide", "Show or hide the selected column."),
    Binding(("w",), "write", "write file", "Write the table to a file: .csv or .json.", footer=True),
    Binding(("enter",), "open", "open", "Open the job.", footer=True),
    Binding(("r",), "reload", "reload", "Fetch the table anew."),
    Binding(("esc",), "close", "back", "Close the list of columns, then go back."),
)


@record
class Compared(Message):
    """The table came; `about` are the pks that were asked for."""

    about: tuple[int, ...]
    found: Comparison


@record
class CompareFailed(Message):
    """The table did not come."""

    about: tuple[int, ...]
    error: RpcError


@record
class Written(Message):
    """A file was written, or there is one already, or why not; `about` is path and text."""

    about: tuple[str, str]
    outcome: str


@record
class Slice:
    """Jobs, what is known of them, and what of it is shown.

    Attributes
    ----------
    hidden
        Names of columns that are not shown.
    column
        Place of the selected column among those that are shown, or among all while one chooses.
    path
        The path that is being typed, or None.
    """

    pks: tuple[int, ...] = ()
    found: Comparison | None = None
    error: RpcError | None = None
    hidden: frozenset[str] = _QUIET
    sort: str = ""
    descending: bool = False
    scroll: Scroll = START
    column: int = 0
    choosing: bool = False
    path: TextField | None = None
    last_path: str = ""


Update = tuple[Slice, tuple[Effect, ...]]


def update(compare: Slice, message: Message, context: Context) -> Update:
    """Follow keys and answers."""
    match message:
        case Entered("compare", args):
            return _entered(compare, args)
        case KeyPressed(key) if compare.path is not None:
            return _typed(compare, compare.path, key)
        case Pasted(text) if compare.path is not None:
            return replace(compare, path=pasted(compare.path, text)), ()
        case KeyPressed(key):
            return _act(compare, action_of(KEYS, key), context)
        case MousePressed():
            return _mouse(compare, message, context), ()
        case Compared(about, found) if about == compare.pks:
            return replace(compare, found=found, error=None), ()
        case CompareFailed(about, error) if about == compare.pks:
            return replace(compare, error=error), ()
        case Written(about, outcome):
            return compare, _told(about, outcome)
        case _:
            return compare, ()


def _entered(compare: Slice, args: tuple[str, ...]) -> Update:
    """Pks of the jobs; without any, those of before."""
    wrong = next((text for text in args if not pk_of(text)), "")
    pks = tuple(dict.fromkeys(map(pk_of, args))) if args and not wrong else compare.pks
    if wrong or not pks:
        words = f"{wrong} is no pk of a job." if wrong else "Which jobs? :compare PK PK …"
        return compare, (Say(words, "warn"), Back())
    if len(pks) > _MOST_JOBS:
        return compare, (Say(f"No more than {_MOST_JOBS} jobs stand in one table.", "warn"), Back())
    same = pks == compare.pks
    fresh = compare if same else replace(compare, pks=pks, found=None, scroll=START, column=0)
    return fetched(replace(fresh, choosing=False, path=None))


def fetched(compare: Slice) -> Update:
    """Ask for the table; what is shown stays until it is here."""
    about = compare.pks
    call = Call(
        JOBS_COMPARE,
        CompareParams(about),
        Tagged(Compared, about),
        Tagged(CompareFailed, about),
        key=CALL_KEY,
    )
    return replace(compare, error=None), (call,)


def shown(compare: Slice) -> Comparison:
    """The table as it is shown and written: chosen columns, sorted rows."""
    whole = compare.found or Comparison((), ())
    return narrowed(ordered(whole, compare.sort, descending=compare.descending), compare.hidden)


def columns_of(compare: Slice) -> tuple[CompareColumn, ...]:
    """Columns that can be selected: those that are shown, or all while one chooses."""
    return compare.found.columns if compare.choosing and compare.found else shown(compare).columns


def _act(compare: Slice, action: str, context: Context) -> Update:
    columns = columns_of(compare)
    selected = columns[compare.column] if 0 <= compare.column < len(columns) else None
    match action:
        case "sort" if selected:
            down = compare.sort == selected.name and not compare.descending
            return replace(compare, sort=selected.name, descending=down), ()
        case "toggle" if selected:
            return _within(replace(compare, hidden=compare.hidden ^ {selected.name})), ()
        case "columns":
            return replace(compare, choosing=not compare.choosing, column=0), ()
        case "write":
            return replace(compare, path=field_of(compare.last_path)), ()
        case "open" | "reload" | "close":
            return _left(compare, action)
        case "next" | "previous" if not compare.choosing:
            step = 1 if action == "next" else -1
            return _within(replace(compare, column=compare.column + step)), ()
        case _:
            return _moved(compare, action, context), ()


def _left(compare: Slice, action: str) -> Update:
    if action == "reload":
        return fetched(compare)
    if compare.choosing:
        return replace(compare, choosing=False, column=0), ()
    rows = shown(compare).rows
    if action == "close":
        return compare, (Back(),)
    index = compare.scroll.index
    return compare, (Open("job", (str(rows[index].pk),)),) if index < len(rows) else ()


def _within(compare: Slice) -> Slice:
    return replace(compare, column=max(0, min(compare.column, len(columns_of(compare)) - 1)))


def _moved(compare: Slice, action: str, context: Context) -> Slice:
    if compare.choosing:
        place = moved(Scroll(compare.column), action, len(columns_of(compare)), list_rows(context))
        return replace(compare, column=place.index)
    rows = len(compare.found.rows) if compare.found else 0
    return replace(compare, scroll=moved(compare.scroll, action, rows, list_rows(context)))


def _typed(compare: Slice, path: TextField, key: str) -> Update:
    """The path of the file; its ending says what is written."""
    if key == "esc":
        return replace(compare, path=None), ()
    if key != "enter":
        return replace(compare, path=edited(path, key) or path), ()
    text, table = path.text.strip(), shown(compare)
    if not text.endswith((".csv", ".json")):
        return compare, (Say("Give a path that ends in .csv or .json.", "warn"),)
    content = csv_text(table) if text.endswith(".csv") else json_text(table)
    return replace(compare, path=None, last_path=text), (_write(text, content),)


def _write(path: str, text: str, *, over: bool = False) -> WriteFile:
    return WriteFile(path, text, Tagged(Written, (path, text)), over=over)


def _told(about: tuple[str, str], outcome: str) -> tuple[Effect, ...]:
    path, text = about
    if outcome == "written":
        return (Say(f"Wrote {path}."),)
    if outcome == "exists":
        return (Ask(f"Write over {path}?", (), (_write(path, text, over=True),)),)
    return (Say(f"{path} was not written: {outcome}", "error"),)


def _mouse(compare: Slice, mouse: MousePressed, context: Context) -> Slice:
    """The wheel moves, a click selects a job."""
    if mouse.button in {4, 5}:
        return _moved(compare, "up" if mouse.button == 4 else "down", context)
    index = compare.scroll.top + mouse.row - HEAD
    rows = len(compare.found.rows) if compare.found else 0
    if compare.choosing or mouse.button != 1 or mouse.row < HEAD or index >= rows:
        return compare
    return replace(compare, scroll=Scroll(index, compare.scroll.top))


def list_rows(context: Context) -> int:
    """Rows of the table."""
    return max(1, context.size.rows - HEAD)


def is_typing(compare: Slice) -> bool:
    """Whether keys are text now."""
    return compare.path is not None
