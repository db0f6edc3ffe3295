"""What VASP input files require: the VASP build, large files and POTCARs; pure."""

from collections.abc import Mapping, Sequence

from crystalmath_server.domain.inputs import incar_text, kpoints_text
from crystalmath_server.domain.inputs.incar_values import atoms_move, first_word, logical, real
from crystalmath_server.domain.inputs.problems import ERROR
from crystalmath_server.protocol.codes import CODES_CREATE, CodeRow
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import InvalidForm, NotFound

RUN_FOLDER = "run"
"""Folder with VASP's files for the second half of the Maker."""
IMAGES_FILE = "images.json"
"""File next to RUN_FOLDER with the list of structures that the Maker gets instead of a single one."""
OUTPUTS = ("vasprun.xml", "OUTCAR", "OSZICAR", "CONTCAR", "XDATCAR", "vasp.out")
"""VASP output files that are retrieved; vasp.out is its standard output."""


def program(files: Mapping[str, str]) -> str:
    """The build of VASP that the inputs need: vasp_ncl, vasp_gam (Γ point only) or vasp_std."""
    if _is_on(files.get("INCAR", ""), "LSORBIT", "LNONCOLLINEAR"):
        return "vasp_ncl"
    return "vasp_gam" if _gamma_alone(files.get("KPOINTS", "")) else "vasp_std"


def moves(incar: str) -> bool:
    """Whether an INCAR lets the atoms move."""
    tags = _tags(incar)
    steps, how = (real(first_word(tags[name])) if name in tags else None for name in ("NSW", "IBRION"))
    return atoms_move(steps, how)


def needed_large_files(incar: str) -> tuple[str, ...]:
    """Additional large files that the results are read from."""
    return ("LOCPOT",) if _is_on(incar, "LVTOT", "LVHAR") else ()


def _tags(incar: str) -> dict[str, str]:
    """Tag → the value that VASP uses."""
    return {name: tag.value for name, tag in incar_text.first_of_each(incar_text.read(incar)[0]).items()}


def _is_on(incar: str, *names: str) -> bool:
    """Whether any of these switches is on."""
    tags = _tags(incar)
    return any(logical(tags.get(name, "")) for name in names)


def _gamma_alone(kpoints: str) -> bool:
    """Whether KPOINTS is an automatic 1×1×1 mesh around Γ, without a shift.

    A file with an error goes to vasp_std, which accepts any mesh.
    """
    found, problems = kpoints_text.read(kpoints)
    if found is None or any(problem.severity == ERROR for problem in problems):
        return False
    return (found.kind, found.style, found.mesh) == ("mesh", "Gamma", (1, 1, 1)) and not any(found.shift)


def choose(codes: Sequence[CodeRow], wanted: str, label: str, cluster: str) -> CodeRow:
    """The code to run a set of input files: `label` if given, else the newest code of the required build.

    vasp_std also runs Γ-only input files, at twice the cost.

    Raises
    ------
    NotFound, InvalidForm
        `field` names the parameter of jobs.submit.
    """
    if label:
        return _code_by_label(codes, label, cluster)
    kinds = (wanted, "vasp_std") if wanted == "vasp_gam" else (wanted,)
    found = [row for kind in kinds for row in reversed(codes) if row.kind.value == kind]
    if not found:
        code = {"label": wanted, "path": f"/path/to/{wanted}", "kind": wanted}
        hint = f"Set up a code: {command(CODES_CREATE, cluster=cluster, **code)}"
        raise InvalidForm(f"Cluster {cluster!r} has no {wanted}", field="cluster", hint=hint)
    return found[0]


def _code_by_label(codes: Sequence[CodeRow], label: str, cluster: str) -> CodeRow:
    found = next((row for row in codes if row.label == label), None)
    if found is None:
        names = ", ".join(row.label for row in codes) or "none"
        raise NotFound(f"Cluster {cluster!r} has no code {label!r}", field="code", hint=f"Codes: {names}")
    return found


def symbols(potcar_spec: str) -> tuple[str, ...]:
    """POTCAR symbols in POSCAR order."""
    return tuple(potcar_spec.split())
