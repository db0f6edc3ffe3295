"""INCAR text → tags with lines and columns, parsed like VASP does; pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crystalmath_server.domain.inputs.problems import ERROR, WARNING, in_file
from crystalmath_server.protocol.inputs import InputProblem

_COMMENT = re.compile(r"[#!]")
_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Tag:
    """One assignment; lines and columns begin at 1."""

    name: str
    value: str
    line: int
    column: int
    value_column: int


@dataclass(frozen=True, slots=True)
class _Statement:
    """The text between two separators, and where it begins."""

    text: str
    line: int
    column: int
    is_open: bool = False


def read(text: str) -> tuple[tuple[Tag, ...], tuple[InputProblem, ...]]:
    """All assignments in order, including duplicates, and the problems found."""
    tags: list[Tag] = []
    problems: list[InputProblem] = []
    for statement in _statements(text):
        found = _assignment(statement)
        if isinstance(found, Tag):
            tags.append(found)
            problems += _doubtful(statement, found)
        else:
            problems.append(found)
    return tuple(tags), tuple(problems)


def first_of_each(tags: tuple[Tag, ...]) -> dict[str, Tag]:
    """Name → the assignment that VASP uses: the first."""
    return {tag.name: tag for tag in reversed(tags)}


def _statements(text: str) -> Iterator[_Statement]:
    """Lines without comments, joined at backslashes and within quotes, split at semicolons."""
    held = ""
    start = 0
    for number, whole in enumerate(text.splitlines(), 1):
        line = whole if held.count('"') % 2 else _COMMENT.split(whole, maxsplit=1)[0]
        start = start if held else number
        held += line
        if held.count('"') % 2:
            held += "\n"
        elif held.rstrip().endswith("\\"):
            held = held.rstrip()[:-1] + " "
        else:
            yield from _split_statements(held, start)
            held = ""
    if held.strip():
        is_open = held.count('"') % 2 == 1
        for part in _split_statements(held, start):
            yield _Statement(part.text, part.line, part.column, is_open)


def _split_statements(text: str, line: int) -> Iterator[_Statement]:
    """Statements of one line; semicolons within quotes do not separate."""
    column, in_quotes, begin = 0, False, 0
    for column, letter in enumerate(text + ";"):
        if letter == '"':
            in_quotes = not in_quotes
        if letter == ";" and (not in_quotes or column == len(text)):
            part = text[begin:column]
            if part.strip():
                yield _Statement(part, line, begin + len(part) - len(part.lstrip()) + 1)
            begin = column + 1


def _assignment(statement: _Statement) -> Tag | InputProblem:
    text, line, column = statement.text.strip(), statement.line, statement.column
    before, sign, after = text.partition("=")
    words = _NAME.findall(before)
    if not sign or not words:
        return in_file(
            "INCAR",
            line,
            WARNING,
            "incar.no_assignment",
            f"{text[:40]!r} is not an assignment, so VASP ignores it",
            "Write TAG = value, or start the line with # for a comment.",
            column=column,
        )
    name = words[-1].upper()
    at = column + before.rindex(words[-1])
    value = after.strip().strip('"').strip()
    return Tag(name, value, line, at, column + len(before) + 1 + len(after) - len(after.lstrip()))


def _doubtful(statement: _Statement, tag: Tag) -> Iterator[InputProblem]:
    if statement.is_open:
        yield in_file(
            "INCAR",
            tag.line,
            ERROR,
            "incar.open_quote",
            f"the quote opened for {tag.name} is never closed, so all lines below belong to it",
            'Put a " at the end of the value.',
            column=tag.value_column,
            tag=tag.name,
        )
    before = statement.text.partition("=")[0].strip()
    if before.upper() != tag.name:
        yield in_file(
            "INCAR",
            tag.line,
            WARNING,
            "incar.words_before",
            f"{before!r} is not a tag name; it is read as {tag.name}",
            f"Write only {tag.name} = {tag.value[:20]}.",
            column=statement.column,
            tag=tag.name,
        )
