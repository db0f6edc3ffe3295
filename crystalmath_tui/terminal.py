"""urwid without the event loops that it would import, and with frames made of lines.

Importing the installed event loops takes half of the startup time; asyncio alone a tenth, and 3 MB.
"""

import sys
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache
from types import ModuleType
from typing import Any, Literal

from crystalmath_tui.core.cells import width
from crystalmath_tui.core.lines import Line

for _name in ("zmq", "tornado", "twisted", "trio", "glib"):
    sys.modules.setdefault(f"urwid.event_loop.{_name}_loop", None)  # pyright: ignore[reportArgumentType]

_unused = ModuleType("urwid.event_loop.asyncio_loop")  # urwid's import needs a module of this name
_unused.__dict__["AsyncioEventLoop"] = None
sys.modules.setdefault(_unused.__name__, _unused)

import urwid  # noqa: E402

__all__ = ["Frame", "Terminal", "urwid"]

_Runs = list[tuple[Hashable, Literal["0", "U"] | None, bytes]]


class Terminal(urwid.display.raw.Screen):
    """The terminal with Ctrl+Z and Ctrl+S as keys: the program suspends itself, and output never freezes."""

    def _start(self, *args: Any, **more: Any) -> None:
        super()._start(*args, **more)
        self.tty_signal_keys(start="undefined", stop="undefined", susp="undefined")


class Frame(urwid.Canvas):
    """A canvas of lines that are `cols` wide; the span of style "cursor" marks the cursor."""

    def __init__(self, lines: Sequence[Line], cols: int) -> None:
        super().__init__()
        self._lines = lines
        self._cols = cols
        self.set_cursor(_cursor(lines))

    def cols(self) -> int:
        """The width in columns."""
        return self._cols

    def rows(self) -> int:
        """The height in rows."""
        return len(self._lines)

    def content(self, *_trim: Any, **_trims: Any) -> Iterator[_Runs]:
        """Each line in urwid's run format; nothing overlays a frame, so it is never trimmed."""
        encoding = urwid.util.get_encoding()
        return (_runs(line, encoding) for line in self._lines)


@lru_cache(maxsize=1024)  # most lines repeat those of the previous frame
def _runs(line: Line, encoding: str) -> _Runs:
    return [(span.style, None, span.text.encode(encoding, "replace")) for span in line]


def _cursor(lines: Sequence[Line]) -> tuple[int, int] | None:
    for row, line in enumerate(lines):
        for place, span in enumerate(line):
            if span.style == "cursor":
                return sum(width(before.text) for before in line[:place]), row
    return None
