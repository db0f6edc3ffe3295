"""Editor: model slice, messages and derived values."""

from dataclasses import field, replace
from typing import Literal

from crystalmath_server.protocol.errors import RpcError
from crystalmath_server.protocol.inputs import InputDiff, InputFacts, InputProblem, KnownTag
from crystalmath_server.protocol.jobs import JobRow
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.area_view import Window
from crystalmath_tui.core.effects import Effect
from crystalmath_tui.core.incar_line import Choice
from crystalmath_tui.core.inputs import VaspInputs, are_other_lines
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Message
from crystalmath_tui.core.scroll import START, Scroll
from crystalmath_tui.core.text_area import Area, area_of
from crystalmath_tui.core.textfield import TextField

WIDE = 120
"""Minimum width for the side pane and for side-by-side diffs [columns]."""
HEAD = 2
"""Rows above the text: file tabs and a rule."""
TOLD = 5
"""Rows below the text: a rule, the problem of the line and the tag."""
SHORT = 16
"""Screen height below which only the problem is shown [rows]."""
Page = Literal["text", "problems", "diff"]


@record
class CheckDue(Message):
    """The pause after the last keystroke is over."""

    turn: int


@record
class Left(Message):
    """The user discarded the changes."""


@record
class OpenFile:
    """One file: the template's text, the text as opened and the current text."""

    name: str
    own: str
    own_lines: tuple[str, ...]
    saved: tuple[str, ...]
    area: Area = Area()
    window: Window = Window()

    @property
    def is_changed(self) -> bool:
        """Whether the text changed since the file was opened."""
        return are_other_lines(self.area.lines, self.saved)

    @property
    def is_edited(self) -> bool:
        """Whether the text differs from the template's."""
        return are_other_lines(self.area.lines, self.own_lines)


@record
class Completion:
    """The completions at the cursor and the selected one."""

    choices: tuple[Choice, ...]
    index: int = 0


@record
class Difference:
    """The diff page.

    Attributes
    ----------
    against
        Pk of the job on the left; 0 for the template.
    beside
        Whether to show both sides side by side; None for automatic, by screen width.
    typed
        Pk or search text being typed, or None.
    """

    against: int = 0
    request: int = 0
    result: InputDiff | None = None
    error: RpcError | None = None
    beside: bool | None = None
    top: int = 0
    typed: TextField | None = None
    jobs: tuple[JobRow, ...] = ()
    job_at: Scroll = START


@record
class Slice:
    """The input files being edited.

    Attributes
    ----------
    turn
        Revision of the text; grows with each change.
    checked
        Revision that the problems refer to; -1 before the first check.
    check_error
        Why the check failed.
    """

    vasp_inputs: VaspInputs | None = None
    files: tuple[OpenFile, ...] = ()
    at: int = 0
    page: Page = "text"
    turn: int = 0
    checked: int = -1
    problems: tuple[InputProblem, ...] = ()
    facts: InputFacts = InputFacts()
    check_error: str = ""
    tags: dict[str, KnownTag] = field(default_factory=dict[str, KnownTag])
    completion: Completion | None = None
    problem_at: Scroll = START
    diff: Difference = Difference()


Update = tuple[Slice, tuple[Effect, ...]]


def open_files(vasp_inputs: VaspInputs, names: tuple[str, ...]) -> tuple[OpenFile, ...]:
    """The editable files, with earlier edits applied."""
    return tuple(_open_file(vasp_inputs, name) for name in names)


def _open_file(vasp_inputs: VaspInputs, name: str) -> OpenFile:
    own = vasp_inputs.own.get(name, "")
    prepared = area_of(own)
    area = area_of(vasp_inputs.edits[name]) if name in vasp_inputs.edits else prepared
    return OpenFile(name, own, prepared.lines, area.lines, area)


def here(editor: Slice) -> OpenFile | None:
    """The current file, or None."""
    return editor.files[editor.at] if 0 <= editor.at < len(editor.files) else None


def with_file(editor: Slice, file: OpenFile) -> Slice:
    """The editor with the current file replaced."""
    files = (*editor.files[: editor.at], file, *editor.files[editor.at + 1 :])
    return replace(editor, files=files)


def texts_of(editor: Slice) -> dict[str, str]:
    """Text by file name, without omitted files."""
    texts = {file.name: file.area.text for file in editor.files}
    return {name: text for name, text in texts.items() if text.strip()}


def of_file(editor: Slice, name: str) -> tuple[InputProblem, ...]:
    """Problems of one file."""
    return tuple(problem for problem in editor.problems if problem.file == name)


def of_line(editor: Slice) -> tuple[InputProblem, ...]:
    """Problems on the cursor line."""
    file = here(editor)
    if file is None:
        return ()
    return tuple(row for row in of_file(editor, file.name) if row.line == file.area.row + 1)


def shift_problems(editor: Slice, before: Area, after: Area) -> tuple[InputProblem, ...]:
    """Problems moved along with their lines until the next check."""
    file, more = here(editor), len(after.lines) - len(before.lines)
    if file is None or not more:
        return editor.problems
    row = min(before.row, after.row)
    last = len(after.lines)
    return tuple(
        replace(each, line=max(row + 1, min(last, each.line + more)))
        if each.file == file.name and each.line > row + 1
        else each
        for each in editor.problems
    )


def text_size(size: Size) -> Size:
    """Size of the text area."""
    cols = size.cols - pane_cols(size) - 3 if size.cols >= WIDE else size.cols
    return Size(max(1, size.rows - HEAD - message_rows(size)), cols)


def pane_cols(size: Size) -> int:
    """Width of the side pane, or 0 if there is none [columns]."""
    return min(76, size.cols // 3 + 6)


def message_rows(size: Size) -> int:
    """Number of rows below the text."""
    if size.cols >= WIDE and size.rows > SHORT:
        return 3
    return TOLD if size.rows > SHORT else 1


def list_rows(size: Size) -> int:
    """Number of rows of the problem list and the diff."""
    return max(1, size.rows - HEAD - (TOLD if size.rows > SHORT else 1))
