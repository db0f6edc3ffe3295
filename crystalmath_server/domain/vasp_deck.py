"""What a deck of VASP inputs asks for: which program, which POTCARs; pure text."""

import re
from collections.abc import Mapping

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


def _gamma_alone(kpoints: str) -> bool:
    """Whether KPOINTS is an automatic 1×1×1 mesh around Γ, without a shift."""
    lines = [line.split("#")[0].strip() for line in kpoints.splitlines()]
    if len(lines) < 4 or lines[1][:1] != "0" or lines[2][:1].lower() != "g":
        return False
    shift = lines[4].split()[:3] if len(lines) > 4 else []
    return lines[3].split()[:3] == ["1", "1", "1"] and all(float(x) == 0 for x in shift)


def symbols(potcar_spec: str) -> tuple[str, ...]:
    """POTCAR symbols in the order of POSCAR."""
    return tuple(potcar_spec.split())
