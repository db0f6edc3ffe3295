"""What the screens of input files share: messages between the new job and the editor, marks of problems."""

from collections.abc import Iterable, Mapping
from dataclasses import field

from crystalmath_server.protocol.inputs import INPUTS_FILES, InputProblem, Severity
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.messages import Message

Made = tuple[str, int]
"""What a set of input files is made of: name of the template and pk of the structure."""

MARKS = {
    Severity.ERROR: ("error", "✗"),
    Severity.WARNING: ("warn", "!"),
    Severity.NOTE: ("dim", "·"),
}
"""Style and sign of a problem."""

MAY_BE_EMPTY = frozenset({"KPOINTS"})
"""Files that an empty text leaves out."""


@record
class FileEdit:
    """A text in place of a template's own, and that one as it was then; empty where it is not known."""

    text: str
    own: str = ""


@record
class VaspInputs:
    """Input files of a template, to be edited.

    Attributes
    ----------
    own
        File name → text that the template writes.
    edits
        File name → text in its place.
    tasks
        MPI tasks that the job will have, where it is known.
    """

    made: Made
    own: dict[str, str] = field(default_factory=dict[str, str])
    edits: dict[str, str] = field(default_factory=dict[str, str])
    tasks: int | None = None


@record
class InputsOpened(Message):
    """A set of input files is to be edited, at first the file of that name."""

    vasp_inputs: VaspInputs
    file: str


@record
class InputsEdited(Message):
    """A set of input files was edited: file name → what stands in place of the template's text."""

    made: Made
    edits: dict[str, FileEdit]


def plain(text: str) -> str:
    """A text as the server compares it: line ends alike, the last one there, nothing where nothing is."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.rstrip("\n") + "\n" if lines.strip() else ""


def is_edited(text: str, own: str) -> bool:
    """Whether a text is another than the template's."""
    return plain(text) != plain(own)


def are_other_lines(lines: tuple[str, ...], own: tuple[str, ...]) -> bool:
    """The same of texts in lines; quick where most lines are the very same ones."""
    return lines is not own and _bare(lines) != _bare(own)


def _bare(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Without empty lines at the end; nothing where nothing is written."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end] if any(line.strip() for line in lines) else ()


def names_of(files: Mapping[str, str]) -> tuple[str, ...]:
    """Files that may be edited, those that the template leaves out too."""
    return INPUTS_FILES if files else ()


def worst(problems: Iterable[InputProblem]) -> InputProblem | None:
    """The one that matters most, the first of its kind."""
    order = tuple(Severity)
    return min(problems, key=lambda problem: order.index(problem.severity), default=None)


def place_of(problem: InputProblem) -> str:
    """File and line in words."""
    return f"{problem.file}, line {problem.line}" if problem.line else problem.file
