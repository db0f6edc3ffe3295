"""emmet's TaskDoc as plain JSON → quantities with units, steps, convergence; pure functions."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from crystalmath_server.domain.results.task_document import (
    Row,
    Step,
    as_list,
    largest_norm,
    number,
    pressure_gpa,
    section,
    stress_gpa,
)
from crystalmath_server.domain.results.vasp_energies import SIGMA_ZERO, correct_energies

SUCCESSFUL = "successful"

Document = Mapping[str, Any]


def last_calculation(document: Document) -> Document:
    """The last run in a TaskDoc; empty if there is none."""
    runs = document.get("calcs_reversed")
    found = next(iter(as_list(runs)), None)
    return cast("Document", found) if isinstance(found, Mapping) else {}


def steps_of(document: Document) -> tuple[Step, ...]:
    """Energy for σ → 0 [eV] and largest force [eV/Å] of each ionic step."""
    return steps_among(ionic_steps(document))


def steps_among(rows: Iterable[Document]) -> tuple[Step, ...]:
    """Steps from rows with `e_0_energy` and either `forces` or `max_force`."""
    found = [(number(row.get(SIGMA_ZERO)), _largest_force(row)) for row in map(correct_energies, rows)]
    return tuple(Step(energy, force) for energy, force in found if energy is not None)


def _largest_force(row: Document) -> float | None:
    """The largest force as given, or computed from the forces."""
    return number(row["max_force"]) if "max_force" in row else largest_norm(row.get("forces"))


def ionic_steps(document: Document) -> list[dict[str, Any]]:
    """The ionic steps with VASP's field names; emmet keeps molecular dynamics steps in a trajectory.

    Energies that VASP writes incorrectly are corrected or set to None.
    """
    rows = as_list(section(last_calculation(document), "output").get("ionic_steps"))
    frames = as_list(section(section(document, "vasp_objects"), "trajectory").get("frame_properties"))
    return list(
        map(correct_energies, rows or [{**frame, SIGMA_ZERO: frame.get("energy")} for frame in frames])
    )


def final_structure(document: Document) -> Document:
    """Final structure as pymatgen JSON; empty if there is none."""
    return section(section(document, "output"), "structure")


def has_free_ions(document: Document) -> bool:
    """Whether the atoms or the cell were free to move."""
    parameters = section(section(last_calculation(document), "input"), "parameters")
    steps = number(parameters.get("NSW"))
    return bool(steps) and parameters.get("IBRION") != -1


def is_converged(document: Document) -> bool:
    """Whether VASP converged: the electrons and, if they move, the ions."""
    return document.get("state") == SUCCESSFUL


def version(document: Document) -> str:
    """The VASP version."""
    return str(last_calculation(document).get("vasp_version") or "unknown")


def quantities(document: Document, n_steps: int) -> dict[str, dict[str, object]]:
    """Results of a TaskDoc: name → value, unit, title; without missing and non-finite values."""
    rows = {
        **_mechanical(section(document, "output")),
        "volume": (_volume(document), "Å³", "cell volume"),
        **_electronic(section(last_calculation(document), "output")),
        "n_kpoints": (_whole(section(document, "input").get("nkpoints")), "", "irreducible k-points"),
        "run_type": (_text(document.get("run_type")), "", "type of functional"),
        "converged": (is_converged(document), "", "VASP converged"),
        "n_steps": (n_steps or None, "", "ionic steps"),
        **_effort(section(section(last_calculation(document), "output"), "run_stats")),
    }
    return {
        name: {"value": value, "unit": unit, "title": title}
        for name, (value, unit, title) in rows.items()
        if value is not None
    }


def _mechanical(output: Document) -> dict[str, Row]:
    stress = output.get("stress")
    return {
        "energy": (number(output.get("energy")), "eV", "total energy"),
        "energy_per_atom": (number(output.get("energy_per_atom")), "eV/atom", "energy per atom"),
        "max_force": (largest_norm(output.get("forces")), "eV/Å", "largest force on an atom"),
        "pressure": (pressure_gpa(stress), "GPa", "pressure; positive if the cell tends to expand"),
        "stress": (stress_gpa(stress), "GPa", "stress tensor; positive if the cell tends to expand"),
    }


def _electronic(last: Document) -> dict[str, Row]:
    """Band edges if there is a gap; electron count and moment from OUTCAR."""
    outcar = section(last, "outcar")
    has_gap = bool(number(last.get("bandgap")))
    return {
        "bandgap": (number(last.get("bandgap")), "eV", "band gap"),
        "is_gap_direct": (bool(last.get("is_gap_direct")) if has_gap else None, "", "the gap is direct"),
        "direct_gap": (number(last.get("direct_gap")), "eV", "direct band gap"),
        "vbm": (number(last.get("vbm")), "eV", "highest occupied level"),
        "cbm": (number(last.get("cbm")), "eV", "lowest unoccupied level"),
        "efermi": (number(last.get("efermi")), "eV", "Fermi energy"),
        "magnetic_moment": (number(outcar.get("total_magnetization")), "μB", "total magnetic moment"),
        "n_electrons": (number(outcar.get("nelect")), "", "electrons"),
    }


def _effort(stats: Document) -> dict[str, Row]:
    return {
        "elapsed_time": (number(stats.get("elapsed_time")) or None, "s", "time on the cluster"),
        "cpu_time": (number(stats.get("total_time")) or None, "s", "CPU time of one rank"),
        "max_memory": (number(stats.get("max_memory")) or None, "kB", "largest memory of one rank"),
        "n_cores": (_whole(stats.get("cores")), "", "cores"),
    }


def _whole(value: object) -> int | None:
    """A positive integer, or None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _text(value: object) -> str | None:
    return str(value) if value else None


def _volume(document: Document) -> float | None:
    return number(section(final_structure(document), "lattice").get("volume"))
