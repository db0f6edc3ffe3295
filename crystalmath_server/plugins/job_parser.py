"""Base class of this project's parsers: retrieved texts, output nodes, exit codes with a reason."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import ExitCode
from aiida.orm.nodes.data.structure import Kind
from aiida.parsers import Parser

from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results import task_document as task
from crystalmath_server.domain.results.crystal import plain_crystal, raw_sites

MAX_REASON = 400
"""Most characters of the reason in an exit message."""


class JobParser(Parser):
    """A parser of a Maker's job."""

    def _text(self, name: str) -> str:
        """The text of a retrieved file; empty if missing."""
        try:
            return self.retrieved.base.repository.get_object_content(name, "rb").decode(errors="replace")
        except FileNotFoundError:
            return ""

    def _exit(self, status: ExitStatus, reason: str) -> ExitCode:
        """The CalcJob's exit code for a status."""
        return getattr(self.exit_codes, status.name).format(reason=reason[:MAX_REASON])

    def _final_structure(self, document: Mapping[str, Any], which: str = "") -> orm.StructureData:
        """StructureData from pymatgen JSON, labeled after the job's input structure."""
        formula = self.node.base.attributes.get(nodes.FORMULA, "")
        given: Any = self.node.inputs.structure if nodes.STRUCTURE in self.node.inputs else None
        name = (given.label if given is not None else "") or formula or "structure"
        node = structure_node(document, f"{name},{which} after job {self.node.pk}"[:255])
        if formula:
            node.base.extras.set_many({nodes.FORMULA: formula, nodes.N_SITES: len(node.sites)})
        return node


def structure_node(document: Mapping[str, Any], label: str) -> orm.StructureData:
    """StructureData from pymatgen JSON, with the complete JSON stored in the node."""
    crystal = plain_crystal(document)
    node = orm.StructureData(cell=crystal.cell, pbc=crystal.pbc)
    for symbol in dict.fromkeys(symbol for symbol, _ in crystal.sites):
        node.append_kind(Kind(symbols=symbol))
    node.base.attributes.set("sites", raw_sites(crystal))
    node.base.repository.put_object_from_bytes(json.dumps(document).encode(), nodes.STRUCTURE_FILE)
    node.label = label
    return node


def steps_node(steps: tuple[task.Step, ...]) -> orm.ArrayData:
    """Energy [eV] and largest force [eV/Å; NaN if unknown] of each step."""
    node = orm.ArrayData()
    node.set_array("step", np.arange(len(steps)))
    node.set_array("energy", np.array([step.energy for step in steps]))
    forces = [np.nan if step.max_force is None else step.max_force for step in steps]
    node.set_array("max_force", np.array(forces, dtype=float))
    node.base.attributes.set("units", {"energy": "eV", "max_force": "eV/Å"})
    return node
