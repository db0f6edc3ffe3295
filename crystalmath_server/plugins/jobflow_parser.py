"""Parser of `crystalmath.jobflow`: response → summary, document, steps, structure, exit code in words."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from aiida import orm
from aiida.engine import ExitCode
from aiida.orm.nodes.data.structure import Kind
from aiida.parsers import Parser

from crystalmath_server.domain import nodes
from crystalmath_server.domain import task_document as task
from crystalmath_server.domain.crystal import plain_crystal, raw_sites
from crystalmath_server.plugins.failure_cause import keep_cause, no_corrections
from crystalmath_server.plugins.silence import why_silent

_ERRORS = {"missing_engine": "ENGINE_MISSING", "not_one_job": "NOT_ONE_JOB"}
_MAX_REASON = 400


def structure_node(document: Mapping[str, Any], label: str) -> orm.StructureData:
    """StructureData of pymatgen's JSON, which is kept whole beside it."""
    crystal = plain_crystal(document)
    node = orm.StructureData(cell=crystal.cell, pbc=crystal.pbc)
    for symbol in dict.fromkeys(symbol for symbol, _ in crystal.sites):
        node.append_kind(Kind(symbols=symbol))
    node.base.attributes.set("sites", raw_sites(crystal))
    node.base.repository.put_object_from_bytes(json.dumps(document).encode(), nodes.STRUCTURE_FILE)
    node.label = label
    return node


def steps_node(steps: tuple[task.Step, ...]) -> orm.ArrayData:
    """Energy [eV] and largest force [eV/Å; NaN where unknown] of each step."""
    node = orm.ArrayData()
    node.set_array("step", np.arange(len(steps)))
    node.set_array("energy", np.array([step.energy for step in steps]))
    forces = [np.nan if step.max_force is None else step.max_force for step in steps]
    node.set_array("max_force", np.array(forces, dtype=float))
    node.base.attributes.set("units", {"energy": "eV", "max_force": "eV/Å"})
    return node


def read_lines(text: str) -> list[dict[str, Any]]:
    """JSON lines; the last one may be cut off where the job was killed."""
    rows: list[dict[str, Any]] = []
    for line in text.splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


class JobflowParser(Parser):
    """Reads what jobflow_run.py left."""

    def parse(self, **kwargs: Any) -> ExitCode | None:
        """Attach the outputs and tell how it ended; of a failure, keep the cause."""
        code = self._parse(kwargs)
        keep_cause(self.node, self.retrieved, code, no_corrections)
        return code

    def _parse(self, kwargs: Mapping[str, Any]) -> ExitCode | None:
        if "response.json" not in self.retrieved.base.repository.list_object_names():
            return self._silent()
        try:
            response = json.loads(self._text("response.json"))
        except ValueError as error:
            return self._exit("RESPONSE_UNREADABLE", str(error))
        if "error" in response:
            self.logger.error(response.get("traceback", response["error"]))
            return self._exit(_ERRORS.get(response.get("kind"), "JOB_RAISED"), response["error"])
        return self._parse_document(Path(kwargs["retrieved_temporary_folder"], "document.json.gz"), response)

    def _parse_document(self, path: Path, response: Mapping[str, Any]) -> ExitCode | None:
        try:
            document = json.loads(gzip.decompress(path.read_bytes()))
        except (OSError, EOFError, ValueError) as error:
            return self._exit("RESPONSE_UNREADABLE", f"{path.name}: {error}")
        self.out(nodes.DOCUMENT, orm.SinglefileData(path))
        if not isinstance(document, dict):
            document = {}  # a Maker of another kind: the document is kept, there is nothing to summarise
        return self._summarise(document, response)

    def _summarise(self, document: Mapping[str, Any], response: Mapping[str, Any]) -> ExitCode | None:
        steps = task.steps_of(document, read_lines(self._text(nodes.PROGRESS_FILE)))
        summary: dict[str, Any] = task.quantities(
            document, len(steps), task.number(response.get("elapsed_s"))
        )
        self.out(nodes.SUMMARY, orm.Dict(summary | {"engine": response.get("versions", {})}))
        if steps:
            self.out(nodes.STEPS, steps_node(steps))
        if task.moved(document) and task.final_structure(document).get("lattice"):
            self.out(nodes.STRUCTURE, self._final_structure(document))
        if task.converged(document) is False:
            return self._exit("NOT_CONVERGED", task.why_not_converged(document, len(steps)))
        return None

    def _final_structure(self, document: Mapping[str, Any]) -> orm.StructureData:
        formula = self.node.base.attributes.get(nodes.FORMULA, "")
        given: Any = self.node.inputs.structure
        name = given.label or formula or "structure"
        node = structure_node(task.final_structure(document), f"{name}, after job {self.node.pk}"[:255])
        if formula:
            node.base.extras.set_many({nodes.FORMULA: formula, nodes.N_SITES: len(node.sites)})
        return node

    def _silent(self) -> ExitCode:
        """No response: what the scheduler said counts more than what the output says."""
        if self.node.exit_status:
            return ExitCode(self.node.exit_status, self.node.exit_message)
        text = self._text(nodes.OUTPUT_FILE) + "\n" + self._text("_scheduler-stderr.txt")
        return self._exit("NO_RESPONSE", why_silent(text))

    def _text(self, name: str) -> str:
        """A retrieved file, empty where there is none."""
        try:
            return self.retrieved.base.repository.get_object_content(name, "rb").decode(errors="replace")
        except FileNotFoundError:
            return ""

    def _exit(self, label: str, reason: str) -> ExitCode:
        return getattr(self.exit_codes, label).format(reason=reason[:_MAX_REASON])
