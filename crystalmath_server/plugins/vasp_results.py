"""emmet's TaskDoc as plain JSON → quantities with units, steps, convergence; pure functions."""

from collections.abc import Mapping, Sequence
from typing import Any

from crystalmath_server.plugins.task_document import Step, largest_norm, number, section

KBAR_PER_GPA = 10
SUCCESSFUL = "successful"

Document = Mapping[str, Any]


def last_calculation(document: Document) -> Document:
    """The last of the runs that a TaskDoc holds; empty where there is none."""
    runs = document.get("calcs_reversed")
    return runs[0] if isinstance(runs, list) and runs and isinstance(runs[0], Mapping) else {}


def steps_of(document: Document) -> tuple[Step, ...]:
    """Energy without entropy [eV] and largest force [eV/Å] of each ionic step."""
    rows: Any = section(last_calculation(document), "output").get("ionic_steps")
    if not isinstance(rows, list):
        return ()
    found = [(number(row.get("e_0_energy")), largest_norm(row.get("forces"))) for row in rows]
    return tuple(Step(energy, force) for energy, force in found if energy is not None)


def final_structure(document: Document) -> Document:
    """Structure at the end as pymatgen's JSON, empty where there is none."""
    return section(section(document, "output"), "structure")


def moved(document: Document) -> bool:
    """Whether the atoms or the cell were free to move."""
    parameters = section(section(last_calculation(document), "input"), "parameters")
    steps = number(parameters.get("NSW"))
    return bool(steps) and parameters.get("IBRION") != -1


def converged(document: Document) -> bool:
    """Whether VASP ended as it should: electrons and, where they move, ions."""
    return document.get("state") == SUCCESSFUL


def version(document: Document) -> str:
    """VASP's own version."""
    return str(last_calculation(document).get("vasp_version") or "unknown")


def quantities(document: Document, n_steps: int) -> dict[str, dict[str, object]]:
    """Results of a TaskDoc: name → value, unit, title; without what is absent or not finite."""
    output = section(document, "output")
    last = section(last_calculation(document), "output")
    outcar = section(last, "outcar")
    rows: dict[str, tuple[object, str, str]] = {
        "energy": (number(output.get("energy")), "eV", "total energy"),
        "energy_per_atom": (number(output.get("energy_per_atom")), "eV/atom", "energy per atom"),
        "max_force": (largest_norm(output.get("forces")), "eV/Å", "largest force on an atom"),
        "volume": (_volume(document), "Å³", "cell volume"),
        "pressure": (
            _pressure_gpa(output.get("stress")),
            "GPa",
            "pressure; positive: the cell wants to grow",
        ),
        "bandgap": (number(last.get("bandgap")), "eV", "band gap"),
        "direct_gap": (number(last.get("direct_gap")), "eV", "direct band gap"),
        "efermi": (number(last.get("efermi")), "eV", "Fermi energy"),
        "magnetic_moment": (number(outcar.get("total_magnetization")), "μB", "total magnetic moment"),
        "converged": (converged(document), "", "VASP ended as it should"),
        "n_steps": (n_steps or None, "", "ionic steps"),
        "elapsed_time": (_elapsed_s(last), "s", "time on the computer"),
    }
    return {
        name: {"value": value, "unit": unit, "title": title}
        for name, (value, unit, title) in rows.items()
        if value is not None
    }


def _volume(document: Document) -> float | None:
    return number(section(final_structure(document), "lattice").get("volume"))


def _pressure_gpa(stress: object) -> float | None:
    """Mean of the diagonal of VASP's stress, which is in kbar and positive under compression."""
    if not isinstance(stress, list):
        return None
    rows: Sequence[Sequence[float]] = stress
    return number(sum(rows[i][i] for i in range(3)) / 3 / KBAR_PER_GPA)


def _elapsed_s(last: Document) -> float | None:
    return number(section(last, "run_stats").get("elapsed_time")) or None
