"""A multi-line text being edited: cursor, words, pages, undo and redo."""

from dataclasses import replace

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import char_width
from crystalmath_tui.core.line_cells import cell_of, col_at

Place = tuple[int, int]
"""Row and character, from 0."""

_MOST_STEPS = 2000
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"


@record
class Change:
    """Lines from `row` on that were replaced, and the cursor before and after."""

    row: int
    before: tuple[str, ...]
    after: tuple[str, ...]
    start: Place
    end: Place


@record
class Area:
    """Lines, the cursor, and what can be undone.

    Attributes
    ----------
    goal
        Cell to which ↑ and ↓ return after shorter lines; -1: the cursor's cell.
    group
        Kind of the last change, which the next change of that kind joins; empty: none.
    """

    lines: tuple[str, ...] = ("",)
    row: int = 0
    col: int = 0
    goal: int = -1
    done: tuple[Change, ...] = ()
    undone: tuple[Change, ...] = ()
    group: str = ""

    @property
    def line(self) -> str:
        """The line of the cursor."""
        return self.lines[self.row]

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self.lines)


def area_of(text: str) -> Area:
    """A text with the cursor at its beginning."""
    return Area(_split(text))


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def at(area: Area, row: int, col: int) -> Area:
    """The area with the cursor moved, clamped to the text."""
    row = max(0, min(row, len(area.lines) - 1))
    col = max(0, min(col, len(area.lines[row])))
    return replace(area, row=row, col=col, goal=-1, group="")


def edit(area: Area, key: str, page: int = 10) -> Area | None:
    """The area after a key, or None if the editor does not use the key.

    Parameters
    ----------
    page
        Number of lines that PgUp and PgDn move.
    """
    if key in _MOVES:
        return _move(area, _MOVES[key], page)
    if key in _ERASERS:
        return _erase(area, _ERASERS[key])
    match key:
        case "enter":
            return paste(area, "\n")
        case "ctrl z" | "ctrl _":
            return undo(area)
        case "ctrl y":
            return redo(area)
        case _:
            return _type(area, key) if len(key) == 1 and key.isprintable() else None


def paste(area: Area, text: str) -> Area:
    """The area with a text inserted at the cursor, as one undo step."""
    return put(area, area.col, area.col, text)


def put(area: Area, start: int, end: int, text: str) -> Area:
    """The area with a text replacing `start` to `end` of the cursor's line; the cursor goes after it."""
    line = area.line
    first, *others = _split(text)
    if not others:
        changed = (line[:start] + first + line[end:],)
        return _change(area, area.row, area.row, changed, (area.row, start + len(first)))
    last = others[-1]
    lines = (line[:start] + first, *others[:-1], last + line[end:])
    return _change(area, area.row, area.row, lines, (area.row + len(others), len(last)))


def rewrite(area: Area, text: str) -> Area:
    """The area with its whole text replaced, as one undo step; the cursor stays if possible."""
    lines = _split(text)
    row = min(area.row, len(lines) - 1)
    return _change(area, 0, len(area.lines) - 1, lines, (row, min(area.col, len(lines[row]))))


def undo(area: Area) -> Area:
    """The area before the last step."""
    if not area.done:
        return area
    *done, change = area.done
    lines = _swap(area.lines, change.row, change.after, change.before)
    row, col = change.start
    return Area(lines, row, col, -1, tuple(done), (*area.undone, change))


def redo(area: Area) -> Area:
    """The area with the last undone step redone."""
    if not area.undone:
        return area
    *undone, change = area.undone
    lines = _swap(area.lines, change.row, change.before, change.after)
    row, col = change.end
    return Area(lines, row, col, -1, (*area.done, change), tuple(undone))


def _swap(lines: tuple[str, ...], row: int, old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return lines[:row] + new + lines[row + len(old) :]


def _change(area: Area, first: int, last: int, after: tuple[str, ...], end: Place, group: str = "") -> Area:
    """The area with lines `first` to `last` replaced; steps of the same group are merged."""
    before = area.lines[first : last + 1]
    if before == after:
        return at(area, *end)
    change = Change(first, before, after, (area.row, area.col), end)
    done = area.done
    if group and group == area.group and done and _joins(done[-1], change):
        change = replace(change, before=done[-1].before, start=done[-1].start)
        done = done[:-1]
    lines = _swap(area.lines, first, before, after)
    return Area(lines, *end, done=(*done, change)[-_MOST_STEPS:], group=group)


def _joins(earlier: Change, later: Change) -> bool:
    """Whether both changes concern the same line."""
    return earlier.row == later.row and len(earlier.after) == len(later.before) == len(later.after) == 1


def _type(area: Area, char: str) -> Area:
    """The area with a character inserted; each word is its own undo step."""
    begins = not char.isspace() and area.line[area.col - 1 : area.col].isspace()
    base = replace(area, group="") if begins else area
    line = area.line[: area.col] + char + area.line[area.col :]
    return _change(base, area.row, area.row, (line,), (area.row, area.col + 1), "typed")


_MOVES = {
    "left": "left",
    "right": "right",
    "up": "up",
    "down": "down",
    "home": "home",
    "ctrl a": "home",
    "end": "end",
    "ctrl e": "end",
    "page up": "page up",
    "page down": "page down",
    "ctrl home": "first",
    "ctrl end": "last",
    "ctrl left": "word left",
    "meta b": "word left",
    "ctrl right": "word right",
    "meta f": "word right",
}
_ERASERS = {
    "backspace": "left",
    "ctrl h": "left",
    "delete": "right",
    "ctrl d": "right",
    "ctrl w": "word left",
    "meta backspace": "word left",
    "meta d": "word right",
    "ctrl u": "start",
    "ctrl k": "end",
}


def _move(area: Area, move: str, page: int) -> Area:
    vertical = {"up": -1, "down": 1, "page up": -max(1, page), "page down": max(1, page)}
    if move in vertical:
        goal = area.goal if area.goal >= 0 else cell_of(area.line, area.col)
        row = max(0, min(area.row + vertical[move], len(area.lines) - 1))
        return replace(area, row=row, col=col_at(area.lines[row], goal), goal=goal, group="")
    return at(area, *_target(area, move))


def _target(area: Area, move: str) -> Place:
    """Where a movement takes the cursor."""
    line, row, col = area.line, area.row, area.col
    match move:
        case "first":
            return 0, 0
        case "last":
            return len(area.lines) - 1, len(area.lines[-1])
        case "start":
            return row, 0
        case "home":
            begin = len(line) - len(line.lstrip())
            return row, begin if col != begin else 0
        case "end":
            return row, len(line)
        case "left" | "word left" if col == 0:
            return (row - 1, len(area.lines[row - 1])) if row else (0, 0)
        case "right" | "word right" if col == len(line):
            return (row + 1, 0) if row + 1 < len(area.lines) else (row, col)
        case "left" | "right":
            return row, _step(line, col, -1 if move == "left" else 1)
        case _:
            return row, _word(line, col, -1 if move == "word left" else 1)


def _step(line: str, col: int, step: int) -> int:
    """The next character position, skipping combining characters."""
    col += step
    while 0 < col < len(line) and char_width(line[col]) == 0:
        col += step
    return col


def _word(line: str, col: int, step: int) -> int:
    """The position after skipping non-word characters, then a word."""
    ahead = -1 if step < 0 else 0
    while 0 <= col + ahead < len(line) and line[col + ahead] not in _WORD:
        col += step
    while 0 <= col + ahead < len(line) and line[col + ahead] in _WORD:
        col += step
    return col


def _erase(area: Area, move: str) -> Area:
    """The area with the text between the cursor and a movement's target removed, line ends included."""
    if move == "end" and area.col == len(area.line):
        move = "right"
    if move == "start" and area.col == 0:
        return at(area, area.row, area.col)
    start, end = sorted(((area.row, area.col), _target(area, move)))
    line = area.lines[start[0]][: start[1]] + area.lines[end[0]][end[1] :]
    group = f"erased {move}" if start[0] == end[0] else ""
    return _change(area, start[0], end[0], (line,), start, group)
