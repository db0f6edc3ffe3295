"""Results from a job's summary, completed with data from its document; pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from crystalmath_server.domain.results.excerpts import thin
from crystalmath_server.protocol.codec import from_json
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity, SiteResult

MAX_STEPS = 1000


def complete(results: JobResults, document: Mapping[str, Any], source: str) -> JobResults:
    """The results with the document's quantities and sites, and its steps if there were none.

    Parameters
    ----------
    document
        Answer of the reader process: quantities, sites, n_sites, series, steps.
    source
        UUID of the document's node.
    """
    steps = steps_of(document["steps"])
    found = {name: _quantity(name, row, source) for name, row in document["quantities"].items()}
    summarized = tuple(row for row in results.quantities if row.name not in found)
    return replace(
        results,
        quantities=(*found.values(), *summarized),
        steps=results.steps or tuple(thin(steps, MAX_STEPS)),
        n_steps=results.n_steps or len(steps),
        sites=tuple(from_json(SiteResult, row) for row in document["sites"]),
        n_sites=int(document["n_sites"]),
        document=source,
        series=tuple(document["series"]),
    )


def steps_of(columns: Mapping[str, Sequence[float | None]]) -> list[IonicStep]:
    """Steps with an energy, from the columns `energy` and `max_force`."""
    energies = columns.get("energy", ())
    forces = columns.get("max_force") or [None] * len(energies)
    rows = zip(range(len(energies)), energies, forces, strict=True)
    return [IonicStep(i, energy, force) for i, energy, force in rows if energy is not None]


def _quantity(name: str, row: Mapping[str, Any], source: str) -> Quantity:
    return Quantity(name, row["title"], row["value"], row["unit"], source)
