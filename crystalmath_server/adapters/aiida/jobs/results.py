"""Outputs of a job as quantities with units, steps and lattices; runs on the AiiDA threads."""

import io
import math

from crystalmath_server.adapters.aiida.jobs.job_record import JobRecord, read_job
from crystalmath_server.adapters.aiida.jobs.node_record import NodeRecord
from crystalmath_server.adapters.aiida.jobs.rows import row_and_facts
from crystalmath_server.adapters.aiida.object_store import object_store
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.excerpts import thin
from crystalmath_server.domain.results.lattice import lattice_of
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity
from crystalmath_server.protocol.structures import Lattice

MAX_STEPS = 1000
_ARRAY = "array|"
"""Prefix of the attributes of an ArrayData that name its arrays."""


def read_results(pk: int) -> JobResults:
    """The results of a job; for other plugins, their outputs unchanged."""
    job = read_job(pk)
    row, _facts = row_and_facts(job)
    outputs = job.last_run.outputs
    summary = outputs.get(nodes.SUMMARY) if nodes.TEMPLATE in job.node.attributes else None
    before, after = job.structure, outputs.get(nodes.STRUCTURE)
    after = after if after is not None and after.is_structure else None
    steps = _steps(outputs.get(nodes.STEPS))
    return JobResults(
        pk=pk,
        state=row.state,
        engine=engine_of(job),
        quantities=_summary(summary) if summary is not None else _foreign(job.last_run),
        steps=tuple(thin(steps, MAX_STEPS)),
        n_steps=len(steps),
        lattice_before=_lattice(before),
        lattice_after=_lattice(after),
        structure_before_pk=before.pk if before is not None else None,
        structure_after_pk=after.pk if after is not None else None,
    )


def engine_of(job: JobRecord) -> str:
    """The planned engine and version; otherwise the packages that took part."""
    planned = job.node.attributes.get(nodes.ENGINE, "")
    summary = job.last_run.outputs.get(nodes.SUMMARY)
    if planned or summary is None:
        return planned
    versions = summary.attributes.get("engine", {})
    return ", ".join(f"{name} {version}" for name, version in sorted(dict(versions).items()))


def _summary(summary: NodeRecord) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(name, row.get("title") or name, row["value"], row.get("unit") or "", summary.uuid)
        for name, row in summary.attributes.items()
        if isinstance(row, dict) and "value" in row
    )


def _foreign(run: JobRecord) -> tuple[Quantity, ...]:
    return tuple(
        Quantity(label, node.label or label, node.plain, "", node.uuid)
        for label, node in sorted(run.outputs.items())
        if node.plain is not None
    )


def _steps(node: NodeRecord | None) -> list[IonicStep]:
    if node is None or not node.is_array or f"{_ARRAY}energy" not in node.attributes:
        return []
    names = [name for name in ("energy", "max_force") if f"{_ARRAY}{name}" in node.attributes]
    arrays = _arrays(node, names)
    energies = arrays["energy"]
    forces = arrays.get("max_force") or [math.nan] * len(energies)
    rows = zip(range(len(energies)), energies, forces, strict=False)
    return [IonicStep(i, energy, _finite(force)) for i, energy, force in rows if math.isfinite(energy)]


def _arrays(node: NodeRecord, names: list[str]) -> dict[str, list[float]]:
    import numpy as np

    keys = {name: node.files[f"{name}.npy"] for name in names}
    contents = object_store().contents(set(keys.values()))
    return {
        name: np.load(io.BytesIO(contents[key]), allow_pickle=False).tolist() for name, key in keys.items()
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _lattice(structure: NodeRecord | None) -> Lattice | None:
    """The lattice, or None for a molecule, whose cell is meaningless."""
    if structure is None or not any(structure.attributes.get(f"pbc{axis}") for axis in (1, 2, 3)):
        return None
    return lattice_of(structure.attributes["cell"])
