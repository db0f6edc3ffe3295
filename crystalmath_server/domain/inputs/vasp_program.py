"""What a deck of VASP inputs asks for: which program, which POTCARs; pure text."""

import re
from collections.abc import Mapping, Sequence

from crystalmath_server.protocol.codes import CodeRow
from crystalmath_server.protocol.errors import InvalidForm, NotFound

RUN_FOLDER = "run"
"""Where VASP's files stand for the Maker's second half."""
IMAGES_FILE = "images.json"
"""Structures that the Maker is given in place of one, beside RUN_FOLDER."""
OUTPUTS = ("vasprun.xml", "OUTCAR", "OSZICAR", "CONTCAR", "XDATCAR", "vasp.out")
"""What VASP leaves and is brought back; vasp.out is what it prints."""
_TRUE = re.compile(r"^\s*\.?T", re.IGNORECASE)


def tags(incar: str) -> dict[str, str]:
    """Tag → value of an INCAR, as text."""
    found: dict[str, str] = {}
    for line in incar.replace(";", "\n").splitlines():
        name, sign, value = re.split(r"[#!]", line, maxsplit=1)[0].partition("=")
        if sign:
            found[name.strip().upper()] = value.strip()
    return found


def program(files: Mapping[str, str]) -> str:
    """The build of VASP that a deck needs: vasp_ncl, vasp_gam (Γ point alone) or vasp_std."""
    incar = tags(files.get("INCAR", ""))
    if any(_TRUE.match(incar.get(tag, "")) for tag in ("LSORBIT", "LNONCOLLINEAR")):
        return "vasp_ncl"
    return "vasp_gam" if _gamma_alone(files.get("KPOINTS", "")) else "vasp_std"


def moves(incar: str) -> bool:
    """Whether atoms move: NSW steps, and not with IBRION = -1."""
    found = tags(incar)
    steps = re.match(r"\d+", found.get("NSW", ""))
    return bool(steps and int(steps[0])) and not found.get("IBRION", "").startswith("-1")


def needed_large_files(incar: str) -> tuple[str, ...]:
    """Large files that the document is made of, beside those that are kept."""
    found = tags(incar)
    wants_potential = any(_TRUE.match(found.get(tag, "")) for tag in ("LVTOT", "LVHAR"))
    return ("LOCPOT",) if wants_potential else ()


def _gamma_alone(kpoints: str) -> bool:
    """Whether KPOINTS is an automatic 1×1×1 mesh around Γ, without a shift."""
    lines = [line.split("#")[0].strip() for line in kpoints.splitlines()]
    if len(lines) < 4 or lines[1][:1] != "0" or lines[2][:1].lower() != "g":
        return False
    shift = lines[4].split()[:3] if len(lines) > 4 else []
    return lines[3].split()[:3] == ["1", "1", "1"] and all(float(x) == 0 for x in shift)


def choose(codes: Sequence[CodeRow], wanted: str, label: str, cluster: str) -> CodeRow:
    """The code that runs a deck: the one of `label`, else the newest of the build that the deck needs.

    vasp_std takes the deck of a Γ point too, at twice the cost.

    Raises
    ------
    NotFound, InvalidForm
        With the field of jobs.submit.
    """
    if label:
        return _named(codes, label, cluster)
    kinds = (wanted, "vasp_std") if wanted == "vasp_gam" else (wanted,)
    found = [row for kind in kinds for row in reversed(codes) if row.kind.value == kind]
    if not found:
        hint = f"Make it known: crystalmath codes create {cluster} {wanted} /path/to/{wanted} {wanted}"
        raise InvalidForm(f"Computer {cluster!r} has no {wanted}", field="cluster", hint=hint)
    return found[0]


def _named(codes: Sequence[CodeRow], label: str, cluster: str) -> CodeRow:
    found = next((row for row in codes if row.label == label), None)
    if found is None:
        names = ", ".join(row.label for row in codes) or "none"
        raise NotFound(f"Computer {cluster!r} has no code {label!r}", field="code", hint=f"Codes: {names}")
    return found


def symbols(potcar_spec: str) -> tuple[str, ...]:
    """POTCAR symbols in the order of POSCAR."""
    return tuple(potcar_spec.split())
