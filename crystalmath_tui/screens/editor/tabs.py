"""Editor: the file tabs, with edit marks and problem counts."""

from crystalmath_server.protocol.inputs import Severity
from crystalmath_tui.core.inputs import MARKS
from crystalmath_tui.core.lines import Line, Span, fit_line, line_width, spread
from crystalmath_tui.screens.editor.model import OpenFile, Slice, of_file

_COUNTED = (Severity.ERROR, Severity.WARNING)


def tab_line(editor: Slice, cols: int) -> Line:
    """The file tabs and the status of the check."""
    files = tuple(span for index in range(len(editor.files)) for span in _label(editor, index))
    return fit_line(spread(files, (_state(editor),), cols), cols)


def _label(editor: Slice, index: int) -> Line:
    file, front = editor.files[index], index == editor.at
    edited = (Span("mark", " edited"),) if file.is_edited else ()
    name = Span("accent" if front else "dim", f" {'▸' if front else ' '} {file.name}")
    return (name, *edited, *_counts(editor, file), Span("", " "))


def _counts(editor: Slice, file: OpenFile) -> Line:
    rows = of_file(editor, file.name)
    counts = {kind: sum(row.severity is kind for row in rows) for kind in _COUNTED}
    return tuple(
        Span(MARKS[kind][0], f" {MARKS[kind][1]}{amount}") for kind, amount in counts.items() if amount
    )


def _state(editor: Slice) -> Span:
    if editor.check_error:
        return Span("warn", f"{editor.check_error} ")
    if editor.checked != editor.turn:
        return Span("dim", "checking … ")
    wrong = sum(row.severity in _COUNTED for row in editor.problems)
    return Span("dim", "") if wrong else Span("ok", "no problems ")


def tab_at(editor: Slice, col: int) -> int:
    """The index of the file tab at a column, or -1."""
    end = 0
    for index in range(len(editor.files)):
        end += line_width(_label(editor, index))
        if col < end:
            return index
    return -1
