"""Editor: rendering of its pages."""

from functools import lru_cache

from crystalmath_server.protocol.inputs import InputDiff, InputProblem, TagChange
from crystalmath_tui.core.area_view import Marks, Paint, area_lines, cursor_cell
from crystalmath_tui.core.cells import cut, fit, wrap
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.diff_lines import side_by_side, unified_lines
from crystalmath_tui.core.formatting import error_text, state_span
from crystalmath_tui.core.incar_line import paint_line
from crystalmath_tui.core.inputs import MARKS, worst
from crystalmath_tui.core.line_cells import overlay, visible_text
from crystalmath_tui.core.lines import Line, Size, Span, beside, fit_line, fit_lines, highlight, line
from crystalmath_tui.core.screen import Screen
from crystalmath_tui.core.scroll import clamp
from crystalmath_tui.core.textfield import field_line
from crystalmath_tui.screens.editor import diff as diff_page
from crystalmath_tui.screens.editor.model import (
    HEAD,
    WIDE,
    OpenFile,
    Slice,
    here,
    list_rows,
    message_rows,
    of_file,
    pane_cols,
    text_size,
)
from crystalmath_tui.screens.editor.panes import (
    brief,
    choice_lines,
    of_here,
    pane,
    problem_lines,
    problem_row,
)
from crystalmath_tui.screens.editor.tabs import tab_line
from crystalmath_tui.screens.editor.update import FOOTER, KEYS, update

_MOST_CHOICES = 8
_SIGNS = {"added": ("ok", "+"), "removed": ("error", "-"), "changed": ("warn", "~")}


def view(editor: Slice, context: Context) -> tuple[Line, ...]:
    """The file tabs and the current page."""
    size = context.size
    head = (tab_line(editor, size.cols), line(("rule", "─" * size.cols)))
    return (*head, *_PAGES[editor.page](editor, size))


def _text(editor: Slice, size: Size) -> tuple[Line, ...]:
    file, room = here(editor), text_size(size)
    if file is None:
        return ()
    lines = fit_lines(area_lines(file.area, file.window, room, _marks(editor, file), _paint(file)), room)
    lines = _with_choices(editor, file, lines, room)
    if size.cols >= WIDE:
        side = Size(room.rows, size.cols)
        lines = beside(lines, pane(editor, pane_cols(size), room.rows), room.cols, side)
    return (*lines, *_message_lines(editor, size))


def _marks(editor: Slice, file: OpenFile) -> Marks:
    """The mark of the worst problem on each line."""
    found: dict[int, InputProblem] = {}
    for each in of_file(editor, file.name):
        row = max(0, each.line - 1)
        found[row] = worst((found.get(row, each), each)) or each
    return {row: MARKS[each.severity] for row, each in found.items()}


def _paint(file: OpenFile) -> Paint:
    return paint_line if file.name == "INCAR" else _plainly


def _plainly(text: str) -> Line:
    return (Span("", text),)


def _message_lines(editor: Slice, size: Size) -> tuple[Line, ...]:
    """The problem of the line, and the tag if there is no side pane."""
    rows = message_rows(size)
    if rows == 1:
        return problem_lines(of_here(editor), size.cols, 1)
    tag = () if size.cols >= WIDE else brief(editor, size.cols)
    problems = problem_lines(of_here(editor), size.cols, max(2, rows - 1 - len(tag)))
    return (line(("rule", "─" * size.cols)), *problems, *tag[: rows - 1 - len(problems)])


def _with_choices(editor: Slice, file: OpenFile, lines: tuple[Line, ...], room: Size) -> tuple[Line, ...]:
    """The text with the completion list drawn over it, below or above the cursor."""
    if editor.completion is None or room.rows < 3:
        return lines
    row, cell = cursor_cell(file.area, file.window, room)
    below = room.rows - row - 1
    rows = min(_MOST_CHOICES, len(editor.completion.choices), max(below, row))
    found, width = choice_lines(editor.completion.choices, editor.completion.index, room.cols, rows)
    top = row + 1 if rows <= below else row - rows
    col = max(0, min(cell, room.cols - width))
    covered = dict(enumerate(found, top))
    return tuple(
        overlay(each, covered[index], col, width, room.cols) if index in covered else each
        for index, each in enumerate(lines)
    )


def _problems(editor: Slice, size: Size) -> tuple[Line, ...]:
    rows = list_rows(size)
    if not editor.problems:
        words = (
            "No known problems." if editor.checked == editor.turn else "The input files are being checked."
        )
        return (line(("dim", f" {words} Esc goes back to the text.")),)
    place = clamp(editor.problem_at, len(editor.problems), rows)
    shown_rows = editor.problems[place.top : place.top + rows]
    lines: list[Line] = [(Span("", " "), *problem_row(each, size.cols - 1)) for each in shown_rows]
    at = place.index - place.top
    lines[at] = highlight(lines[at], size.cols)
    told = problem_lines((editor.problems[place.index],), size.cols, TOLD_OF_LIST)
    filled = fit_lines(lines, Size(rows, size.cols))
    return (*filled, line(("rule", "─" * size.cols)), *told)


TOLD_OF_LIST = 4
"""Number of rows for the description of the selected problem."""


def _diff(editor: Slice, size: Size) -> tuple[Line, ...]:
    diff = editor.diff
    if diff.typed is not None:
        return _job_list(editor, size)
    other = (
        f"job {diff.against}"
        if diff.against
        else f"the template {editor.vasp_inputs.source[0] if editor.vasp_inputs else ''}"
    )
    head = line(("heading", f" differences from {other}"), ("dim", "   - there, + here"))
    if diff.error is not None:
        words = wrap(error_text(diff.error), max(8, size.cols - 2))
        return (head, *(line(("error", f" {part}")) for part in words))
    if diff.result is None:
        return (head, line(("dim", " … comparing")))
    rows = max(1, size.rows - HEAD - 1)
    lines = _difference(diff.result, size.cols, is_beside=diff_page.is_beside(diff, size))
    top = max(0, min(diff.top, len(lines) - rows))
    return (head, *lines[top : top + rows])


@lru_cache(maxsize=2)
def _texts(texts: tuple[tuple[str, str], ...], cols: int, *, is_beside: bool) -> tuple[Line, ...]:
    lines: list[Line] = []
    for name, text in texts:
        rows = side_by_side(text, cols) if is_beside else unified_lines(text)
        lines += [(), line(("heading", f" {name}")), *rows]
    return tuple(lines)


def _difference(diff: InputDiff, cols: int, *, is_beside: bool) -> tuple[Line, ...]:
    """Differences by meaning, then line by line."""
    lines = [_tag_line(each) for each in diff.tags]
    for name, pair in (("k-points", diff.kpoints), ("potentials", diff.potentials)):
        if pair is not None:
            lines.append(_pair_line(name, *pair))
    if diff.structure is not None and diff.structure.words:
        lines.append(line(("warn", " ~ "), fit("structure", 14), visible_text(diff.structure.words)))
    if diff.same:
        words = "Both have the same meaning." if diff.texts else "Nothing differs."
        lines.append(line(("ok", f" {words}")))
    texts = _texts(tuple(diff.texts.items()), cols, is_beside=is_beside)
    return (*(fit_line(each, cols) for each in lines), *texts)


def _tag_line(each: TagChange) -> Line:
    style, sign = _SIGNS[each.change]
    values = {"added": each.right, "removed": each.left, "changed": f"{each.left} → {each.right}"}
    return line((style, f" {sign} "), fit(each.tag, 14), visible_text(values[each.change].replace("\n", " ")))


def _pair_line(name: str, left: str, right: str) -> Line:
    words = f"{cut(left.replace(chr(10), ' '), 60)} → {cut(right.replace(chr(10), ' '), 60)}"
    return line(("warn", " ~ "), fit(name, 14), visible_text(words))


def _job_list(editor: Slice, size: Size) -> tuple[Line, ...]:
    """VASP jobs to compare with."""
    diff, rows = editor.diff, list_rows(size) - 1
    prompt = line(("dim", " pk, or part of a label "))
    typed = diff.typed
    head = (*prompt, *field_line(typed, max(1, size.cols - 25))) if typed is not None else prompt
    if not diff.jobs:
        return (head, line(("dim", " no VASP jobs found; you can type a pk")))
    place = clamp(diff.job_at, len(diff.jobs), rows)
    lines: list[Line] = [head]
    for index, job in enumerate(diff.jobs[place.top : place.top + rows], place.top):
        state = state_span(job.state)
        cells = line(
            ("number", f" {job.pk:>8}  "),
            (state.style, fit(state.text, 12)),
            fit(job.label, 30),
            f"  {job.template}",
        )
        lines.append(highlight(cells, size.cols) if index == place.index else cells)
    return tuple(lines)


_PAGES = {"text": _text, "problems": _problems, "diff": _diff}


def _footer(editor: Slice) -> tuple[tuple[str, str], ...]:
    if editor.page == "problems":
        return (("enter", "go there"), ("esc", "text"), ("f1", "help"))
    if editor.page == "diff":
        return diff_page.CHOOSING if editor.diff.typed is not None else diff_page.FOOTER
    if editor.completion is not None:
        return (("tab", "next"), ("shift tab", "previous"), ("enter", "take"), ("esc", "close"))
    return (*FOOTER, ("f1", "help"))


def _title(editor: Slice) -> str:
    return f"edit {editor.vasp_inputs.source[0]}" if editor.vasp_inputs else "editor"


SCREEN = Screen(
    "editor", Slice(), KEYS, update, view, _title,
    typing=lambda _: True, footer=_footer, summary="Edit the input files of a new job.",
)  # fmt: skip
