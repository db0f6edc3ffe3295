"""An atomate2 task document as plain JSON → quantities with units, steps, convergence; pure functions."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

KBAR_PER_GPA = 10
DEFAULT_FMAX_EV_A = 0.1  # atomate2's AseRelaxer

Document = Mapping[str, Any]
Row = tuple[object, str, str]
"""Value, unit and title of a quantity."""


@dataclass(frozen=True, slots=True)
class Step:
    """A computed configuration: energy [eV] and largest force [eV/Å]."""

    energy: float
    max_force: float | None


def number(value: object) -> float | None:
    """A finite float, or None."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def as_list(value: object) -> list[Any]:
    """A JSON array; empty if the value is not one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def largest_norm(vectors: object) -> float | None:
    """Largest Euclidean norm in a list of vectors; None if any number is missing."""
    norms = [_norm(as_list(row)) for row in as_list(vectors)]
    known = [norm for norm in norms if norm is not None]
    return max(known) if known and len(known) == len(norms) else None


def _norm(vector: list[Any]) -> float | None:
    numbers = [number(x) for x in vector]
    return (
        number(math.hypot(*cast("list[float]", numbers)))
        if len(numbers) == 3 and None not in numbers
        else None
    )


def section(document: Document, name: str) -> Document:
    """A nested object; empty if there is none."""
    found = document.get(name)
    return cast("Document", found) if isinstance(found, Mapping) else {}


def final_structure(document: Document) -> Document:
    """Final structure as pymatgen JSON; empty if there is none."""
    return section(document, "structure")


def has_free_ions(document: Document) -> bool:
    """Whether the atoms or the cell were free to move."""
    steps = section(document, "input").get("steps")
    return isinstance(steps, int) and steps > 1


def _without_repeats(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The steps without the duplicate last configuration that atomate2's observer writes."""
    kept = list(steps)
    return tuple(kept[:-1] if len(kept) > 1 and kept[-1] == kept[-2] else kept)


def steps_of(document: Document, progress: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    """All configurations, from the document's steps or from the progress reported during the run."""
    rows = ionic_steps(document)
    if rows:
        found = [(number(row.get("energy")), largest_norm(row.get("forces"))) for row in rows]
    else:
        found = [(number(row.get("energy_ev")), number(row.get("max_force_ev_a"))) for row in progress]
    return _without_repeats(Step(energy, force) for energy, force in found if energy is not None)


def ionic_steps(document: Document) -> list[Document]:
    """The configurations stored by atomate2; molecular dynamics keeps them in a trajectory."""
    ionic = as_list(section(document, "output").get("ionic_steps"))
    frames = as_list(section(section(document, "objects"), "trajectory").get("frame_properties"))
    return ionic or [frame for frame in frames if isinstance(frame, dict)]


def fmax_ev_a(document: Document) -> float:
    """Force below which a relaxation is converged [eV/Å]."""
    limit = number(section(section(document, "input"), "relax_kwargs").get("fmax"))
    return DEFAULT_FMAX_EV_A if limit is None else abs(limit)


def is_converged(document: Document) -> bool | None:
    """Whether a relaxation ended below its force limit; None if nothing had to converge."""
    state = document.get("state")
    if not has_free_ions(document) or state is None:
        return None
    return state == "successful" and document.get("is_force_converged") is not False


def why_not_converged(document: Document, n_steps: int) -> str:
    """Why a relaxation did not converge."""
    force = largest_norm(section(document, "output").get("forces"))
    limit = fmax_ev_a(document)
    if force is not None and force >= limit:
        return f"largest force {force:.4g} eV/Å after {n_steps} steps, wanted below {limit:.4g} eV/Å"
    return f"forces are below {limit:.4g} eV/Å after {n_steps} steps, but the cell is not relaxed"


def _quantity(value: object, unit: str, title: str) -> dict[str, object]:
    return {"value": value, "unit": unit, "title": title}


def pressure_gpa(stress: object) -> float | None:
    """Pressure [GPa] from the diagonal of a stress [kbar]; positive if the cell tends to expand."""
    tensor = stress_gpa(stress)
    return None if tensor is None else sum(tensor[i][i] for i in range(3)) / 3


def stress_gpa(stress: object) -> list[list[float]] | None:
    """A (3, 3) stress [kbar] in GPa; None if a component is missing or not finite."""
    tensor = [_gpa(as_list(row)) for row in as_list(stress)]
    return tensor if [len(row) for row in tensor] == [3, 3, 3] else None


def _gpa(row: Sequence[object]) -> list[float]:
    """The finite numbers of a row, in GPa."""
    return [x / KBAR_PER_GPA for x in map(number, row) if x is not None]


def _magnetic_moment(document: Document) -> float | None:
    """Sum of the site moments of the last step [μB]."""
    steps = ionic_steps(document)
    moments = as_list(steps[-1].get("magmoms")) if steps else []
    return number(sum(float(x) for x in moments)) if moments else None


def _volume(document: Document) -> float | None:
    return number(section(final_structure(document), "lattice").get("volume"))


def quantities(document: Document, n_steps: int, elapsed_s: float | None) -> dict[str, dict[str, object]]:
    """Results that a task document holds: name → value, unit, title; without missing values."""
    output = section(document, "output")
    rows = {
        "energy": (number(output.get("energy")), "eV", "total energy"),
        "energy_per_atom": (number(output.get("energy_per_atom")), "eV/atom", "energy per atom"),
        "max_force": (largest_norm(output.get("forces")), "eV/Å", "largest force on an atom"),
        "volume": (_volume(document), "Å³", "cell volume"),
        "pressure": (
            pressure_gpa(output.get("stress")),
            "GPa",
            "pressure; positive if the cell tends to expand",
        ),
        "stress": (
            stress_gpa(output.get("stress")),
            "GPa",
            "stress tensor; positive if the cell tends to expand",
        ),
        "magnetic_moment": (_magnetic_moment(document), "μB", "sum of the site magnetic moments"),
        "converged": (is_converged(document), "", "relaxed below the force limit"),
        "fmax": (fmax_ev_a(document) if is_converged(document) is not None else None, "eV/Å", "force limit"),
        "n_steps": (n_steps or None, "", "configurations computed"),
        "elapsed_time": (elapsed_s, "s", "time on the cluster, including Python imports"),
    }
    return {name: _quantity(*row) for name, row in rows.items() if row[0] is not None}
