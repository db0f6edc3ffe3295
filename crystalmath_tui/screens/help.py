"""Help: every key and command of the context; / filters, Enter executes."""

from dataclasses import replace

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import fit
from crystalmath_tui.core.effects import Back, Effect, Press
from crystalmath_tui.core.keymap import MOVES, Binding, KeyTable, action_of, key_names
from crystalmath_tui.core.lines import Line, Span, highlight, line
from crystalmath_tui.core.messages import KeyPressed, Message, MousePressed, Pasted
from crystalmath_tui.core.screen import Context, Screen
from crystalmath_tui.core.scroll import START, Scroll, clamp, move
from crystalmath_tui.core.textfield import EMPTY, TextField, edit, field_line, paste

KEYS = (
    *MOVES,
    Binding(("enter",), "execute", "do it", "Go back and press the selected key.", footer=True),
    Binding(("/",), "filter", "filter", "Show only what holds a text.", footer=True),
    Binding(("esc",), "back", "back", "Clear the filter, then go back.", footer=True),
)


@record
class Entry:
    """One line of the help; `key` is what Enter presses, "" for a heading or an explanation."""

    shown: str
    text: str
    key: str = ""
    heading: bool = False


@record
class HelpAsked(Message):
    """Help on a context was asked for; program.py makes the entries from the key tables."""

    context: str
    entries: tuple[Entry, ...]


@record
class Slice:
    """What is shown and where one is in it."""

    context: str = ""
    entries: tuple[Entry, ...] = ()
    text: TextField = EMPTY
    typing: bool = False
    scroll: Scroll = START


def entries_of(title: str, table: KeyTable) -> tuple[Entry, ...]:
    """A heading and one entry a binding."""
    rows = (Entry(key_names(row), row.help, row.keys[0]) for row in table)
    return (Entry("", title, heading=True), *rows)


def update(page: Slice, message: Message, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    """Filter, move and execute."""
    match message:
        case HelpAsked(name, entries):
            return Slice(name, entries, scroll=Scroll(1)), ()
        case KeyPressed(key) if page.typing:
            return _typed(page, key), ()
        case Pasted(text) if page.typing:
            return replace(page, text=paste(page.text, text), scroll=Scroll()), ()
        case KeyPressed(key):
            return _act(page, action_of(KEYS, key), context)
        case MousePressed(row, _, button):
            return _mouse(page, row, button, context)
        case _:
            return _at(page, page.scroll, context), ()


def matching(page: Slice) -> tuple[Entry, ...]:
    """The entries that hold the text; headings only where nothing is filtered."""
    wanted = page.text.text.casefold()
    if not wanted:
        return page.entries
    return tuple(
        entry
        for entry in page.entries
        if not entry.heading and wanted in f"{entry.shown} {entry.text}".casefold()
    )


def _typed(page: Slice, key: str) -> Slice:
    if key in {"enter", "esc", "down", "up"}:
        text = TextField() if key == "esc" else page.text
        return replace(page, typing=False, text=text, scroll=Scroll())
    changed = edit(page.text, key)
    return replace(page, text=changed, scroll=Scroll()) if changed else page


def _act(page: Slice, action: str, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    rows = matching(page)
    match action:
        case "filter":
            return replace(page, typing=True), ()
        case "back" if page.text.text:
            return replace(page, text=TextField()), ()
        case "back":
            return page, (Back(),)
        case "execute":
            key = rows[page.scroll.index].key if page.scroll.index < len(rows) else ""
            return page, (Press(key),) if key else ()
        case _:
            return _at(page, move(page.scroll, action, len(rows), _height(context)), context), ()


def _mouse(page: Slice, row: int, button: int, context: Context) -> tuple[Slice, tuple[Effect, ...]]:
    if button in {4, 5}:
        return _act(page, "up" if button == 4 else "down", context)
    index = page.scroll.top + row - 1
    if button != 1 or row < 1 or index >= len(matching(page)):
        return page, ()
    if index == page.scroll.index:
        return _act(page, "execute", context)
    return replace(page, scroll=Scroll(index, page.scroll.top)), ()


def _at(page: Slice, scroll: Scroll, context: Context) -> Slice:
    return replace(page, scroll=clamp(scroll, len(matching(page)), _height(context)))


def _height(context: Context) -> int:
    return max(1, context.size.rows - 1)


def view(page: Slice, context: Context) -> tuple[Line, ...]:
    """The filter and the entries."""
    rows = matching(page)
    scroll = clamp(page.scroll, len(rows), _height(context))
    shown = rows[scroll.top : scroll.top + _height(context)]
    lines = [_entry_line(entry) for entry in shown]
    if not rows:
        lines = [line(("dim", "   Nothing holds this text. Esc clears it."))]
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


def _entry_line(entry: Entry) -> Line:
    if entry.heading:
        return line(("heading", f" {entry.text}"))
    return line(("key", f"   {fit(entry.shown, 18)}"), entry.text)


def _title(page: Slice) -> str:
    return f"help on {page.context}" if page.context else "help"


def _typing(page: Slice) -> bool:
    return page.typing


SCREEN = Screen("help", Slice(), KEYS, update, view, _title, _typing, summary="Show the keys and commands.")
