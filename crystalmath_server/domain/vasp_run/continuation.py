"""Input files that continue a VASP run from where it stopped, with corrections; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.domain.inputs.edits import apply_edits, unified_diff
from crystalmath_server.domain.inputs.vasp_program import moves
from crystalmath_server.protocol.templates import InputFile

LARGE = ("WAVECAR", "CHGCAR")
"""Large files that VASP starts from if they exist."""


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A VASP run that has ended.

    Attributes
    ----------
    files
        Its input files as they were run.
    corrected
        The input files after custodian's corrections.
    contcar
        Text of the final CONTCAR; empty if unknown.
    copied
        Files copied from an earlier run before this run began.
    """

    files: Mapping[str, str]
    corrected: Mapping[str, str]
    contcar: str = ""
    corrections: tuple[Correction, ...] = ()
    copied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextInputs:
    """Inputs of the next run.

    Attributes
    ----------
    diffs
        File name → unified diff from the previous run's input file.
    copied
        Large files that are copied on the cluster.
    """

    files: Mapping[str, str]
    diffs: Mapping[str, str] = field(default_factory=dict[str, str])
    copied: tuple[str, ...] = ()


def next_inputs(run: EndedRun, edits: Mapping[str, str], there: Sequence[str]) -> NextInputs:
    """Apply the corrections, continue from the last positions, then apply the user's edits.

    Parameters
    ----------
    there
        Names of the non-empty files in the run's folder.

    Raises
    ------
    InvalidForm
        An edited file is not a VASP input file (field: edits).
    """
    files = dict(run.corrected)
    untouched = files.get("POSCAR") == run.files.get("POSCAR")
    if untouched and moves(files.get("INCAR", "")) and _has_atoms(run.contcar):
        files["POSCAR"] = run.contcar
    edited, _diffs = apply_edits([InputFile(name, text) for name, text in files.items()], edits)
    files = {file.name: file.text for file in edited}
    diffs = {
        name: unified_diff(run.files.get(name, ""), files.get(name, ""), f"before/{name}", f"now/{name}")
        for name in sorted({*files, *run.files})
    }
    wanted = dict.fromkeys((*LARGE, *run.copied))
    copied = tuple(name for name in wanted if name in there and name not in _deleted_files(run.corrections))
    return NextInputs(files, {name: diff for name, diff in diffs.items() if diff}, copied)


def _has_atoms(contcar: str) -> bool:
    """Whether CONTCAR has atoms; VASP leaves it empty if it stops before the first step."""
    return len(contcar.splitlines()) > 7


def _deleted_files(corrections: Sequence[Correction]) -> set[str]:
    return {
        str(action["file"])
        for one in corrections
        for action in one.actions
        if "file" in action and "_file_delete" in str(action.get("action"))
    }
