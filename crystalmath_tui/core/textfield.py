"""A single-line text field being edited."""

from itertools import takewhile

from crystalmath_server.protocol.record import record
from crystalmath_tui.core.cells import char_width, clean, width
from crystalmath_tui.core.lines import Line, Span, fit_line


@record
class TextField:
    """Text, and the cursor position in it."""

    text: str = ""
    cursor: int = 0


EMPTY = TextField()


def field_of(text: str) -> TextField:
    """A field with the cursor at the end."""
    return TextField(text, len(text))


def edit(field: TextField, key: str) -> TextField | None:
    """The field after a key, or None if the key edits nothing."""
    before, after = field.text[: field.cursor], field.text[field.cursor :]
    match key:
        case "left" | "ctrl b":
            return TextField(field.text, max(0, field.cursor - 1))
        case "right" | "ctrl f":
            return TextField(field.text, min(len(field.text), field.cursor + 1))
        case "home" | "ctrl a":
            return TextField(field.text, 0)
        case "end" | "ctrl e":
            return field_of(field.text)
        case "backspace" | "ctrl h":
            return TextField(before[:-1] + after, len(before[:-1]))
        case "delete" | "ctrl d":
            return TextField(before + after[1:], field.cursor)
        case "ctrl u":
            return TextField(after, 0)
        case "ctrl k":
            return field_of(before)
        case "ctrl w":
            kept = before.rstrip().rpartition(" ")
            return TextField(kept[0] + kept[1] + after, len(kept[0] + kept[1]))
        case _:
            return paste(field, key) if len(key) == 1 and key.isprintable() else None


def paste(field: TextField, text: str) -> TextField:
    """The field with text put in at the cursor; line ends become spaces."""
    added = clean(text.rstrip("\r\n"))
    before = field.text[: field.cursor] + added
    return TextField(before + field.text[field.cursor :], len(before))


def shared_beginning(names: tuple[str, ...]) -> str:
    """The common prefix of all names."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike)


def field_line(field: TextField, cols: int, style: str = "field") -> Line:
    """The field at exactly `cols` cells, scrolled so that the cursor is visible."""
    text, cursor = field.text, max(0, min(field.cursor, len(field.text)))
    start = 0
    while start < cursor and width(text[start:cursor]) + _cursor_width(text, cursor) > cols:
        start += 1
    at = text[cursor : cursor + 1] or " "
    spans = (Span(style, text[start:cursor]), Span("cursor", at), Span(style, text[cursor + 1 :]))
    return fit_line(tuple(span for span in spans if span.text), cols, style)


def _cursor_width(text: str, cursor: int) -> int:
    return char_width(text[cursor]) if cursor < len(text) else 1
