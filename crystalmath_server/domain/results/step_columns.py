"""Steps of a task document as columns with units (energy, force, pressure, …); pure functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from crystalmath_server.domain.results import task_document as task
from crystalmath_server.domain.results import vasp
from crystalmath_server.domain.results.lattice import volume_of
from crystalmath_server.domain.results.sites import is_vasp
from crystalmath_server.domain.results.task_document import (
    Document,
    as_list,
    largest_norm,
    number,
    pressure_gpa,
    section,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One value per step; None if a step lacks it."""

    name: str
    title: str
    unit: str
    values: tuple[float | None, ...]


Read = Callable[[Mapping[str, Any]], float | None]


def columns_of(document: Document, steps: Sequence[Mapping[str, Any]] = ()) -> dict[str, Column]:
    """Name → column, for columns with a value in any step; `step` comes first.

    Parameters
    ----------
    steps
        Steps from elsewhere, for a document without steps: fields like VASP's ionic steps, with `cell`,
        and with `max_force` and `n_atoms` instead of forces.
    """
    rows = steps_with_cells(document) or list(steps)
    known = [Column("step", "step", "", tuple(float(i) for i in range(len(rows))))]
    for name, title, unit, read in _COLUMNS:
        values = tuple(read(row) for row in rows)
        if any(value is not None for value in values):
            known.append(Column(name, title, unit, values))
    return {column.name: column for column in known} if rows else {}


def steps_with_cells(document: Document) -> list[Mapping[str, Any]]:
    """The steps of either document type, each with its lattice vectors [Å] as `cell` if known."""
    rows = vasp.ionic_steps(document) if is_vasp(document) else task.ionic_steps(document)
    objects = section(document, "vasp_objects" if is_vasp(document) else "objects")
    frames = as_list(section(objects, "trajectory").get("lattice"))
    per_step = frames if len(frames) == len(rows) else [None] * len(rows)
    return [{**row, "cell": cell or _cell(row)} for row, cell in zip(rows, per_step, strict=True)]


def _cell(row: Mapping[str, Any]) -> Any:
    for name in ("structure", "mol_or_struct"):
        if matrix := section(section(row, name), "lattice").get("matrix"):
            return matrix
    return None


def _energy(row: Mapping[str, Any]) -> float | None:
    """VASP's energy for sigma → 0, or the energy of an ASE engine."""
    return number(row["e_0_energy"] if "e_0_energy" in row else row.get("energy"))


def _per_atom(row: Mapping[str, Any]) -> float | None:
    energy, count = _energy(row), len(as_list(row.get("forces"))) or int(row.get("n_atoms") or 0)
    return energy / count if energy is not None and count else None


def _force(row: Mapping[str, Any]) -> float | None:
    """The largest force as given, or computed from the forces."""
    return number(row["max_force"]) if "max_force" in row else largest_norm(row.get("forces"))


def _volume(row: Mapping[str, Any]) -> float | None:
    cell = row.get("cell")
    return number(volume_of(cell)) if cell else None


def _moment(row: Mapping[str, Any]) -> float | None:
    known = [number(x) for x in as_list(row.get("magmoms"))]
    return sum(cast("list[float]", known)) if known and None not in known else None


def _electronic(row: Mapping[str, Any]) -> float | None:
    return float(len(as_list(row.get("electronic_steps")))) or None


_COLUMNS: tuple[tuple[str, str, str, Read], ...] = (
    ("energy", "energy", "eV", _energy),
    ("energy_per_atom", "energy per atom", "eV/atom", _per_atom),
    ("free_energy", "free energy", "eV", lambda row: number(row.get("e_fr_energy"))),
    ("max_force", "largest force", "eV/Å", _force),
    ("pressure", "pressure", "GPa", lambda row: pressure_gpa(row.get("stress"))),
    ("volume", "cell volume", "Å³", _volume),
    ("temperature", "temperature", "K", lambda row: number(row.get("temperature"))),
    ("magnetic_moment", "magnetic moment", "μB", _moment),
    ("n_electronic", "electronic steps", "", _electronic),
)
