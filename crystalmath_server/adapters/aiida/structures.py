"""Structures as AiiDA nodes that also store the full pymatgen JSON."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from crystalmath_server.adapters.aiida.calls import Runtime
from crystalmath_server.adapters.aiida.structure_list import page
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.plans import ParsedStructure
from crystalmath_server.domain.results.crystal import plain_crystal, raw_sites, structure_document
from crystalmath_server.ports import Workbench
from crystalmath_server.protocol.errors import InvalidStructure, NotFound
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import (
    ListStructuresParams,
    StructureDetail,
    StructurePage,
    StructureRow,
)


class AiidaStructures:
    """The StructureStore port."""

    def __init__(self, runtime: Runtime, workbench: Workbench) -> None:
        self._runtime = runtime
        self._workbench = workbench

    async def store(self, parsed: ParsedStructure, label: str) -> StructureDetail:
        """Store a structure, or return the node that already holds the same one.

        Raises
        ------
        InvalidStructure
            The structure has no cell, or an element unknown to AiiDA.
        """
        row, reused = await self._runtime.call(_store_once, parsed, label)
        return _detail(row, parsed, reused=reused)

    async def list_structures(self, params: ListStructuresParams) -> StructurePage:
        """A page of structures, newest first."""
        return await self._runtime.call_long(page, params)

    async def show(self, pk: int) -> StructureDetail:
        """One structure; the worker computes symmetry and POSCAR, so any StructureData can be shown."""
        row, document = await self._runtime.call(_load, pk)
        parsed = await self._workbench.describe_structure(document)
        return _detail(replace(row, formula=parsed.formula), parsed, reused=False)

    async def document(self, pk: int) -> Mapping[str, Json]:
        """A structure as pymatgen JSON."""
        _row, document = await self._runtime.call(_load, pk)
        return document


def _detail(row: StructureRow, parsed: ParsedStructure, *, reused: bool) -> StructureDetail:
    return StructureDetail(
        row=row,
        lattice=parsed.lattice,
        spacegroup=parsed.spacegroup,
        density_g_cm3=parsed.density_g_cm3,
        sites=parsed.sites,
        poscar=parsed.poscar,
        reused=reused,
    )


def _row(node: Any) -> StructureRow:
    formula = node.base.extras.get(nodes.FORMULA, "") or node.get_formula("hill", separator="")
    return StructureRow(
        node.pk,
        node.uuid,
        node.label,
        formula,
        len(node.base.attributes.get("sites")),
        node.ctime.timestamp(),
    )


def _store_once(parsed: ParsedStructure, label: str) -> tuple[StructureRow, bool]:
    """The node of a structure, and whether it already existed."""
    from aiida import orm

    query = orm.QueryBuilder()
    query.append(orm.StructureData, filters={f"extras.{nodes.DIGEST}": parsed.digest})
    found = query.order_by({orm.StructureData: {"id": "asc"}}).first(flat=True)
    if found is not None:
        return _row(found), True
    node = _node(parsed)
    node.label = label or parsed.formula
    node.base.extras.set_many(
        {nodes.DIGEST: parsed.digest, nodes.FORMULA: parsed.formula, nodes.N_SITES: parsed.n_sites}
    )
    node.store()
    return _row(node), False


def _node(parsed: ParsedStructure) -> Any:
    """A StructureData node; its file keeps the oxidation states, moments and charge."""
    from aiida import orm
    from aiida.orm.nodes.data.structure import Kind

    try:
        crystal = plain_crystal(parsed.document)
        node: Any = orm.StructureData(cell=crystal.cell, pbc=crystal.pbc)
        for symbol in dict.fromkeys(symbol for symbol, _ in crystal.sites):
            node.append_kind(Kind(symbols=symbol))
        node.base.attributes.set("sites", raw_sites(crystal))  # append_atom takes seconds for 20 000 of them
    except ValueError as error:
        raise InvalidStructure(f"{parsed.formula}: {error}") from error
    text = json.dumps(dict(parsed.document)).encode()
    node.base.repository.put_object_from_bytes(text, nodes.STRUCTURE_FILE)
    return node


def _load(pk: int) -> tuple[StructureRow, dict[str, Json]]:
    from aiida import orm

    node: Any = orm.QueryBuilder().append(orm.StructureData, filters={"id": pk}).first(flat=True)
    if node is None:
        raise NotFound(f"There is no structure {pk}", field="pk", hint="See: structures.list")
    return _row(node), _document(node)


def _document(node: Any) -> dict[str, Json]:
    """The pymatgen JSON stored with the node, or built from its attributes for other tools' nodes."""
    repository = node.base.repository
    if nodes.STRUCTURE_FILE in repository.list_object_names():
        return json.loads(repository.get_object_content(nodes.STRUCTURE_FILE))
    held = node.base.attributes
    return structure_document(node.cell, node.pbc, held.get("kinds"), held.get("sites"))
