"""CalcJob `crystalmath.jobflow`: any atomate2 Maker of one job, run as a job of the computer."""

import json
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJobProcessSpec

from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.results.crystal import structure_document
from crystalmath_server.plugins.broker_tolerant_process import SteadyCalcJob

RUN_SCRIPT = Path(__file__).with_name("jobflow_run.py")


def structure_text(node: orm.StructureData) -> str:
    """Text of pymatgen's JSON: the file stored with it, else made of the node."""
    repository: Any = node.base.repository
    if nodes.STRUCTURE_FILE in repository.list_object_names():
        return repository.get_object_content(nodes.STRUCTURE_FILE)
    held: Any = node.base.attributes
    document = structure_document(node.cell, node.pbc, held.get("kinds"), held.get("sites"))
    return json.dumps(document)


class JobflowCalculation(SteadyCalcJob):
    """One atomate2 job on one structure."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Inputs, outputs and exit codes."""
        super().define(spec)
        _define_inputs(spec)
        _define_outputs(spec)
        _define_exit_codes(spec)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write maker, structure and run script."""
        texts = {
            "maker.json": json.dumps(self.inputs.maker.get_dict(), indent=1, sort_keys=True),
            nodes.STRUCTURE_FILE: structure_text(self.inputs.structure),
            "run.py": RUN_SCRIPT.read_text(encoding="utf-8"),
        }
        for name, text in texts.items():
            with folder.open(name, "w", encoding="utf-8") as out:
                out.write(text)
        return _calc_info(self.inputs.code.uuid)


def _calc_info(code_uuid: str) -> CalcInfo:
    """What to run and what to bring back."""
    code = CodeInfo()
    code.code_uuid = code_uuid
    code.cmdline_params = ["run.py"]
    code.stdout_name = nodes.OUTPUT_FILE
    code.join_files = True
    info = CalcInfo()
    info.codes_info = [code]
    info.retrieve_list = [nodes.OUTPUT_FILE, "response.json", nodes.PROGRESS_FILE]
    info.retrieve_temporary_list = ["document.json.gz"]
    return info


def _define_inputs(spec: CalcJobProcessSpec) -> None:
    spec.input(nodes.STRUCTURE, valid_type=orm.StructureData, help="Structure that the Maker is given.")
    spec.input(nodes.MAKER, valid_type=orm.Dict, help="atomate2 Maker as MSONable JSON.")
    spec.input(nodes.SETTINGS, valid_type=orm.Dict, required=False, help="Form values the Maker was made of.")
    spec.input("code", valid_type=orm.InstalledCode, help="Python with atomate2 and the engine.")
    for name in nodes.ATTRIBUTES:
        spec.input(f"metadata.options.{name}", valid_type=str, required=False, help="Kept as attribute.")
    inputs: Any = spec.inputs
    options = inputs["metadata"]["options"]
    options["resources"].default = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
    options["withmpi"].default = False
    options["output_filename"].default = nodes.OUTPUT_FILE
    options["parser_name"].default = nodes.CALCULATION


def _define_outputs(spec: CalcJobProcessSpec) -> None:
    spec.output(
        nodes.SUMMARY, valid_type=orm.Dict, required=False, help="Quantities with units, engine versions."
    )
    spec.output(
        nodes.DOCUMENT, valid_type=orm.SinglefileData, required=False, help="The job's output, gzipped JSON."
    )
    spec.output(nodes.STRUCTURE, valid_type=orm.StructureData, required=False, help="Structure at the end.")
    spec.output(
        nodes.STEPS,
        valid_type=orm.ArrayData,
        required=False,
        help="Arrays step, energy [eV], max_force [eV/Å].",
    )
    spec.default_output_node = nodes.SUMMARY


def _define_exit_codes(spec: CalcJobProcessSpec) -> None:
    spec.exit_code(300, "NO_RESPONSE", message="the job ended without a response: {reason}")
    spec.exit_code(301, "RESPONSE_UNREADABLE", message="the job's response cannot be read: {reason}")
    spec.exit_code(310, "JOB_RAISED", message="the job raised {reason}")
    spec.exit_code(311, "ENGINE_MISSING", message="the computer lacks a package: {reason}")
    spec.exit_code(312, "NOT_ONE_JOB", message="the Maker cannot run as one job: {reason}")
    spec.exit_code(320, "NOT_CONVERGED", message="the relaxation did not converge: {reason}")
