"""AiiDA's ORM as the judge of what is read of a job without it."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from aiida import orm
from aiida.common.links import LinkType

from crystalmath_server.adapters.aiida.jobs.detail import read_detail
from crystalmath_server.adapters.aiida.jobs.files import list_files
from crystalmath_server.adapters.aiida.jobs.results import read_results
from crystalmath_server.adapters.aiida.jobs.rows import of_pks, read_rows
from crystalmath_server.domain.clusters.breaker import CLOSED
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.protocol.codec import to_json

Node = Any


def called(node: Node) -> tuple[int, ...]:
    """The processes that a process called."""
    return tuple(sorted(one.pk for one in node.called))


def differences(node: Node, hints: Mapping[str, Any]) -> dict[str, Any]:
    """Field → what was read, and what AiiDA's ORM says."""
    detail = read_detail(node.pk, lambda _cluster: CLOSED)
    run = _last_run(node)
    pairs: dict[str, tuple[Any, Any]] = {
        name: (to_json(getattr(detail, name)), to_json(value)) for name, value in hints.items()
    }
    (listed,) = read_rows(of_pks([node.pk])) if nodes.RUN not in node.base.attributes else (detail.row,)
    pairs |= {
        "row": (to_json(detail.row), to_json(listed)),
        "description": (detail.description, "words"),
        "inputs": (_told(detail.inputs), _judged(node, incoming=True)),
        "outputs": (_told(detail.outputs), _judged(run, incoming=False)),
        "caller": (detail.caller_pk, node.caller.pk if node.caller else None),
        "called": (detail.called, called(node)),
        "work folder": (detail.remote_work_dir, run.base.attributes.get("remote_workdir", "")),
        "files": (_files_told(node.pk), _files_judged(run)),
        "results": (_results_told(node.pk), _results_judged(node, run)),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _last_run(node: Node) -> Node:
    if node.process_type != nodes.VASP_RESTART_PROCESS:
        return node
    runs: list[Node] = [one for one in node.called if isinstance(one, orm.CalcJobNode)]
    return max(runs, key=lambda one: one.pk)


def _told(links: Any) -> list[tuple[Any, ...]]:
    return [(link.label, link.pk, link.type, link.summary) for link in links]


def _judged(node: Node, *, incoming: bool) -> list[tuple[Any, ...]]:
    links = node.base.links
    found = (
        links.get_incoming(link_type=(LinkType.INPUT_CALC, LinkType.INPUT_WORK))
        if incoming
        else links.get_outgoing(link_type=(LinkType.CREATE, LinkType.RETURN))
    )
    rows = [
        (link.link_label, link.node.pk, type(link.node).__name__, _summary(link.node)) for link in found.all()
    ]
    return sorted(rows)


def _summary(node: Node) -> str:
    if isinstance(node, orm.StructureData):
        return node.get_formula("hill", separator="")
    if isinstance(node, orm.Bool | orm.Int | orm.Float | orm.Str):
        return str(node.value)[:80]
    if isinstance(node, orm.Dict):
        return ", ".join(node.keys())[:80]
    return node.full_label if isinstance(node, orm.AbstractCode) else node.label


def _files_told(pk: int) -> list[tuple[str, str, int]]:
    return [(row.source, row.path, row.size) for row in list_files(pk).rows]


def _files_judged(run: Node) -> list[tuple[str, str, int]]:
    held = run.inputs[nodes.FILES] if getattr(run, "is_imported", False) else run
    folders = {"inputs": held, "retrieved": run.outputs.retrieved if "retrieved" in run.outputs else None}
    return [
        (source, path, len(folder.base.repository.get_object_content(path, "rb")))
        for source, folder in folders.items()
        if folder is not None
        for path in sorted(
            str(root / name) for root, _folders, names in folder.base.repository.walk() for name in names
        )
    ]


def _results_told(pk: int) -> list[Any]:
    found = read_results(pk)
    cells = [one.volume if one else None for one in (found.lattice_before, found.lattice_after)]
    steps = [(row.step, row.energy_ev, row.max_force_ev_a) for row in found.steps]
    values = sorted((row.name, row.source, json.dumps(row.value)) for row in found.quantities)
    return [steps, [None if cell is None else round(cell, 6) for cell in cells], values]


def _results_judged(node: Node, run: Node) -> list[Any]:
    links = run.base.links.get_outgoing().all()
    outputs: dict[str, Node] = {
        link.link_label: link.node for link in links if isinstance(link.node, orm.Data)
    }
    steps: list[Any] = []
    if nodes.STEPS in outputs:
        arrays = [outputs[nodes.STEPS].get_array(name).tolist() for name in ("energy", "max_force")]
        rows = zip(*arrays, strict=True)
        steps = [(i, e, None if np.isnan(f) else f) for i, (e, f) in enumerate(rows) if not np.isnan(e)]
    given = node.base.links.get_incoming(link_label_filter=nodes.STRUCTURE).first()
    structures = (given.node if given else None, outputs.get(nodes.STRUCTURE))
    cells = [round(one.get_cell_volume(), 6) if one and any(one.pbc) else None for one in structures]
    if nodes.SUMMARY in outputs:
        summary = outputs[nodes.SUMMARY]
        return [steps, cells, [("energy", summary.uuid, json.dumps(summary["energy"]["value"]))]]
    plain = (orm.Dict, orm.List, orm.Bool, orm.Int, orm.Float, orm.Str)
    values = [
        (label, one.uuid, json.dumps(_value(one))) for label, one in outputs.items() if isinstance(one, plain)
    ]
    return [steps, cells, sorted(values)]


def _value(node: Node) -> Any:
    if isinstance(node, orm.Dict):
        return node.get_dict()
    return node.get_list() if isinstance(node, orm.List) else node.value
