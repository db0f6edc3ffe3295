"""User edits of input files: applied over the template's files and checked; pure."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import cast

from crystalmath_server.domain.inputs.problems import sentence
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.inputs import INPUTS_FILES, InputProblem, Severity
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.templates import InputFile

MAY_BE_LEFT_OUT = "KPOINTS"
_SHOWN = 3


def apply_edits(
    files: Sequence[InputFile], edits: Mapping[str, str]
) -> tuple[tuple[InputFile, ...], dict[str, str]]:
    """The files with the edits applied, and file name → unified diff of each changed file.

    Raises
    ------
    InvalidForm
        The name is not a VASP input file, or the text is invalid (field: edits.NAME).
    """
    own = {file.name: file.text for file in files}
    changed: dict[str, str] = {}
    for name, text in edits.items():
        _check(name, text)
        plain = _whole_lines(text)
        if plain != _whole_lines(own.get(name, "")):
            changed[name] = plain
    kept = {name: text for name, text in (own | changed).items() if text or name != MAY_BE_LEFT_OUT}
    diffs = {
        name: unified_diff(own.get(name, ""), text, f"template/{name}", f"edited/{name}")
        for name, text in changed.items()
    }
    return tuple(InputFile(name, text) for name, text in kept.items()), diffs


def with_images(files: Sequence[InputFile], edited: Collection[str]) -> tuple[InputFile, ...]:
    """The files with edits carried over to the image folders, whose KPOINTS are copies.

    Raises
    ------
    InvalidForm
        POSCAR was edited, but VASP reads the POSCAR of each image (field: edits.POSCAR).
    """
    if not any("/" in file.name for file in files):
        return tuple(files)
    if "POSCAR" in edited:
        hint = "Store the images you want and give their pks."
        raise InvalidForm("VASP reads the images, not this POSCAR", field="edits.POSCAR", hint=hint)
    if MAY_BE_LEFT_OUT not in edited:
        return tuple(files)
    text = next((file.text for file in files if file.name == MAY_BE_LEFT_OUT), "")
    kept = [file for file in files if text or not file.name.endswith(f"/{MAY_BE_LEFT_OUT}")]
    return tuple(
        InputFile(file.name, text if file.name.endswith(f"/{MAY_BE_LEFT_OUT}") else file.text)
        for file in kept
    )


def unified_diff(before: str, after: str, before_name: str, after_name: str) -> str:
    """A unified diff of two texts; empty if they are equal."""
    rows = difflib.unified_diff(before.splitlines(), after.splitlines(), before_name, after_name, lineterm="")
    return "".join(f"{row}\n" for row in rows)


def refuse_errors(problems: Sequence[InputProblem], edits: Mapping[str, str]) -> None:
    """Raise InvalidForm with the file and line of the first error."""
    found = [row for row in problems if row.severity is Severity.ERROR]
    if found:
        raise InvalidForm(_summary(found), field=_field(found[0], edits), hint=found[0].hint)


def refuse_warnings(problems: Sequence[InputProblem]) -> None:
    """Raise InvalidForm that lists the unconfirmed warnings."""
    found = [row for row in problems if row.severity is Severity.WARNING]
    if found:
        hint = (
            "Correct the input, or confirm: set confirm or send the templates.render digest for these edits."
        )
        raise InvalidForm(_summary(found), field="confirm", hint=hint)


def warnings_of(problems: Sequence[InputProblem]) -> tuple[str, ...]:
    """All errors and warnings, one sentence each."""
    return tuple(sentence(row) for row in problems if row.severity is not Severity.NOTE)


def tasks_of(options: Mapping[str, Json]) -> int | None:
    """MPI tasks requested by AiiDA's metadata.options; None if they leave the number open."""
    resources = cast("Mapping[str, Json]", options.get("resources") or {})
    total = resources.get("tot_num_mpiprocs")
    if isinstance(total, int):
        return total
    nodes, each = resources.get("num_machines", 1), resources.get("num_mpiprocs_per_machine")
    return nodes * each if isinstance(nodes, int) and isinstance(each, int) else None


def _check(name: str, text: str) -> None:
    if name not in INPUTS_FILES:
        raise InvalidForm(
            f"{name[:60]!r} is not an editable file",
            field="edits",
            hint=f"Editable files: {', '.join(INPUTS_FILES)}.",
        )
    if "\0" in text:
        raise InvalidForm(f"{name} contains a NUL character", field=f"edits.{name}", hint="Send plain text.")
    if not text.strip() and name != MAY_BE_LEFT_OUT:
        hint = "Send the file's text, or leave it unedited; only KPOINTS may be removed, with an empty text."
        raise InvalidForm(f"{name} is empty", field=f"edits.{name}", hint=hint)


def _whole_lines(text: str) -> str:
    """The text with Unix line ends and a final newline; empty if the text is blank."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return plain.rstrip("\n") + "\n" if plain.strip() else ""


def _summary(found: Sequence[InputProblem]) -> str:
    shown = "; ".join(f"{_place(row)}: {row.text}" for row in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return shown + more


def _place(row: InputProblem) -> str:
    return f"{row.file}, line {row.line}" if row.line else row.file


def _field(row: InputProblem, edits: Mapping[str, str]) -> str:
    return f"edits.{row.file}" if row.file in edits else "values"
