"""urwid as it is used here: without the event loops that it would import, and frames made of lines.

The event loops that are installed cost half of the start; asyncio alone a tenth of it, and 3 MB.
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

_unused = ModuleType("urwid.event_loop.asyncio_loop")  # urwid cannot be imported without one of this name
_unused.__dict__["AsyncioEventLoop"] = None
sys.modules.setdefault(_unused.__name__, _unused)

import urwid  # noqa: E402

__all__ = ["Frame", "Terminal", "urwid"]

_Runs = list[tuple[Hashable, Literal["0", "U"] | None, bytes]]


class Terminal(urwid.display.raw.Screen):
    """The terminal with Ctrl+Z and Ctrl+S as keys: the program stops itself, and output never freezes."""

    def _start(self, *args: Any, **more: Any) -> None:
        super()._start(*args, **more)
        self.tty_signal_keys(start="undefined", stop="undefined", susp="undefined")


class Frame(urwid.Canvas):
    """Lines that are `cols` wide as a canvas; the span of style cursor shows where the cursor is."""

    def __init__(self, lines: Sequence[Line], cols: int) -> None:
        super().__init__()
        self._lines = lines
        self._cols = cols
        self.set_cursor(_cursor(lines))

    def cols(self) -> int:
        """How wide it is."""
        return self._cols

    def rows(self) -> int:
        """How high it is."""
        return len(self._lines)

    def content(self, *_trim: Any, **_trims: Any) -> Iterator[_Runs]:
        """Each line as urwid's screen takes it; nothing lies over a frame, so it is never trimmed."""
        encoding = urwid.util.get_encoding()
        return (_runs(line, encoding) for line in self._lines)


@lru_cache(maxsize=1024)  # most lines of a frame are those of the frame before
def _runs(line: Line, encoding: str) -> _Runs:
    return [(span.style, None, span.text.encode(encoding, "replace")) for span in line]


def _cursor(lines: Sequence[Line]) -> tuple[int, int] | None:
    for row, line in enumerate(lines):
        for place, span in enumerate(line):
            if span.style == "cursor":
                return sum(width(before.text) for before in line[:place]), row
    return None
