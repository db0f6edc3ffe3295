"""Ports and exit codes shared by this project's CalcJobs."""

import json
from collections.abc import Iterable
from typing import Any

from aiida import orm
from aiida.engine import CalcJobProcessSpec

from crystalmath_server.domain.exit_status import ExitStatus
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.crystal import structure_document


def structure_text(node: orm.StructureData) -> str:
    """The structure as pymatgen JSON: the file stored in the node, or else generated from the node."""
    repository: Any = node.base.repository
    if nodes.STRUCTURE_FILE in repository.list_object_names():
        return repository.get_object_content(nodes.STRUCTURE_FILE)
    attributes: Any = node.base.attributes
    document = structure_document(node.cell, node.pbc, attributes.get("kinds"), attributes.get("sites"))
    return json.dumps(document)


def define_inputs(spec: CalcJobProcessSpec, attributes: Iterable[str], *, output: str, parser: str) -> None:
    """Define the Maker, its structure and settings, and the options."""
    spec.input(nodes.STRUCTURE, valid_type=orm.StructureData, help="Structure passed to the Maker.")
    spec.input(nodes.MAKER, valid_type=orm.Dict, help="atomate2 Maker as MSONable JSON.")
    spec.input(
        nodes.SETTINGS, valid_type=orm.Dict, required=False, help="Form values used to create the Maker."
    )
    define_options(spec, attributes, output=output, parser=parser)


def define_options(spec: CalcJobProcessSpec, attributes: Iterable[str], *, output: str, parser: str) -> None:
    """Define the options that become attributes, and those that differ from AiiDA's defaults."""
    for name in attributes:
        spec.input(f"metadata.options.{name}", valid_type=str, required=False, help="Stored as an attribute.")
    inputs: Any = spec.inputs
    options = inputs["metadata"]["options"]
    options["resources"].default = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
    options["output_filename"].default = output
    options["parser_name"].default = parser


def define_outputs(spec: CalcJobProcessSpec, document: str) -> None:
    """Define the outputs that the parser attaches; `document` is the help text of the document output."""
    spec.output(
        nodes.SUMMARY, valid_type=orm.Dict, required=False, help="Quantities with units, engine versions."
    )
    spec.output(nodes.DOCUMENT, valid_type=orm.SinglefileData, required=False, help=document)
    spec.output(nodes.STRUCTURE, valid_type=orm.StructureData, required=False, help="Final structure.")
    spec.output(
        nodes.STEPS,
        valid_type=orm.ArrayData,
        required=False,
        help="Arrays step, energy [eV], max_force [eV/Å].",
    )
    spec.default_output_node = nodes.SUMMARY


def define_exit_codes(spec: CalcJobProcessSpec, statuses: Iterable[ExitStatus]) -> None:
    """Define exit codes named after their statuses."""
    for status in statuses:
        spec.exit_code(int(status), status.name, message=status.message)
