"""Key tables as data, the source of footer, help and dispatch."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.context import Context, Update
from crystalmath_tui.core.effects import Effect
from crystalmath_tui.core.messages import Message, Scrolled

S = TypeVar("S")
Action = Callable[[S, Context], Update[S]]


@record
class Binding(Generic[S]):
    """The keys of one action.

    Attributes
    ----------
    keys
        Key names as in urwid.
    action
        What the keys do; None: the edited text handles them.
    title
        One or two words for the footer.
    help
        A sentence for the help.
    footer
        Whether the footer shows it.
    """

    keys: tuple[str, ...]
    action: Action[S] | Scrolled | None
    title: str
    help: str
    footer: bool = False


KeyTable = tuple[Binding[Any], ...]

_MODIFIERS = {"ctrl ": "Ctrl", "shift ": "Shift", "meta ": "Alt"}
_SHOWN = {
    " ": "Space",
    "enter": "Enter",
    "esc": "Esc",
    "tab": "Tab",
    "shift tab": "Shift+Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "backspace": "Backspace",
    "delete": "Del",
    "page up": "PgUp",
    "page down": "PgDn",
    "home": "Home",
    "end": "End",
}


def binding_of(table: KeyTable, key: str) -> Binding[Any] | None:
    """The binding of a key, or None."""
    return next((row for row in table if key in row.keys), None)


def dispatch(
    table: KeyTable,
    update: Callable[[S, Message, Context], Update[S]],
    state: S,
    key: str,
    context: Context,
) -> Update[S] | None:
    """Run the action of a key; None if the key is unbound or belongs to the edited text."""
    row = binding_of(table, key)
    match row and row.action:
        case None:
            return None
        case Scrolled() as scrolled:
            return update(state, scrolled, context)
        case action:
            return action(state, context)


def emit(*effects: Effect) -> Action[Any]:
    """An action that only emits effects."""
    return lambda state, _: (state, effects)


def key_name(key: str) -> str:
    """The name of a key for people."""
    for modifier, name in _MODIFIERS.items():
        if key.startswith(modifier) and key not in _SHOWN:
            rest = key.removeprefix(modifier)
            return f"{name}+{rest.upper() if modifier == 'ctrl ' and len(rest) == 1 else key_name(rest)}"
    if key[:1] == "f" and key[1:].isdecimal():
        return key.upper()
    return _SHOWN.get(key, key)


def key_names(binding: Binding[Any]) -> str:
    """All keys of a binding."""
    return " ".join(map(key_name, binding.keys))


MOVES: KeyTable = (
    Binding(("j", "down"), Scrolled("down"), "down", "One line down."),
    Binding(("k", "up"), Scrolled("up"), "up", "One line up."),
    Binding(("page down", "ctrl f"), Scrolled("page down"), "page down", "One page down."),
    Binding(("page up", "ctrl b"), Scrolled("page up"), "page up", "One page up."),
    Binding(("g", "home"), Scrolled("first"), "first", "To the first line."),
    Binding(("G", "end"), Scrolled("last"), "last", "To the last line."),
)
"""The movement keys of every list and text."""
