"""Shared by the new-job screen and the editor of input files: their messages, and problem marks."""

from collections.abc import Iterable, Mapping
from dataclasses import field

from crystalmath_server.protocol.inputs import INPUTS_FILES, InputProblem, Severity
from crystalmath_server.protocol.record import record
from crystalmath_tui.core.messages import Message

InputsSource = tuple[str, int]
"""The origin of a set of input files: name of the template and pk of the structure."""

MARKS = {
    Severity.ERROR: ("error", "✗"),
    Severity.WARNING: ("warn", "!"),
    Severity.NOTE: ("dim", "·"),
}
"""Style and sign of a problem."""

MAY_BE_EMPTY = frozenset({"KPOINTS"})
"""Files that are omitted if their text is empty."""


@record
class FileEdit:
    """An edited text, and the template's text that it replaced; empty if unknown."""

    text: str
    own: str = ""


@record
class VaspInputs:
    """Input files of a template, for editing.

    Attributes
    ----------
    own
        File name → text written by the template.
    edits
        File name → edited text.
    tasks
        MPI tasks of the job, if known.
    """

    source: InputsSource
    own: dict[str, str] = field(default_factory=dict[str, str])
    edits: dict[str, str] = field(default_factory=dict[str, str])
    tasks: int | None = None


@record
class InputsOpened(Message):
    """A set of input files was opened for editing, starting with the named file."""

    vasp_inputs: VaspInputs
    file: str


@record
class InputsEdited(Message):
    """A set of input files was edited: file name → text that replaces the template's text."""

    source: InputsSource
    edits: dict[str, FileEdit]


def plain(text: str) -> str:
    """A text normalized as the server compares it: uniform line ends, a final one, blank text empty."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.rstrip("\n") + "\n" if lines.strip() else ""


def is_edited(text: str, own: str) -> bool:
    """Whether a text differs from the template's."""
    return plain(text) != plain(own)


def are_other_lines(lines: tuple[str, ...], own: tuple[str, ...]) -> bool:
    """Whether lines differ from the template's lines; fast if most lines are the same objects."""
    return lines is not own and _bare(lines) != _bare(own)


def _bare(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The lines without trailing empty lines; blank text gives no lines."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end] if any(line.strip() for line in lines) else ()


def names_of(files: Mapping[str, str]) -> tuple[str, ...]:
    """Files that may be edited, including files that the template leaves out."""
    return INPUTS_FILES if files else ()


def worst(problems: Iterable[InputProblem]) -> InputProblem | None:
    """The most severe problem, the first of equals."""
    order = tuple(Severity)
    return min(problems, key=lambda problem: order.index(problem.severity), default=None)


def place_of(problem: InputProblem) -> str:
    """File and line as text."""
    return f"{problem.file}, line {problem.line}" if problem.line else problem.file
