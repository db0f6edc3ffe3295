"""An INCAR line being typed: the token at the cursor, highlighting, and completion."""

import re
from collections.abc import Mapping
from typing import Literal

from crystalmath_server.protocol.inputs import KnownTag
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.lines import Line, Span

_COMMENT = re.compile(r"[#!]")
_NAME = re.compile(r"\w+")
_VALUE = re.compile(r"[^\s,=]+")
_SWITCH = (".TRUE.", ".FALSE.")
_MOST = 200


@record
class Spot:
    """The token at the cursor.

    Attributes
    ----------
    tag
        The tag of the assignment, in capitals; empty if there is none.
    start, end
        Range of the word at the cursor, in characters.
    has_sign
        Whether the assignment already has its =.
    """

    part: Literal["name", "value", "nothing"]
    tag: str = ""
    start: int = 0
    end: int = 0
    has_sign: bool = False


@record
class Choice:
    """One completion at the cursor, and its meaning."""

    text: str
    meaning: str = ""


def spot(line: str, col: int) -> Spot:
    """The token that contains the character `col` of a line."""
    found = _COMMENT.search(line)
    code = line[: found.start()] if found else line
    if col > len(code):
        return Spot("nothing")
    begin = code.rfind(";", 0, col) + 1
    end = code.find(";", col)
    statement = code[begin : end if end >= 0 else len(code)]
    before, sign, _ = statement.partition("=")
    names = _NAME.findall(before)
    tag = names[-1].upper() if names else ""
    if sign and col > begin + len(before):
        start, stop = _word(code, col, _VALUE, begin + len(before) + 1)
        return Spot("value", tag, start, stop, has_sign=True)
    start, stop = _word(code, col, _NAME, begin)
    return Spot("name", tag if sign else code[start:stop].upper() or tag, start, stop, bool(sign))


def _word(code: str, col: int, kind: re.Pattern[str], begin: int) -> tuple[int, int]:
    """Start and end of the word that touches a column; both are the column if no word does."""
    for found in kind.finditer(code, begin):
        if found.start() <= col <= found.end():
            return found.start(), found.end()
    return col, col


def paint_line(line: str) -> Line:
    """Spans of names, values and comments; their texts add up to the line."""
    found = _COMMENT.search(line)
    end = found.start() if found else len(line)
    spans: list[Span] = []
    at = 0
    for part in re.finditer(r"(\w+)(\s*=)", line[:end]):
        spans += [Span("", line[at : part.start()]), Span("accent", part[1]), Span("dim", part[2])]
        at = part.end()
    return tuple(span for span in (*spans, Span("", line[at:end]), Span("dim", line[end:])) if span.text)


def assignments(text: str) -> dict[str, str]:
    """Tag → value of a whole INCAR; for a repeated tag the first value, which VASP uses."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        for statement in _COMMENT.split(line, maxsplit=1)[0].split(";"):
            before, sign, value = statement.partition("=")
            names = _NAME.findall(before)
            if sign and names:
                found.setdefault(names[-1].upper(), value.strip())
    return found


def choices(line: str, col: int, tags: Mapping[str, KnownTag]) -> tuple[Choice, ...]:
    """Completions of the word at the cursor: prefix matches first, then substring matches."""
    place = spot(line, col)
    typed = line[place.start : col].casefold()
    if place.part == "nothing":
        return ()
    if place.part == "name":
        known = sorted(tags.values(), key=lambda tag: (not tag.summary, tag.name))
        offered = [Choice(tag.name, tag.summary or tag.kind) for tag in known]
    else:
        offered = _values(tags.get(place.tag))
    begin = [each for each in offered if each.text.casefold().startswith(typed)]
    hold = [each for each in offered if typed in each.text.casefold() and each not in begin]
    return tuple((begin + hold)[:_MOST])


def _values(tag: KnownTag | None) -> list[Choice]:
    if tag is None:
        return []
    values = sorted(_SWITCH if tag.kind == "bool" else tag.values, key=lambda each: each not in tag.meanings)
    return [
        Choice(value, tag.meanings.get(value, "default" if value == tag.default else "")) for value in values
    ]


def completion_text(cursor: Spot, choice: Choice) -> str:
    """The text to insert for a choice; a tag name is followed by =."""
    return f"{choice.text} = " if cursor.part == "name" and not cursor.has_sign else choice.text
