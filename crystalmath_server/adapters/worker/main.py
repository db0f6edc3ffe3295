"""The worker process: answers one call per line; only worker code imports atomate2."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from crystalmath_server.adapters.processes.call_loop import serve
from crystalmath_server.adapters.worker import (
    imported_run as atomate2_reader,
)
from crystalmath_server.adapters.worker import (
    incar_tags,
    potcar_specs,
    structure_export,
)
from crystalmath_server.adapters.worker import (
    input_check as inputs_check,
)
from crystalmath_server.adapters.worker import (
    input_diff as inputs_compare,
)
from crystalmath_server.adapters.worker import (
    structures as pymatgen_structures,
)
from crystalmath_server.adapters.worker import (
    templates as atomate2_templates,
)
from crystalmath_server.adapters.worker import (
    vasp_inputs as atomate2_vasp,
)
from crystalmath_server.domain.inputs.incar_help import tag_list
from crystalmath_server.domain.vasp_run.restart import PreviousRun
from crystalmath_server.protocol.codec import from_json
from crystalmath_server.protocol.exports import ExportStructureParams
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.structures import ImportStructureParams


def _look_at_run(argument: dict[str, Any]) -> object:
    from crystalmath_server.adapters.worker import custodian_check  # heavy and rarely needed

    return custodian_check.check(Path(argument["folder"]))


def _parse(argument: dict[str, Any]) -> object:
    return pymatgen_structures.parse(from_json(ImportStructureParams, argument))


def _export(argument: dict[str, Any]) -> object:
    params = from_json(ExportStructureParams, argument["params"])
    return structure_export.export(argument["document"], params)


def _render(argument: dict[str, Any]) -> object:
    given = argument.get("earlier")
    earlier = from_json(PreviousRun, given) if given else None
    spec = from_json(JobSpec, argument["spec"])
    return atomate2_templates.render(spec, argument["structures"], earlier, argument["tasks"])


CALLS: dict[str, Callable[[dict[str, Any]], object]] = {
    "parse_structure": _parse,
    "describe_structure": lambda argument: pymatgen_structures.describe(argument["document"]),
    "export_structure": _export,
    "list_templates": lambda _: atomate2_templates.list_templates(),
    "show_template": lambda argument: atomate2_templates.show_template(argument["name"]),
    "render": _render,
    "look_at_run": _look_at_run,
    "check_inputs": lambda argument: inputs_check.check(argument["files"], argument["tasks"]),
    "diff_inputs": lambda argument: inputs_compare.compare(argument["left"], argument["right"]),
    "known_tags": lambda _: tag_list(incar_tags.catalogue()),
    "reader": lambda argument: atomate2_reader.reader(argument["incar"]),
    "potcar_specs": lambda argument: potcar_specs.specs_of(argument["potcar"]),
    "potcar_library": lambda _: atomate2_vasp.potcar_library(),
}


def main() -> None:
    """Answer until the server closes the pipe."""
    serve(CALLS, atomate2_templates.load)


if __name__ == "__main__":
    main()
