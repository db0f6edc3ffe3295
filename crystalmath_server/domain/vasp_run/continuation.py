"""The input files with which a VASP run is continued from: corrected, from where it stopped; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.domain.inputs.edits import put_in, unified
from crystalmath_server.domain.inputs.vasp_program import moves
from crystalmath_server.protocol.templates import InputFile

LARGE = ("WAVECAR", "CHGCAR")
"""What VASP begins from where it is there."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A VASP run that has ended.

    Attributes
    ----------
    files
        Its input files, as it ran.
    corrected
        The same after custodian's corrections.
    contcar
        Where its atoms were at the end; empty where that is not known.
    given
        Files that were copied from an earlier run before it began.
    """

    files: Mapping[str, str]
    corrected: Mapping[str, str]
    contcar: str = ""
    corrections: tuple[Correction, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextInputs:
    """What the next run gets.

    Attributes
    ----------
    diffs
        File name → unified diff against the input files of the run before.
    copied
        Large files that are copied on the cluster.
    """

    files: Mapping[str, str]
    diffs: Mapping[str, str] = field(default_factory=dict[str, str])
    copied: tuple[str, ...] = ()


def next_inputs(run: EndedRun, edits: Mapping[str, str], there: Sequence[str]) -> NextInputs:
    """Correct, begin from the last positions, then apply what was edited by hand.

    Parameters
    ----------
    there
        Names of files that are not empty in the folder of the run.

    Raises
    ------
    InvalidForm
        An edit of a file that no input files has (field: edits).
    """
    files = dict(run.corrected)
    untouched = files.get("POSCAR") == run.files.get("POSCAR")
    if untouched and moves(files.get("INCAR", "")) and _has_atoms(run.contcar):
        files["POSCAR"] = run.contcar
    edited, _diffs = put_in([InputFile(name, text) for name, text in files.items()], edits)
    files = {file.name: file.text for file in edited}
    diffs = {
        name: unified(run.files.get(name, ""), files.get(name, ""), f"before/{name}", f"now/{name}")
        for name in sorted({*files, *run.files})
    }
    wanted = dict.fromkeys((*LARGE, *run.given))
    copied = tuple(name for name in wanted if name in there and name not in _deleted(run.corrections))
    return NextInputs(files, {name: diff for name, diff in diffs.items() if diff}, copied)


def _has_atoms(contcar: str) -> bool:
    """Whether it is whole enough: VASP leaves an empty one where it ended before its first step."""
    return len(contcar.splitlines()) > 7


def _deleted(corrections: Sequence[Correction]) -> set[str]:
    return {
        str(action["file"])
        for one in corrections
        for action in one.actions
        if "file" in action and "_file_delete" in str(action.get("action"))
    }
