"""Editor: its slice of the model, its messages, and what follows from them."""

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
"""Columns from which there is a pane beside the text, and both sides of a diff."""
HEAD = 2
"""Rows above the text: names of the files, a rule."""
TOLD = 5
"""Rows below it: a rule, the problem of the line, the tag."""
SHORT = 16
"""Rows below which only the problem is told."""
Page = Literal["text", "problems", "diff"]


@record
class CheckDue(Message):
    """A short pause after the last key is over."""

    turn: int


@record
class Left(Message):
    """The user let the changes go."""


@record
class OpenFile:
    """One file: the template's text, the lines of it, those that were opened, and the text as it is now."""

    name: str
    own: str
    own_lines: tuple[str, ...]
    saved: tuple[str, ...]
    area: Area = Area()
    window: Window = Window()

    @property
    def is_changed(self) -> bool:
        """Whether there is something to take over."""
        return are_other_lines(self.area.lines, self.saved)

    @property
    def is_edited(self) -> bool:
        """Whether it is another text than the template's."""
        return are_other_lines(self.area.lines, self.own_lines)


@record
class Completion:
    """What may stand at the cursor, and which of it is selected."""

    choices: tuple[Choice, ...]
    index: int = 0


@record
class Difference:
    """The page of what differs.

    Attributes
    ----------
    against
        Pk of the job on the left; 0: the template.
    beside
        Both sides side by side, or not; None: where there is room.
    typed
        Pk or search that is being typed, or None.
    """

    against: int = 0
    asked: int = 0
    found: InputDiff | None = None
    error: RpcError | None = None
    beside: bool | None = None
    top: int = 0
    typed: TextField | None = None
    jobs: tuple[JobRow, ...] = ()
    job_at: Scroll = START


@record
class Slice:
    """The input files as it is edited.

    Attributes
    ----------
    turn
        Number of the text: grows with each change.
    checked
        Turn that the problems are of; -1: none yet.
    check_error
        Why it could not be checked, in words.
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
    """Its files, with the edits in their place."""
    return tuple(_opened(vasp_inputs, name) for name in names)


def _opened(vasp_inputs: VaspInputs, name: str) -> OpenFile:
    own = vasp_inputs.own.get(name, "")
    prepared = area_of(own)
    area = area_of(vasp_inputs.edits[name]) if name in vasp_inputs.edits else prepared
    return OpenFile(name, own, prepared.lines, area.lines, area)


def here(editor: Slice) -> OpenFile | None:
    """The file in front."""
    return editor.files[editor.at] if 0 <= editor.at < len(editor.files) else None


def with_file(editor: Slice, file: OpenFile) -> Slice:
    """The editor with another state of the file in front."""
    files = (*editor.files[: editor.at], file, *editor.files[editor.at + 1 :])
    return replace(editor, files=files)


def texts_of(editor: Slice) -> dict[str, str]:
    """File name → text, without those that are left out."""
    texts = {file.name: file.area.text for file in editor.files}
    return {name: text for name, text in texts.items() if text.strip()}


def of_file(editor: Slice, name: str) -> tuple[InputProblem, ...]:
    """Problems of one file."""
    return tuple(problem for problem in editor.problems if problem.file == name)


def of_line(editor: Slice) -> tuple[InputProblem, ...]:
    """Problems of the line of the cursor."""
    file = here(editor)
    if file is None:
        return ()
    return tuple(row for row in of_file(editor, file.name) if row.line == file.area.row + 1)


def shift_problems(editor: Slice, before: Area, after: Area) -> tuple[InputProblem, ...]:
    """Problems where their lines are now, until the next check tells them again."""
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
    """Room of the text area."""
    cols = size.cols - pane_cols(size) - 3 if size.cols >= WIDE else size.cols
    return Size(max(1, size.rows - HEAD - told_rows(size)), cols)


def pane_cols(size: Size) -> int:
    """Columns of the pane beside the text, where there is one."""
    return min(76, size.cols // 3 + 6)


def told_rows(size: Size) -> int:
    """Rows below the text."""
    if size.cols >= WIDE and size.rows > SHORT:
        return 3
    return TOLD if size.rows > SHORT else 1


def list_rows(size: Size) -> int:
    """Rows of the list of problems, and of the diff."""
    return max(1, size.rows - HEAD - (TOLD if size.rows > SHORT else 1))
