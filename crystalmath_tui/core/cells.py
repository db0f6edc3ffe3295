"""Terminal cells: text width, truncation and wrapping, and sanitizing of untrusted text."""

from functools import lru_cache
from unicodedata import category

_ELLIPSIS = "…"
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Cn"})
_FIRST_OF_OTHER_WIDTH = "\u0300"  # below it, every character that `clean` keeps takes one cell


@lru_cache(maxsize=8192)
def char_width(char: str) -> int:
    """Cells of one character that `clean` keeps: 0, 1 or 2."""
    if char < _FIRST_OF_OTHER_WIDTH:
        return 1
    from wcwidth import wcwidth  # urwid loads it anyway; the command line starts 25 ms sooner without it

    return max(0, wcwidth(char))


def width(text: str) -> int:
    """Cells of a clean text."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def clean(text: str) -> str:
    """Remove characters that control a terminal or reorder a line: control, escape and bidi characters."""
    if text.isprintable():
        return text
    return "".join(map(_clean_char, text))


def _clean_char(char: str) -> str:
    if char in "\t\n\r" or category(char) in {"Zs", "Zl", "Zp"}:
        return " "
    return "" if category(char) in _DROPPED else char


def head(text: str, cells: int) -> str:
    """The longest prefix of a clean text that is at most `cells` wide."""
    if text.isascii():
        return text[: max(0, cells)]
    used = 0
    for index, char in enumerate(text):
        used += char_width(char)
        if used > cells:
            return text[:index]
    return text


def cut(text: str, cells: int) -> str:
    """A clean text of at most `cells` cells; an ellipsis marks truncation."""
    text = clean(text)
    if width(text) <= cells:
        return text
    return head(text, cells - 1) + _ELLIPSIS if cells > 0 else ""


@lru_cache(maxsize=4096)  # most cells of a table repeat those of the previous frame
def fit(text: str, cells: int, *, right: bool = False) -> str:
    """A clean text of exactly `cells` cells."""
    shown = cut(text, cells)
    gap = " " * max(0, cells - width(shown))
    return gap + shown if right else shown + gap


def wrap(text: str, cells: int) -> list[str]:
    """Lines of at most `cells` cells, broken at spaces if possible."""
    return [piece for line in text.splitlines() or [""] for piece in _wrap_line(clean(line), max(1, cells))]


def _wrap_line(line: str, cells: int) -> list[str]:
    if len(line) <= cells and line.isascii():
        return [line]
    pieces: list[str] = []
    while width(line) > cells:
        piece = head(line, cells) or line[0]
        space = piece.rfind(" ")
        if not line.startswith(" ", len(piece)) and space > 0:
            piece = piece[:space]
        pieces.append(piece.rstrip())
        line = line[len(piece) :].lstrip()
    return [*pieces, line]
