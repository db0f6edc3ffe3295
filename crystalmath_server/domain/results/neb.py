"""emmet's NEB document as plain JSON → quantities with units, steps, images; pure."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from crystalmath_server.domain.results import vasp
from crystalmath_server.domain.results.task_document import (
    Document,
    Row,
    Step,
    as_list,
    largest_norm,
    number,
    section,
)


def is_band(document: Document) -> bool:
    """Whether a document is emmet's NebIntermediateImagesDoc."""
    return "neb_method" in document and isinstance(document.get("images"), list)


def images_of(document: Document) -> list[Document]:
    """Final structures as pymatgen JSON, without the end points, which were not computed."""
    return [row for row in as_list(document.get("images")) if isinstance(row, Mapping)]


def steps_of(document: Document) -> tuple[Step, ...]:
    """Energy of the highest image [eV] and largest force on any image [eV/Å] for each ionic step."""
    found = [[step for step in steps if step] for steps in zip_longest(*_steps_of_images(document))]
    return tuple(
        Step(max(step.energy for step in steps), _largest([step.max_force for step in steps]))
        for steps in found
    )


def version(document: Document) -> str:
    """The VASP version."""
    return str(next((row.get("vasp_version") for row in _calculations(document)), None) or "unknown")


def quantities(document: Document, n_steps: int) -> dict[str, dict[str, object]]:
    """Results: name → value, unit, title; without missing and non-finite values.

    There is no barrier, because the job does not compute the end points that it would be measured from.
    """
    energies = [number(value) for value in as_list(document.get("energies"))]
    known = [value for value in energies if value is not None]
    highest = max(known, default=None)
    forces = [_last_force(row) for row in _calculations(document)]
    rows: dict[str, Row] = {
        "highest_energy": (highest, "eV", "energy of the highest image"),
        "highest_image": (
            energies.index(highest) + 1 if highest is not None else None, "", "its number; 0 is an end point",
        ),
        "image_energies": (energies or None, "eV", "energy of each image, excluding end points"),
        "max_force": (_largest(forces), "eV/Å", "largest force on an atom of any image"),
        "n_images": (len(energies) or None, "", "images, excluding the end points"),
        "neb_method": (str(document.get("neb_method") or "") or None, "", "NEB method"),
        "converged": (vasp.is_converged(document), "", "VASP converged for every image"),
        "n_steps": (n_steps or None, "", "ionic steps"),
    }  # fmt: skip
    return {
        name: {"value": value, "unit": unit, "title": title}
        for name, (value, unit, title) in rows.items()
        if value is not None
    }


def _calculations(document: Document) -> list[Document]:
    return [row for row in as_list(document.get("calculations")) if isinstance(row, Mapping)]


def _steps_of_images(document: Document) -> list[tuple[Step, ...]]:
    return [vasp.steps_among(_ionic_steps(row)) for row in _calculations(document)]


def _ionic_steps(calculation: Document) -> list[Any]:
    return as_list(section(calculation, "output").get("ionic_steps"))


def _last_force(calculation: Document) -> float | None:
    steps = _ionic_steps(calculation)
    return largest_norm(steps[-1].get("forces")) if steps else None


def _largest(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
