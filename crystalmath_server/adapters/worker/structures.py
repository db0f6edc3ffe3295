"""Structures, read and described with pymatgen; runs in the worker."""

import hashlib
import math
import os
import re
import stat
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any, cast

import numpy as np
import orjson
from monty.io import zopen
from monty.json import jsanitize
from pymatgen.core import DummySpecies, Structure
from pymatgen.io.vasp import Poscar
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from crystalmath_server.adapters.worker import cif_reading
from crystalmath_server.domain.jobs.plans import ParsedStructure
from crystalmath_server.protocol.errors import FileUnreadable, InvalidStructure
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import ImportStructureParams, Lattice, Site

MAX_BYTES = 64 * 1024 * 1024
MAX_SITES = 20_000
MOST_SYMMETRY_SITES = 5000
"""The largest structure for spglib, which takes seconds here and scales quadratically."""
SHOWN_SITES = 1000
SYMMETRY_A = 0.01
CLOSEST_A = 0.5
SMALLEST_A3_PER_SITE = 0.5
FORMATS = ("cif", "poscar", "cssr", "json", "yaml", "xsf", "mcsqs", "res", "pwmat", "aims", "vasprun", "xyz")
_BY_SUFFIX = {"vasp": "poscar", "yml": "yaml", "atom.config": "pwmat", "geometry.in": "aims", "extxyz": "xyz"}


def parse(params: ImportStructureParams) -> ParsedStructure:
    """A structure from a text or a file, checked.

    Raises
    ------
    FileUnreadable
        The file is missing, a folder, not readable, or too large (field: path).
    InvalidStructure
        The structure is unreadable, disordered, without a cell, or unphysical (field: text or path).
    """
    field = "path" if params.path else "text"
    text = _read(Path(params.path)) if params.path else params.text
    if not text.strip():
        detail = "there is nothing in it"
        raise InvalidStructure(detail, field=field)
    kind = params.format.lower() or _guess(Path(params.path).name, text)
    structure = _structure(text, kind, field)
    _check(structure, field)
    return describe_structure(structure)


def describe(document: Mapping[str, Json]) -> ParsedStructure:
    """Cell, sites and symmetry of a structure stored as pymatgen JSON."""
    return describe_structure(from_document(document))


def from_document(document: Mapping[str, Json], field: str = "structures") -> Structure:
    """A structure from pymatgen JSON; raises InvalidStructure if it is disordered or broken."""
    try:
        structure = Structure.from_dict(dict(document))
    except (KeyError, TypeError, ValueError) as error:
        detail = f"pymatgen cannot read the stored structure: {error}"
        raise InvalidStructure(detail, field=field) from error
    _check(structure, field)
    return structure


def digest_of(document: Mapping[str, Json]) -> str:
    """SHA-256 of the canonical JSON of a structure."""
    return hashlib.sha256(orjson.dumps(dict(document), option=orjson.OPT_SORT_KEYS)).hexdigest()


def poscar_of(structure: Structure) -> str:
    """The structure as a POSCAR, with 16 digits."""
    return _Poscar(structure).get_str(significant_figures=16)


class _Poscar(Poscar):
    """A faster pymatgen Poscar, which itself scans all sites per line: minutes for 20 000 sites."""

    @cached_property
    def selective_dynamics(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The same value as the parent, looked up only once."""
        return self.structure.site_properties.get("selective_dynamics")


def describe_structure(structure: Structure) -> ParsedStructure:
    """Everything that the interface shows about a structure, as plain data."""
    document = cast("dict[str, Json]", jsanitize(structure.as_dict(), strict=True, enum_values=True))
    elements = tuple(str(element.symbol) for element in structure.composition.elements)
    return ParsedStructure(
        document=document,
        digest=digest_of(document),
        formula=structure.composition.element_composition.formula.replace(" ", ""),
        elements=elements,
        n_sites=len(structure),
        lattice=_lattice(structure),
        spacegroup=_spacegroup(structure),
        density_g_cm3=float(structure.density),
        sites=tuple(_site(site) for site in structure[:SHOWN_SITES]),
        poscar=poscar_of(structure),
    )


def _lattice(structure: Structure) -> Lattice:
    lattice = structure.lattice
    a, b, c, alpha, beta, gamma = (float(x) for x in (*lattice.abc, *lattice.angles))
    return Lattice(a, b, c, alpha, beta, gamma, float(lattice.volume))


def _site(site: Any) -> Site:
    x, y, z = (float(value) for value in site.frac_coords)
    return Site(site.species_string, (x, y, z))


def _spacegroup(structure: Structure) -> str:
    """Space group symbol and number; spglib fails if sites are too close or the cell is odd."""
    if len(structure) > MOST_SYMMETRY_SITES:
        return f"not determined above {MOST_SYMMETRY_SITES} sites"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = SpacegroupAnalyzer(structure, symprec=SYMMETRY_A)
            return f"{found.get_space_group_symbol()} ({found.get_space_group_number()})"
        except (TypeError, ValueError, AttributeError):
            return "unknown"


def _read(path: Path) -> str:
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            detail = f"{path} is not a file"
            raise FileUnreadable(detail, field="path")
        if facts.st_size > MAX_BYTES:
            detail = f"{path} is {facts.st_size // 2**20} MiB; the limit is {MAX_BYTES // 2**20} MiB"
            raise FileUnreadable(detail, field="path", hint="Provide only the structure, as POSCAR or CIF.")
        with zopen(str(path), "rt", encoding="utf-8") as file:
            return str(file.read(MAX_BYTES))
    except OSError as error:
        detail = f"{path}: {os.strerror(error.errno) if error.errno else error}"
        raise FileUnreadable(detail, field="path") from error
    except (UnicodeDecodeError, EOFError) as error:
        detail = f"{path} is not a text file: {error}"
        raise InvalidStructure(detail, field="path") from error


def _guess(name: str, text: str) -> str:
    """The format, from the file name or else the content."""
    low = name.lower()
    for end in (".gz", ".bz2", ".xz"):
        low = low.removesuffix(end)
    if "poscar" in low or "contcar" in low:
        return "poscar"
    for suffix in (*FORMATS, *_BY_SUFFIX):
        if low.endswith(suffix):
            return _BY_SUFFIX.get(suffix, suffix)
    return "vasprun" if low.endswith(".xml") else _guess_content(text)


def _guess_content(text: str) -> str:
    start = text.lstrip()
    if start.startswith("{"):
        return "json"
    if "<modeling>" in text[:2000]:
        return "vasprun"
    if re.match(r"\d+[ \t]*\n[^\n]*\n[ \t]*[A-Z][a-z]?[ \t]", start):
        return "xyz"
    return "cif" if "_cell_length_a" in text.lower() else "poscar"


def _from_ase(text: str) -> Structure:
    """A structure from extended XYZ, which has a cell; plain XYZ has none."""
    from ase.io import read
    from pymatgen.io.ase import AseAtomsAdaptor

    atoms = cast("Any", read(StringIO(text), format="extxyz"))
    if not atoms.cell.volume:
        msg = "there is no cell; a molecule needs a box around it"
        raise ValueError(msg)
    return AseAtomsAdaptor.get_structure(atoms)


def _from_vasprun(text: str) -> Structure:
    """Final structure of a vasprun.xml."""
    from tempfile import TemporaryDirectory

    from pymatgen.io.vasp import Vasprun

    with TemporaryDirectory() as folder:
        path = Path(folder, "vasprun.xml")
        path.write_text(text, encoding="utf-8")
        return Vasprun(str(path), parse_dos=False, parse_eigen=False, parse_potcar_file=False).final_structure


_READERS: dict[str, Callable[[str], Structure]] = {
    "cif": cif_reading.structure_of,
    "xyz": _from_ase,
    "vasprun": _from_vasprun,
    "poscar": lambda text: Poscar.from_str(text, read_velocities=False).structure,
}


def _structure(text: str, kind: str, field: str) -> Structure:
    if kind not in FORMATS:
        detail = f"format {kind!r} is not known"
        raise InvalidStructure(detail, field="format", hint=f"Use one of {', '.join(FORMATS)}.")
    reader = _READERS.get(kind, lambda text: Structure.from_str(text, fmt=cast("Any", kind)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = cast("object", reader(text))
        except Exception as error:  # parsers may raise anything
            detail = f"cannot be read as {kind}: {_short(error)}"
            raise InvalidStructure(detail, field=field, hint=_WAY_OUT) from error
    if not isinstance(found, Structure):
        detail = f"it contains a {type(found).__name__}, not a crystal structure with a cell"
        raise InvalidStructure(detail, field=field, hint="Put the molecule in a box first.")
    return found


_WAY_OUT = "Specify its format, or convert it to CIF or POSCAR."


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return (text or type(error).__name__)[:200]


def _check(structure: Structure, field: str) -> None:
    """Refuse structures that no engine can compute."""
    for check in _CHECKS:
        problem, hint = check(structure)
        if problem:
            raise InvalidStructure(problem, field=field, hint=hint)


def _size(structure: Structure) -> tuple[str, str]:
    if not 0 < len(structure) <= MAX_SITES:
        return f"it has {len(structure)} sites, not 1 to {MAX_SITES}", "Use a smaller cell."
    return "", ""


def _order(structure: Structure) -> tuple[str, str]:
    if structure.is_ordered:
        return "", ""
    odd = [f"{i + 1} ({site.species_string})" for i, site in enumerate(structure) if not site.is_ordered]
    more = f" and {len(odd) - 5} more" if len(odd) > 5 else ""
    text = f"it is disordered: sites {', '.join(odd[:5])}{more} have several species or a partial occupancy"
    return (
        text,
        "Make an ordered cell first, for example with pymatgen's OrderDisorderedStructureTransformation.",
    )


def _species(structure: Structure) -> tuple[str, str]:
    dummies = {str(s) for s in structure.composition if isinstance(s, DummySpecies)}
    if dummies:
        return (
            f"{', '.join(sorted(dummies))} is not an element",
            "Use element symbols from the periodic table.",
        )
    return "", ""


def _numbers(structure: Structure) -> tuple[str, str]:
    finite = np.isfinite(structure.lattice.matrix).all() and np.isfinite(structure.frac_coords).all()
    if not finite or not math.isfinite(structure.volume):
        return "a coordinate or lattice vector is not a finite number", _WAY_OUT
    if structure.volume < SMALLEST_A3_PER_SITE * len(structure):
        return f"the cell has {structure.volume:.3g} Å³ for {len(structure)} sites", "Check the units: Å."
    return "", ""


def _distances(structure: Structure) -> tuple[str, str]:
    """Sites that are too close; searches only within the limit to keep large cells fast."""
    first, second, _, distances = structure.get_neighbor_list(CLOSEST_A, exclude_self=True)
    if len(distances) == 0:
        return "", ""
    i = int(np.argmin(distances))
    pair = f"sites {first[i] + 1} and {second[i] + 1} are {distances[i]:.3g} Å apart"
    return pair, "Remove the duplicate site, or check the units; they must be Å."


_CHECKS = (_size, _order, _species, _numbers, _distances)
