"""The Workbench port: structures and templates, processed in the worker process."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

from crystalmath_server.adapters.processes.worker_process import WorkerProcess
from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.domain.jobs.plans import ParsedStructure, PreparedInputs
from crystalmath_server.domain.potcars.library import PotcarLibrary
from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.exports import ExportedStructure, ExportStructureParams
from crystalmath_server.protocol.inputs import InputDiff, InputReport, TagList
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import ImportStructureParams
from crystalmath_server.protocol.system import Part
from crystalmath_server.protocol.templates import TemplateDetail, TemplateList

T = TypeVar("T")


class WorkerBench:
    """Workbench on one warm worker; constant data is requested only once.

    Parameters
    ----------
    timeout_s
        How long one call may take [s].
    """

    def __init__(self, timeout_s: float) -> None:
        self._worker = WorkerProcess(timeout_s)
        self._templates: TemplateList | None = None
        self._tags: TagList | None = None
        self._details: dict[str, TemplateDetail] = {}

    async def start(self) -> None:
        """Keep the worker warm until cancelled."""
        await self._worker.run()

    def part(self) -> Part:
        """The worker status."""
        return self._worker.part

    async def parse_structure(self, params: ImportStructureParams) -> ParsedStructure:
        """Read a structure; raises InvalidStructure, FileUnreadable."""
        argument = {"text": params.text, "path": params.path, "format": params.format, "label": params.label}
        return await self._ask(ParsedStructure, "parse_structure", argument)

    async def describe_structure(self, document: Mapping[str, Json]) -> ParsedStructure:
        """Cell, sites and symmetry of a stored structure."""
        return await self._ask(ParsedStructure, "describe_structure", {"document": document})

    async def export_structure(
        self, document: Mapping[str, Json], params: ExportStructureParams
    ) -> ExportedStructure:
        """Export a structure to a format; raises the errors that the port lists."""
        argument: dict[str, Json] = {"document": document, "params": to_json(params)}
        return await self._ask(ExportedStructure, "export_structure", argument)

    async def list_templates(self, engine: str) -> TemplateList:
        """All templates, or those of one engine."""
        if self._templates is None:
            self._templates = await self._ask(TemplateList, "list_templates", {})
        rows = tuple(row for row in self._templates.rows if engine in ("", row.engine))
        return replace(self._templates, rows=rows)

    async def show_template(self, name: str) -> TemplateDetail:
        """One template with its form; raises NotFound."""
        if name not in self._details:
            self._details[name] = await self._ask(TemplateDetail, "show_template", {"name": name})
        return self._details[name]

    async def render(
        self,
        spec: JobSpec,
        structures: Sequence[Mapping[str, Json]],
        earlier: PreviousRun | None = None,
        tasks: int | None = None,
    ) -> PreparedInputs:
        """Check and render a job; raises the errors that the port lists."""
        argument: dict[str, Json] = {
            "spec": to_json(spec),
            "structures": [dict(each) for each in structures],
            "earlier": earlier and to_json(earlier),
            "tasks": tasks,
        }
        return await self._ask(PreparedInputs, "render", argument)

    async def check_inputs(self, files: Mapping[str, str], tasks: int | None = None) -> InputReport:
        """Problems and facts of VASP input files."""
        return await self._ask(InputReport, "check_inputs", {"files": files, "tasks": tasks})

    async def diff_inputs(self, left: Mapping[str, str], right: Mapping[str, str]) -> InputDiff:
        """The differences between two sets of input files."""
        return await self._ask(InputDiff, "diff_inputs", {"left": left, "right": right})

    async def known_tags(self) -> TagList:
        """All known INCAR tags."""
        if self._tags is None:
            self._tags = await self._ask(TagList, "known_tags", {})
        return self._tags

    async def reader(self, incar: str) -> PreparedInputs:
        """The Maker that reads a run not made by crystalmath."""
        return await self._ask(PreparedInputs, "reader", {"incar": incar})

    async def potcar_specs(self, potcar: str) -> tuple[dict[str, Json], ...]:
        """The identifiers of the potentials in a POTCAR, without its text."""
        return await self._ask(tuple[dict[str, Json], ...], "potcar_specs", {"potcar": potcar})

    async def potcar_library(self) -> PotcarLibrary:
        """The potentials on this machine, from pymatgen's settings."""
        return await self._ask(PotcarLibrary, "potcar_library", {})

    async def look_at_run(self, folder: Path) -> tuple[Correction, ...]:
        """Run custodian's handlers on a run folder; they correct the input files in place."""
        argument: dict[str, Json] = {"folder": str(folder)}
        return await self._ask(tuple[Correction, ...], "look_at_run", argument)

    async def _ask(self, kind: type[T], call: str, argument: Mapping[str, Json]) -> T:
        return from_json(kind, await self._worker.call(call, {k: _plain(v) for k, v in argument.items()}))


def _plain(value: Json) -> Json:
    return dict(cast("Mapping[str, Json]", value)) if isinstance(value, Mapping) else value
