"""Curves from a job's document, thinned to the requested number of points; pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from crystalmath_server.domain.results.band_curves import band_curves, dos_curves, path_of, ticks_of
from crystalmath_server.domain.results.excerpts import thin
from crystalmath_server.domain.results.partial_dos import part_curves, parts_of
from crystalmath_server.domain.results.sites import is_vasp
from crystalmath_server.domain.results.step_columns import Column, steps_with_cells
from crystalmath_server.domain.results.task_document import Document, as_list, number, section
from crystalmath_server.domain.results.vasp import last_calculation
from crystalmath_server.protocol.command import command
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.results import JOBS_RESULTS, Quantity
from crystalmath_server.protocol.series import SERIES_TITLES, Curve, JobSeries, SeriesParams, Tick

_TRAJECTORY = ("energy", "max_force", "temperature", "volume", "pressure", "magnetic_moment")
_MOST_TICKS = 12
_PROJECTED = 10
"""Lowest LORBIT for which VASP projects without RWIGS."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Curves before thinning."""

    x_name: str
    x_unit: str
    x: Sequence[float]
    curves: tuple[Curve, ...]
    ticks: tuple[Tick, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    columns: tuple[str, ...] = ()
    left_out: str = ""


def kinds_of(document: Document) -> tuple[str, ...]:
    """Kinds of curves available from a document or its source vasprun.xml."""
    n_steps = len(steps_with_cells(document))
    electronic = bool(_electronic_energies(document))
    found = {
        "convergence": electronic or n_steps > 1,
        "trajectory": n_steps > 1,
        "steps": n_steps > 1,
        "bands": "bandstructure" in _objects(document) or _along_lines(document),
        "dos": is_vasp(document),
        "dos_element": _is_projected(document),
        "dos_orbital": _is_projected(document),
        "eos": number(section(document, "output").get("energy")) is not None,
    }
    return tuple(name for name, there in found.items() if there)


def series(params: SeriesParams, drawn: Drawn, source: str) -> JobSeries:
    """The series with all curves thinned to the same points."""
    places = thin(range(len(drawn.x)), params.points)
    few = "" if len(places) == len(drawn.x) else f"{len(places)} of {len(drawn.x)} points"
    return JobSeries(
        pk=params.pk,
        kind=params.kind,
        title=SERIES_TITLES[params.kind],
        x_name=drawn.x_name,
        x_unit=drawn.x_unit,
        x=tuple(drawn.x[i] for i in places),
        curves=tuple(replace(curve, y=tuple(curve.y[i] for i in places)) for curve in drawn.curves),
        ticks=drawn.ticks,
        quantities=tuple(replace(row, source=row.source or source) for row in drawn.quantities),
        source=source,
        total=len(drawn.x),
        columns=drawn.columns,
        left_out="; ".join(filter(None, (few, drawn.left_out))),
    )


def steps_curves(columns: Mapping[str, Column], params: SeriesParams) -> Drawn:
    """One column plotted against another."""
    x, y = _column(columns, params.x or "step", "x"), _column(columns, params.y or "energy", "y")
    pairs = [(a, b) for a, b in zip(x.values, y.values, strict=True) if a is not None]
    if x.name != "step":
        pairs.sort(key=lambda pair: pair[0])
    curve = Curve(y.title, y.unit, tuple(b for _, b in pairs))
    return Drawn(x.title, x.unit, [a for a, _ in pairs], (curve,), columns=tuple(columns))


def trajectory_curves(columns: Mapping[str, Column]) -> Drawn:
    """The values that change from step to step."""
    if len(columns) < 2:
        raise NotFound("This job has no steps", field="kind", hint=f"See: {command(JOBS_RESULTS, pk='PK')}")
    shown = [columns[name] for name in _TRAJECTORY if name in columns]
    curves = tuple(Curve(column.title, column.unit, column.values) for column in shown)
    steps = cast("tuple[float, ...]", columns["step"].values)
    return Drawn("step", "", steps, curves, columns=tuple(columns))


def convergence_curves(document: Document, columns: Mapping[str, Column]) -> Drawn:
    """Energy and energy change per electronic step, else energy and largest force per ionic step."""
    loops = _electronic_energies(document)
    if not loops:
        whole = trajectory_curves({name: columns[name] for name in _CONVERGED if name in columns})
        return replace(whole, columns=())
    energies = [energy for loop in loops for energy in loop]
    changes = [
        None if place == 0 else abs(energy - loop[place - 1])
        for loop in loops
        for place, energy in enumerate(loop)
    ]
    starts = [sum(map(len, loops[:place])) for place in range(len(loops))]
    ticks = tuple(Tick(float(starts[i]), str(i)) for i in thin(range(len(loops)), _MOST_TICKS))
    curves = (Curve("energy", "eV", tuple(energies)), Curve("change of energy", "eV", tuple(changes)))
    x = [float(i) for i in range(len(energies))]
    return Drawn("electronic step", "", x, curves, ticks if len(loops) > 1 else ())


_CONVERGED = ("step", "energy", "max_force")


def bands_curves(bands: Document) -> Drawn:
    """A band structure along its path, with band gap and Fermi energy."""
    path = path_of(bands)
    curves, few = band_curves(bands)
    gap: Any = bands.get("band_gap") or {}
    found = (
        Quantity("bandgap", "band gap", number(gap.get("energy")), "eV", ""),
        Quantity("is_gap_direct", "the gap is direct", gap.get("direct"), "", ""),
        Quantity("efermi", "Fermi energy, the zero of this plot", number(bands.get("efermi")), "eV", ""),
    )
    known = tuple(row for row in found if row.value is not None)
    words = f"{few} bands far from the Fermi energy" if few else ""
    return Drawn("wave vector", "1/Å", path, curves, ticks_of(bands, path), known, left_out=words)


def density_curves(dos: Document) -> Drawn:
    """A density of states against the energy relative to the Fermi energy."""
    energies, curves = dos_curves(dos)
    fermi = Quantity("efermi", "Fermi energy, the zero of this plot", number(dos.get("efermi")), "eV", "")
    return Drawn("energy from the Fermi energy", "eV", energies, curves, (Tick(0.0, "EF"),), (fermi,))


def partial_curves(dos: Document, *, orbitals: bool) -> Drawn:
    """A density of states by element, or by element and orbital; raises NotFound if not projected."""
    parts = parts_of(dos)
    if not parts:
        detail = "the density of states of this job is not projected onto atoms"
        raise NotFound(detail, field="kind", hint="Run the job again with LORBIT = 11.")
    whole = density_curves(dos)
    return replace(whole, curves=part_curves(parts, orbitals=orbitals))


def stored_document(document: Document, name: str) -> Document | None:
    """The stored `bandstructure` or `dos` as pymatgen JSON, or None."""
    found = _objects(document).get(name)
    return cast("Document", found) if isinstance(found, Mapping) and "efermi" in found else None


def _objects(document: Document) -> Document:
    return section(document, "vasp_objects")


def _is_projected(document: Document) -> bool:
    """Whether VASP was set to project onto atoms."""
    incar = section(section(last_calculation(document), "input"), "incar")
    lorbit = number(incar.get("LORBIT"))
    return is_vasp(document) and lorbit is not None and lorbit >= _PROJECTED


def _along_lines(document: Document) -> bool:
    style = section(section(document, "input"), "kpoints").get("generation_style")
    return str(style).lower().startswith("line")


def _electronic_energies(document: Document) -> list[list[float]]:
    """Energies of the electronic steps [eV], as one list for each ionic step that has them."""
    rows = as_list(section(last_calculation(document), "output").get("ionic_steps"))
    loops = [[_loop_energy(one) for one in row.get("electronic_steps") or ()] for row in rows]
    return [[energy for energy in loop if energy is not None] for loop in loops if any(loop)]


def _loop_energy(step: Mapping[str, Any]) -> float | None:
    """The free energy, which VASP minimizes."""
    return number(step.get("e_fr_energy"))


def _column(columns: Mapping[str, Column], name: str, field: str) -> Column:
    if name in columns:
        return columns[name]
    if not columns:
        raise NotFound("This job has no steps", field="kind", hint=f"See: {command(JOBS_RESULTS, pk='PK')}")
    detail = f"the steps have no column {name!r}"
    raise InvalidForm(detail, field=field, hint=f"Columns: {', '.join(columns)}.")
