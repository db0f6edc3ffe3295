"""Key tables as data: footer, help and dispatch are made from them."""

from crystalmath_server.protocol.record import record


@record
class Binding:
    """Keys of one action.

    Attributes
    ----------
    keys
        As urwid names them.
    action
        What the screen's update looks for.
    title
        Word or two for the footer.
    help
        Sentence for the help.
    footer
        Whether the footer shows it.
    """

    keys: tuple[str, ...]
    action: str
    title: str
    help: str
    footer: bool = False


KeyTable = tuple[Binding, ...]

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


def action_of(table: KeyTable, key: str) -> str:
    """The action of a key, or ""."""
    return next((row.action for row in table if key in row.keys), "")


def key_name(key: str) -> str:
    """A key as people call it."""
    for modifier, name in _MODIFIERS.items():
        if key.startswith(modifier) and key not in _SHOWN:
            rest = key.removeprefix(modifier)
            return f"{name}+{rest.upper() if modifier == 'ctrl ' and len(rest) == 1 else key_name(rest)}"
    if key[:1] == "f" and key[1:].isdecimal():
        return key.upper()
    return _SHOWN.get(key, key)


def key_names(binding: Binding) -> str:
    """All keys of a binding."""
    return " ".join(map(key_name, binding.keys))


MOVES: KeyTable = (
    Binding(("j", "down"), "down", "down", "One line down."),
    Binding(("k", "up"), "up", "up", "One line up."),
    Binding(("page down", "ctrl f"), "page down", "page down", "One page down."),
    Binding(("page up", "ctrl b"), "page up", "page up", "One page up."),
    Binding(("g", "home"), "first", "first", "To the first line."),
    Binding(("G", "end"), "last", "last", "To the last line."),
)
"""How every list and text moves."""
