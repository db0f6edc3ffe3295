"""A path of this machine while it is typed: edited, completed by Tab, shown; pure."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import cut
from crystalmath_tui.core.effects import Effect, ListFolder, Tagged
from crystalmath_tui.core.lines import Line, Span, line
from crystalmath_tui.core.messages import Message
from crystalmath_tui.core.textfield import (
    EMPTY,
    TextField,
    edited,
    field_line,
    field_of,
    pasted,
    shared_beginning,
)

_NAMES_SHOWN = 6

Outcome = Literal["typing", "done", "closed"]


@record
class PathField:
    """What was typed, and the names that Tab found where there are several."""

    field: TextField = EMPTY
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What was typed, without the blanks around it."""
        return self.field.text.strip()


def path_of(text: str) -> PathField:
    """A field with the cursor at the end."""
    return PathField(field_of(text))


def press(
    path: PathField, key: str, listed: Callable[[str, tuple[str, ...]], Message]
) -> tuple[PathField, tuple[Effect, ...], Outcome]:
    """The field after a key; Enter ends it, Esc closes it, Tab asks for the names that go on from it."""
    if key == "enter":
        return path, (), "done"
    if key == "esc":
        return path, (), "closed"
    if key == "tab":
        return path, (ListFolder(path.text, Tagged(listed, path.text)),), "typing"
    field = edited(path.field, key)
    return (path if field is None else PathField(field)), (), "typing"


def put_in(path: PathField, text: str) -> PathField:
    """The field with pasted text."""
    return PathField(pasted(path.field, text))


def completed(path: PathField, names: tuple[str, ...], *, folders: bool = False) -> PathField:
    """The text as far as all names agree; their names where there are several."""
    fitting = tuple(name for name in names if name.endswith("/") or not folders)
    shared = shared_beginning(fitting)
    longer = len(shared) > len(path.text)
    return replace(
        path, field=field_of(shared) if longer else path.field, names=fitting if len(fitting) > 1 else ()
    )


def path_lines(path: PathField, words: str, cols: int) -> tuple[Line, Line]:
    """The field with words before it, and the names that go on from it."""
    head = Span("key", f" {words} ")
    room = max(1, cols - len(words) - 2)
    shown = "  ".join(name.rstrip("/").rpartition("/")[2] for name in path.names[:_NAMES_SHOWN])
    more = f"  and {len(path.names) - _NAMES_SHOWN} more" if len(path.names) > _NAMES_SHOWN else ""
    return (head, *field_line(path.field, room)), line(("dim", cut(f" {shown}{more}", cols)))
