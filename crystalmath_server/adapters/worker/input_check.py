"""Implementation of inputs.check with our own rules, pymatgen and spglib; runs in the worker."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pymatgen.core import Element, Structure
from pymatgen.io.vasp import Incar, Kpoints, Poscar
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from crystalmath_server.adapters.worker.incar_tags import catalogue
from crystalmath_server.adapters.worker.potcar_numbers import complete
from crystalmath_server.domain.inputs import rules as inputs_rules
from crystalmath_server.domain.inputs import sampling as inputs_sampling
from crystalmath_server.domain.inputs.potcar_text import Potential
from crystalmath_server.domain.inputs.problems import ERROR, WARNING, in_file, in_order
from crystalmath_server.domain.inputs.vasp_inputs import VaspInputs, read
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.inputs import InputFacts, InputProblem, InputReport
from crystalmath_server.protocol.potcars import POTCARS_CHECK

SYMMETRY_A = 0.01
CLOSEST_A = 0.5
NEIGHBOURS_A = 3.5
_TOUCHING = 0.6
_SMALLEST_A3_PER_SITE = 0.5
_MOST_SITES = 2000
_MOST_KPOINTS = 50_000
_LONG_LIST = re.compile(r"\d{6,}\s*\*")


def check(files: Mapping[str, str], tasks: int | None = None, functional: str = "") -> InputReport:
    """Problems and facts of a set of input files; accepts any text.

    Parameters
    ----------
    tasks
        Number of MPI tasks of the job.
    functional
        Functional of the potentials, by pymatgen name.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vasp_inputs, problems = read(files, catalogue())
        potentials = tuple(complete(potential, functional) for potential in vasp_inputs.potentials)
        found = [*problems, *_as_pymatgen_reads(files, vasp_inputs, problems)]
        structure = _structure(files, problems)
        facts = _facts(vasp_inputs, potentials, structure)
        found += inputs_rules.judge(vasp_inputs, facts)
        found += inputs_sampling.judge(vasp_inputs, facts, tasks)
        found += _unknown_potentials(vasp_inputs, potentials)
        if structure is not None:
            found += _close_atoms(vasp_inputs, structure)
            facts = replace(facts, closest=_closest(structure))
    return InputReport(in_order(tuple(found)), facts)


def _attempt(read_it: Callable[[], Any]) -> tuple[Any, str]:
    """The result of a reader, or the reason that it failed."""
    try:
        return read_it(), ""
    except Exception as error:  # noqa: BLE001  pymatgen's readers may raise anything
        return None, " ".join(str(error).split())[:150] or type(error).__name__


def _as_pymatgen_reads(
    files: Mapping[str, str], vasp_inputs: VaspInputs, problems: Sequence[InputProblem]
) -> list[InputProblem]:
    """Files that pymatgen refuses and INCAR values that it misreads, if our rules found no error."""
    wrong = {problem.file for problem in problems if problem.severity is ERROR}
    readers: dict[str, Callable[[str], Any]] = {"KPOINTS": Kpoints.from_str, "POSCAR": Poscar.from_str}
    found: list[InputProblem] = []
    for name, reader in readers.items():
        if name in files and name not in wrong:
            _, why = _attempt(lambda reader=reader, name=name: reader(files[name]))
            if why:
                text = f"pymatgen cannot read it, so it cannot read the results either: {why}"
                found.append(
                    in_file(name, 0, ERROR, f"{name.lower()}.unreadable", text, "Fix or simplify it.")
                )
    if "INCAR" in files and "INCAR" not in wrong and not _LONG_LIST.search(files["INCAR"]):
        incar, why = _attempt(lambda: Incar.from_str(files["INCAR"]))
        if why:
            found.append(in_file("INCAR", 0, ERROR, "incar.unreadable", f"pymatgen: {why}", "Simplify it."))
        else:
            found += _coercion_problems(vasp_inputs, incar)
    return found


def _coercion_problems(vasp_inputs: VaspInputs, incar: Any) -> list[InputProblem]:
    """Numbers and switches that pymatgen interprets differently."""
    found: list[InputProblem] = []
    for name, value in vasp_inputs.values.items():
        other = incar.get(name)
        if isinstance(value, (bool, int, float)) and isinstance(other, (bool, int, float)) and other != value:
            written = vasp_inputs.tags[name].value[:20]
            text = f"{name} = {written} is {value:g}, but pymatgen reads it as {other:g}"
            hint = f"Write {name} = {value!r}."
            found.append(vasp_inputs.at(name, WARNING, "coerced", text, hint))
    return found


def _structure(files: Mapping[str, str], problems: Sequence[InputProblem]) -> Structure | None:
    """The structure, or None if it has errors or is too large to analyze."""
    if "POSCAR" not in files or any(p.file == "POSCAR" and p.severity is ERROR for p in problems):
        return None
    poscar, _ = _attempt(lambda: Poscar.from_str(files["POSCAR"], read_velocities=False))
    structure = poscar.structure if poscar is not None else None
    return structure if structure is not None and len(structure) <= _MOST_SITES else None


def _facts(
    vasp_inputs: VaspInputs, potentials: Sequence[Potential], structure: Structure | None
) -> InputFacts:
    mesh = inputs_sampling.mesh_of(vasp_inputs)
    symmetry = _symmetry(structure)
    listed = vasp_inputs.kpoints.count if vasp_inputs.kpoints and vasp_inputs.kpoints.kind == "list" else None
    n_kpoints = int(np.prod([min(n, 10**6) for n in mesh], dtype=float)) if mesh else listed
    n_sites = vasp_inputs.poscar.n_sites if vasp_inputs.poscar else None
    enmax = [potential.enmax for potential in potentials if potential.enmax]
    return InputFacts(
        formula=structure.composition.formula.replace(" ", "") if structure else "",
        n_sites=n_sites,
        spacegroup=_attempt(lambda: _space_group(symmetry))[0] or "",
        electrons=_electrons(vasp_inputs, potentials),
        enmax=max(enmax) if enmax and len(enmax) == len(potentials) else None,
        encut=vasp_inputs.number("ENCUT"),
        kpoints=vasp_inputs.kpoints.words()
        if vasp_inputs.kpoints
        else f"mesh {'×'.join(map(str, mesh))}"
        if mesh
        else "",
        n_kpoints=n_kpoints,
        n_irreducible=_irreducible(vasp_inputs, symmetry, mesh, n_kpoints),
        spacing=inputs_sampling.spacing_of(vasp_inputs),
        kpoints_times_atoms=n_kpoints * n_sites if n_kpoints and n_sites else None,
    )


def _symmetry(structure: Structure | None) -> Any:
    """The symmetry analysis by spglib, or None if it fails."""
    if structure is None:
        return None
    return _attempt(lambda: SpacegroupAnalyzer(structure, symprec=SYMMETRY_A))[0]


def _space_group(symmetry: Any) -> str:
    return f"{symmetry.get_space_group_symbol()} ({symmetry.get_space_group_number()})"


def _electrons(vasp_inputs: VaspInputs, potentials: Sequence[Potential]) -> float | None:
    """The number of valence electrons in the cell, or None if any potential is unknown."""
    if vasp_inputs.poscar is None or len(potentials) != len(vasp_inputs.poscar.counts):
        return None
    charges = [potential.zval for potential in potentials]
    if any(charge is None for charge in charges):
        return None
    return float(sum(n * (q or 0) for n, q in zip(vasp_inputs.poscar.counts, charges, strict=True)))


def _irreducible(
    vasp_inputs: VaspInputs, symmetry: Any, mesh: tuple[int, ...], count: int | None
) -> int | None:
    """The number of irreducible k-points; None if symmetry is turned off in VASP."""
    if (
        symmetry is None
        or not mesh
        or not count
        or count > _MOST_KPOINTS
        or vasp_inputs.number("ISYM") in {-1, 0}
    ):
        return None
    is_monkhorst = vasp_inputs.kpoints is not None and vasp_inputs.kpoints.style.startswith("Monkhorst")
    shift = tuple(int(is_monkhorst and n % 2 == 0) for n in mesh)
    found, _ = _attempt(lambda: symmetry.get_ir_reciprocal_mesh(mesh, shift))
    return len(found) if found else None


def _unknown_potentials(vasp_inputs: VaspInputs, potentials: Sequence[Potential]) -> list[InputProblem]:
    return [
        in_file(
            vasp_inputs.potcar_file,
            potential.line,
            WARNING,
            "potcar.unknown",
            f"pymatgen knows no potential {potential.symbol[:40]!r}",
            f"List the available potentials: {command(POTCARS_CHECK, cluster='CLUSTER')}.",
        )
        for potential in potentials
        if potential.zval is None
    ]


def _pairs(structure: Structure, within: float) -> tuple[Any, Any, Any]:
    """First and second sites of the pairs, and their distances [Å]."""
    if structure.volume < _SMALLEST_A3_PER_SITE * len(structure):
        return (), (), ()
    found, _ = _attempt(lambda: structure.get_neighbor_list(within, exclude_self=True))
    return (found[0], found[1], found[3]) if found else ((), (), ())


def _closest(structure: Structure) -> float | None:
    distances = _pairs(structure, NEIGHBOURS_A)[2]
    return float(np.min(distances)) if len(distances) else None


def _radius(structure: Structure, index: int) -> float:
    symbol = structure[index].specie.symbol
    return float(Element(symbol).atomic_radius or 1.0) if Element.is_valid_symbol(symbol) else 1.0


def _close_atoms(vasp_inputs: VaspInputs, structure: Structure) -> list[InputProblem]:
    """The closest pair of atoms that is too close, or a cell that is too small."""
    line = vasp_inputs.poscar.first_site_line if vasp_inputs.poscar else 0
    room = structure.volume / len(structure)
    if room < _SMALLEST_A3_PER_SITE:
        text = f"the cell has only {room:.3g} Å³ per atom"
        return [
            in_file(
                "POSCAR", 2, ERROR, "poscar.small_cell", text, "Check the scale and vectors; the unit is Å."
            )
        ]
    first, second, distances = _pairs(structure, NEIGHBOURS_A)
    ratios = [
        d / (_radius(structure, i) + _radius(structure, j))
        for i, j, d in zip(first, second, distances, strict=True)
    ]
    if not ratios or min(ratios) >= _TOUCHING:
        return []
    at = int(np.argmin(ratios))
    i, j, d = int(first[at]), int(second[at]), float(distances[at])
    who = "an atom and its own image" if i == j else f"atoms {i + 1} and {j + 1}"
    text = f"{who} ({structure[i].specie.symbol}, {structure[j].specie.symbol}) are {d:.2f} Å apart"
    severity = ERROR if d < CLOSEST_A else WARNING
    hint = "Remove one, or check the scale, the vectors, and whether coordinates are Direct or Cartesian."
    return [in_file("POSCAR", line + max(i, j), severity, "poscar.close_atoms", text, hint)]
