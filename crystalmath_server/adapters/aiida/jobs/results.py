"""Outputs of a job as quantities with units, steps and lattices; runs on the AiiDA thread."""

import math
from typing import Any

from crystalmath_server.adapters.aiida.jobs.rows import read_row
from crystalmath_server.adapters.aiida.jobs.runs import last_run, load_job
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.excerpts import thin
from crystalmath_server.domain.results.lattice import lattice_of
from crystalmath_server.protocol.results import IonicStep, JobResults, Quantity
from crystalmath_server.protocol.structures import Lattice

MAX_STEPS = 1000


def read_results(pk: int) -> JobResults:
    """The results of a job; for other plugins, their outputs unchanged."""
    node, row = load_job(pk), read_row(pk)
    assert row is not None  # noqa: S101  load_job found the job
    outputs = output_nodes(last_run(node))
    own = node.base.attributes.get(nodes.TEMPLATE, None) is not None and nodes.SUMMARY in outputs
    before: Any = input_structure(node)
    after: Any = outputs.get(nodes.STRUCTURE)
    steps = _steps(outputs.get(nodes.STEPS))
    return JobResults(
        pk=pk,
        state=row.state,
        engine=engine_of(node, outputs),
        quantities=_summary(outputs[nodes.SUMMARY]) if own else _foreign(outputs),
        steps=tuple(thin(steps, MAX_STEPS)),
        n_steps=len(steps),
        lattice_before=_lattice(before),
        lattice_after=_lattice(after),
        structure_before_pk=before.pk if before is not None else None,
        structure_after_pk=after.pk if _is_structure(after) else None,
    )


def input_nodes(node: Any) -> dict[str, Any]:
    """Input nodes by link label."""
    from aiida.common.links import LinkType

    kinds = (LinkType.INPUT_CALC, LinkType.INPUT_WORK)
    return {link.link_label: link.node for link in node.base.links.get_incoming(link_type=kinds).all()}


def output_nodes(node: Any) -> dict[str, Any]:
    """Output nodes by link label."""
    from aiida.common.links import LinkType

    links = node.base.links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN)).all()
    return {link.link_label: link.node for link in links}


def input_structure(node: Any) -> Any:
    """The input structure of a job, or None."""
    links = node.base.links.get_incoming(link_label_filter=nodes.STRUCTURE).all()
    return next((link.node for link in links if _is_structure(link.node)), None)


def engine_of(node: Any, outputs: dict[str, Any]) -> str:
    """The planned engine and version; otherwise the packages that took part."""
    planned = node.base.attributes.get(nodes.ENGINE, "")
    if planned or nodes.SUMMARY not in outputs:
        return planned
    versions = outputs[nodes.SUMMARY].base.attributes.get("engine", {})
    return ", ".join(f"{name} {version}" for name, version in sorted(dict(versions).items()))


def _summary(summary: Any) -> tuple[Quantity, ...]:
    rows = summary.get_dict().items()
    return tuple(
        Quantity(name, row.get("title") or name, row["value"], row.get("unit") or "", summary.uuid)
        for name, row in rows
        if isinstance(row, dict) and "value" in row
    )


def _foreign(outputs: dict[str, Any]) -> tuple[Quantity, ...]:
    from aiida import orm

    found: list[Quantity] = []
    for label, node in sorted(outputs.items()):
        if isinstance(node, orm.Dict | orm.List):
            held = node.get_dict() if isinstance(node, orm.Dict) else node.get_list()
            found.append(Quantity(label, node.label or label, held, "", node.uuid))
        elif isinstance(node, orm.Bool | orm.Int | orm.Float | orm.Str):
            found.append(Quantity(label, node.label or label, node.value, "", node.uuid))
    return tuple(found)


def _steps(node: Any) -> list[IonicStep]:
    from aiida import orm

    if not isinstance(node, orm.ArrayData) or "energy" not in node.get_arraynames():
        return []
    energies = node.get_array("energy").tolist()
    known = "max_force" in node.get_arraynames()
    forces = node.get_array("max_force").tolist() if known else [math.nan] * len(energies)
    rows = zip(range(len(energies)), energies, forces, strict=False)
    return [IonicStep(i, energy, _finite(force)) for i, energy, force in rows if math.isfinite(energy)]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _is_structure(node: Any) -> bool:
    from aiida import orm

    return isinstance(node, orm.StructureData)


def _lattice(node: Any) -> Lattice | None:
    """The lattice, or None for a molecule, whose cell is meaningless."""
    return lattice_of(node.cell) if _is_structure(node) and any(node.pbc) else None
