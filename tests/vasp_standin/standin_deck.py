"""INCAR, POSCAR, KPOINTS and POTCAR as VASP reads them, and what VASP says where it cannot."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase.io import read

from tests.vasp_standin.standin_kpoints import Kpoints, read_kpoints
from tests.vasp_standin.standin_words import VaspStopError

INTEGERS = {
    "IBRION", "ICHARG", "ISIF", "ISMEAR", "ISPIN", "ISTART", "ISYM", "IVDW", "KPAR", "LORBIT", "NBANDS",
    "NCORE", "NEDOS", "NELM", "NELMDL", "NELMIN", "NPAR", "NSW", "LMAXMIX", "IMAGES", "IMIX", "IOPT",
    "NBLOCK", "MDALGO",
}  # fmt: skip
NUMBERS = {
    "EDIFF", "EDIFFG", "ENCUT", "ENAUG", "SIGMA", "POTIM", "NELECT", "KSPACING", "SYMPREC", "AMIN", "AMIX",
    "BMIX", "TEBEG", "TEEND", "SMASS", "AEXX", "HFSCREEN", "SPRING", "TIME",
}  # fmt: skip
SWITCHES = {
    "LWAVE", "LCHARG", "LAECHG", "LVTOT", "LVHAR", "LASPH", "LDAU", "LHFCALC", "LSORBIT", "LNONCOLLINEAR",
    "LEPSILON", "LOPTICS", "LCALCEPS", "LCALCPOL", "LPEAD", "LCHIMAG", "LELF", "LUSE_VDW", "KGAMMA",
    "LCLIMB", "LMIXTAU", "LPLANE",
}  # fmt: skip
NOT_COMPUTED = ("LEPSILON", "LOPTICS", "LCALCEPS", "LCALCPOL", "LPEAD", "LCHIMAG")

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?$")
_ALGORITHMS = {"v": "veryfast", "f": "fast", "n": "normal", "a": "all", "c": "all", "d": "damped"}


@dataclass(frozen=True, slots=True)
class Potential:
    """Header of one POTCAR."""

    symbol: str
    titel: str
    mass: float
    zval: float
    enmax: float

    @property
    def element(self) -> str:
        return self.symbol.partition("_")[0]


@dataclass(frozen=True, slots=True)
class Deck:
    """What VASP is asked for."""

    tags: Mapping[str, str]
    atoms: Any
    groups: tuple[tuple[str, int], ...]
    potentials: tuple[Potential, ...]
    kpoints: Kpoints

    def integer(self, tag: str, default: int) -> int:
        return int(self.tags[tag].split()[0]) if tag in self.tags else default

    def number(self, tag: str, default: float) -> float:
        return _number(self.tags[tag].split()[0]) if tag in self.tags else default

    def switch(self, tag: str, *, default: bool = False) -> bool:
        return self.tags[tag].lstrip(".")[:1].upper() == "T" if tag in self.tags else default

    def word(self, tag: str, default: str) -> str:
        return (self.tags.get(tag) or default).strip()

    @property
    def algorithm(self) -> str:
        """ALGO in small letters; VASP reads its first."""
        return _ALGORITHMS.get(self.word("ALGO", "Normal")[0].lower(), "other")

    @property
    def ionic_steps(self) -> int:
        return self.integer("NSW", 0)

    @property
    def ibrion(self) -> int:
        return self.integer("IBRION", -1 if self.ionic_steps <= 0 else 0)

    @property
    def isif(self) -> int:
        return self.integer("ISIF", 0 if self.ibrion == 0 else 2)

    @property
    def spins(self) -> int:
        return 1 if self.noncollinear else self.integer("ISPIN", 1)

    @property
    def noncollinear(self) -> bool:
        return self.switch("LNONCOLLINEAR") or self.switch("LSORBIT")

    @property
    def electrons(self) -> float:
        neutral = sum(
            count * potential.zval for (_, count), potential in zip(self.groups, self.potentials, strict=True)
        )
        return self.number("NELECT", neutral)

    @property
    def default_bands(self) -> int:
        ions = len(self.atoms)
        bands = max(int(self.electrons + 2.5) // 2 + max(ions // 2, 3), int(0.6 * self.electrons))
        return bands * 2 if self.noncollinear else bands

    @property
    def bands(self) -> int:
        return self.integer("NBANDS", self.default_bands)

    @property
    def moments(self) -> np.ndarray:
        """MAGMOM, one row of one or three numbers per ion [μB]; zero where VASP has no spin."""
        ions, width = len(self.atoms), 3 if self.noncollinear else 1
        if self.spins == 1 and not self.noncollinear:
            return np.zeros((ions, 1))
        given = numbers(self.tags.get("MAGMOM", "")) or [1.0] * (ions * width)
        if len(given) != ions * width:
            raise VaspStopError("Error reading item MAGMOM from file INCAR.", "Error code was IERR= 5 ... .")
        return np.array(given).reshape(ions, width)


def read_deck(folder: Path) -> Deck:
    """All four files of a folder.

    Raises
    ------
    VaspStopError
        With the words of VASP.
    """
    tags = read_incar(_text(folder, "INCAR"))
    _text(folder, "POSCAR")
    potentials = read_potcar(_text(folder, "POTCAR"))
    atoms, groups = read_poscar(folder / "POSCAR")
    _check_order(groups, potentials)
    kpoints = read_kpoints(folder / "KPOINTS", tags, atoms)
    return Deck(tags, atoms, groups, potentials, kpoints)


def read_incar(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.replace("\\\n", " ").replace(";", "\n").splitlines():
        tag, sign, value = re.split(r"[#!]", line, maxsplit=1)[0].partition("=")
        if sign and tag.strip():
            found.setdefault(tag.strip().upper(), value.strip().strip('"'))
    for tag, value in found.items():
        if not _readable(tag, value):
            raise VaspStopError(f"Error reading item {tag} from file INCAR.", "Error code was IERR= 5 ... .")
    return found


def read_poscar(path: Path) -> tuple[Any, tuple[tuple[str, int], ...]]:
    """Atoms, and (element, count) of each group in the order of the file."""
    lines = path.read_text().splitlines()
    try:
        names = [re.split(r"[/_]", name)[0] for name in lines[5].split()]
        counts = [int(count) for count in lines[6].split()[: len(names)]]
        atoms: Any = read(path, format="vasp")
    except (IndexError, ValueError, KeyError) as error:
        raise VaspStopError(f"ERROR: POSCAR cannot be read: {error}"[:70]) from error
    if sum(counts) != len(atoms):
        raise VaspStopError("ERROR: the number of ions on POSCAR is not that of its lines")
    if np.linalg.det(atoms.cell) < 0:
        raise VaspStopError(
            "ERROR: the triple product of the basis vectors is negative:",
            "exchange two basis vectors",
        )
    return atoms, tuple(zip(names, counts, strict=True))


def read_potcar(text: str) -> tuple[Potential, ...]:
    found = tuple(_potential(part) for part in re.split(r"End of Dataset\n?", text) if part.strip())
    if not found:
        raise VaspStopError("ERROR: POTCAR is empty")
    return found


def numbers(text: str) -> list[float]:
    """Numbers of a list, with `3*0.6` written out; empty where one is none."""
    found: list[float] = []
    for word in text.split():
        times, star, value = word.rpartition("*")
        if not _NUMBER.match(value) or (star and not times.isdigit()):
            return []
        found += [_number(value)] * (int(times) if star else 1)
    return found


def _number(word: str) -> float:
    return float(word.lower().replace("d", "e"))


def _readable(tag: str, value: str) -> bool:
    word = value.split(maxsplit=1)[0] if value.split() else ""
    if tag in INTEGERS:
        return re.fullmatch(r"[-+]?\d+", word) is not None
    if tag in NUMBERS:
        return _NUMBER.match(word) is not None
    return tag not in SWITCHES or re.match(r"\.?[TtFf]", word) is not None


def _text(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(errors="replace")
    except FileNotFoundError as error:
        raise VaspStopError(f"No {name} found, STOPPING") from error


def _potential(text: str) -> Potential:
    def item(tag: str) -> str:
        found = re.search(rf"\b{tag}\s*=\s*([^;\n]*)", text)
        if found is None:
            raise VaspStopError("ERROR: POTCAR is damaged or cut off:", f"{tag} was not found")
        return found[1].strip()

    titel = item("TITEL")
    words = [float(item(tag).split()[0]) for tag in ("POMASS", "ZVAL", "ENMAX")]
    return Potential(titel.split()[1], titel, *words)


def _check_order(groups: Sequence[tuple[str, int]], potentials: Sequence[Potential]) -> None:
    wanted = [name for name, _ in groups]
    found = [potential.element for potential in potentials]
    if wanted != found:
        raise VaspStopError(
            "ERROR: the type information on POSCAR and POTCAR are incompatible:",
            f"POSCAR: {' '.join(wanted)}",
            f"POTCAR: {' '.join(found)}",
        )
