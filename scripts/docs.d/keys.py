"""Reference of the terminal interface: keys of every screen, and colon commands."""

from typing import Any

from markup import ROOT, page, table

from crystalmath_tui.core.keymap import MOVES, Binding, KeyTable, key_name
from crystalmath_tui.program import COMMANDS, KEYS, SCREENS


def keys() -> str:
    """Key tables, starting with the keys that every screen shares."""
    screens = (
        f"## {name}\n\n{picture(name)}{screen.summary}\n\n{key_table(own_keys(screen.keys))}"
        for name, screen in SCREENS.items()
    )
    return page(
        "Keys",
        "`?` shows the keys of the screen in front of you; this page has them all.",
        f"## Everywhere\n\n{key_table(KEYS)}",
        f"## Lists and texts\n\nThese keys move in every list and text.\n\n{key_table(MOVES)}",
        *screens,
    )


def own_keys(bindings: KeyTable) -> KeyTable:
    """The keys of a screen without the shared movement keys."""
    return tuple(row for row in bindings if row not in MOVES)


def key_table(bindings: KeyTable) -> str:
    """A table with one row per binding."""
    return table(("keys", "what they do"), ((key_names(row), row.help) for row in bindings))


def key_names(binding: Binding[Any]) -> str:
    """The keys of a binding as people call them."""
    return " ".join(f"`{key_name(key)}`" for key in binding.keys)


def picture(name: str) -> str:
    """The picture of a screen, if there is one."""
    if not (ROOT / f"docs/images/{name}.svg").exists():
        return ""
    return f"![The screen {name}](../images/{name}.svg)\n\n"


def commands() -> str:
    """The commands that may follow the colon."""
    rows = ((f"`:{row.name} {row.usage}`".replace(" `", "`"), row.summary) for row in COMMANDS)
    return page(
        "Commands after the colon",
        "Type `:` on any screen, then one of these. `Tab` completes.",
        table(("command", "what it does"), rows),
    )
