"""Help: all keys and commands of the current screen, with a filter."""

from dataclasses import replace

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import fit, width
from crystalmath_tui.core.context import Context, Update
from crystalmath_tui.core.effects import Back, Press
from crystalmath_tui.core.keymap import MOVES, Binding, KeyTable, dispatch, key_names
from crystalmath_tui.core.lines import Line, Span, highlight, line
from crystalmath_tui.core.messages import KeyPressed, Message, MousePressed, Move, Pasted, Scrolled
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import START, Scroll, clamp, move
from crystalmath_tui.core.textfield import EMPTY, TextField, edit, field_line, paste

_KEY_CELLS = 18
"""What the column of keys and commands may use even on a narrow screen; on a wide one, a quarter."""


@record
class Entry:
    """One line of the help; `key` is the key that Enter presses, "" for a heading or an explanation."""

    shown: str
    text: str
    key: str = ""
    heading: bool = False


@record
class HelpAsked(Message):
    """Help on a context was requested; program.py builds the entries from the key tables."""

    context: str
    entries: tuple[Entry, ...]


@record
class Slice:
    """The entries, the filter and the scroll position."""

    context: str = ""
    entries: tuple[Entry, ...] = ()
    text: TextField = EMPTY
    typing: bool = False
    scroll: Scroll = START


def entries_of(title: str, table: KeyTable) -> tuple[Entry, ...]:
    """A heading and one entry per binding."""
    rows = (Entry(key_names(row), row.help, row.keys[0]) for row in table)
    return (Entry("", title, heading=True), *rows)


def update(page: Slice, message: Message, context: Context) -> Update[Slice]:
    """Handle keys: filter, scroll and press the selected key."""
    match message:
        case HelpAsked(name, entries):
            return Slice(name, entries, scroll=Scroll(1)), ()
        case KeyPressed(key) if page.typing:
            return _type(page, key), ()
        case Pasted(text) if page.typing:
            return replace(page, text=paste(page.text, text), scroll=Scroll()), ()
        case KeyPressed(key):
            return dispatch(KEYS, update, page, key, context) or (page, ())
        case Scrolled(to):
            return _scroll(page, to, context)
        case MousePressed(row, _, button):
            return _click(page, row, button, context)
        case _:
            return _at(page, page.scroll, context), ()


def matching_entries(page: Slice) -> tuple[Entry, ...]:
    """The entries that contain the filter text; headings only without a filter."""
    wanted = page.text.text.casefold()
    if not wanted:
        return page.entries
    return tuple(
        entry
        for entry in page.entries
        if not entry.heading and wanted in f"{entry.shown} {entry.text}".casefold()
    )


def _type(page: Slice, key: str) -> Slice:
    if key in {"enter", "esc", "down", "up"}:
        text = TextField() if key == "esc" else page.text
        return replace(page, typing=False, text=text, scroll=Scroll())
    changed = edit(page.text, key)
    return replace(page, text=changed, scroll=Scroll()) if changed else page


def _start_filter(page: Slice, _: Context) -> Update[Slice]:
    return replace(page, typing=True), ()


def _clear_or_leave(page: Slice, _: Context) -> Update[Slice]:
    return (replace(page, text=TextField()), ()) if page.text.text else (page, (Back(),))


def _press_selected(page: Slice, _: Context) -> Update[Slice]:
    rows = matching_entries(page)
    key = rows[page.scroll.index].key if page.scroll.index < len(rows) else ""
    return page, (Press(key),) if key else ()


def _scroll(page: Slice, to: Move, context: Context) -> Update[Slice]:
    return _at(page, move(page.scroll, to, len(matching_entries(page)), _height(context)), context), ()


def _click(page: Slice, row: int, button: int, context: Context) -> Update[Slice]:
    index = page.scroll.top + row - 1
    if button != 1 or row < 1 or index >= len(matching_entries(page)):
        return page, ()
    if index == page.scroll.index:
        return _press_selected(page, context)
    return replace(page, scroll=Scroll(index, page.scroll.top)), ()


def _at(page: Slice, scroll: Scroll, context: Context) -> Slice:
    return replace(page, scroll=clamp(scroll, len(matching_entries(page)), _height(context)))


def _height(context: Context) -> int:
    return max(1, context.size.rows - 1)


def view(page: Slice, context: Context) -> tuple[Line, ...]:
    """The filter and the entries."""
    rows = matching_entries(page)
    scroll = clamp(page.scroll, len(rows), _height(context))
    shown = rows[scroll.top : scroll.top + _height(context)]
    cells = _key_cells(rows, context.size.cols)
    lines = [_entry_line(entry, cells) for entry in shown]
    if not rows:
        lines = [line(("dim", "   No matches. Esc clears the filter."))]
    place = scroll.index - scroll.top
    painted = [
        highlight(each, context.size.cols) if rows and i == place else each for i, each in enumerate(lines)
    ]
    return (_filter_line(page, context.size.cols), *painted)


def _filter_line(page: Slice, cols: int) -> Line:
    if page.typing:
        return (Span("key", " filter "), *field_line(page.text, max(1, cols - 8)))
    if page.text.text:
        return line(("dim", " filter "), ("accent", page.text.text))
    return line(("dim", " / filters, Enter presses the selected key, Esc goes back"))


def _key_cells(rows: tuple[Entry, ...], cols: int) -> int:
    """The width of the column of keys and commands."""
    longest = max((width(entry.shown) for entry in rows), default=0)
    return min(longest, max(_KEY_CELLS, cols // 4))


def _entry_line(entry: Entry, cells: int) -> Line:
    if entry.heading:
        return line(("heading", f" {entry.text}"))
    return line(("key", f"   {fit(entry.shown, cells)} "), entry.text)


def _title(page: Slice) -> str:
    return f"help on {page.context}" if page.context else "help"


def _is_typing(page: Slice) -> bool:
    return page.typing


KEYS: tuple[Binding[Slice], ...] = (
    *MOVES,
    Binding(("enter",), _press_selected, "do it", "Go back and press the selected key.", footer=True),
    Binding(("/",), _start_filter, "filter", "Show only entries that contain a text.", footer=True),
    Binding(("esc",), _clear_or_leave, "back", "Clear the filter, then go back.", footer=True),
)

SCREEN = Screen(
    "help", Slice(), KEYS, update, view, _title, _is_typing, summary="Show the keys and commands."
)
