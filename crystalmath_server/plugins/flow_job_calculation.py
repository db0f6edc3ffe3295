"""CalcJob `crystalmath.flow_job`: runs one job of a flow with Python on the cluster."""

import json
from typing import Any

from aiida import orm
from aiida.common import CalcInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJobProcessSpec

from crystalmath_server.domain.exit_status import OF_JOBFLOW
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.plugins.broker_tolerant_process import BrokerTolerantCalcJob
from crystalmath_server.plugins.flow_outputs import outputs_by_uuid
from crystalmath_server.plugins.job_calculation import define_exit_codes, define_options, define_outputs
from crystalmath_server.plugins.jobflow_calculation import RUN_SCRIPT, calc_info
from crystalmath_server.plugins.json_files import read_json_file


class FlowJobCalculation(BrokerTolerantCalcJob):
    """One job of a flow, with references to outputs of other jobs."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Inputs, outputs and exit codes."""
        super().define(spec)
        spec.input("code", valid_type=orm.InstalledCode, help="Python with atomate2 and the engine.")
        spec.input(nodes.JOB, valid_type=orm.SinglefileData, help="The job as jobflow serializes it.")
        given: Any = {"valid_type": orm.SinglefileData, "dynamic": True}
        spec.input_namespace(nodes.JOB_OUTPUTS, help="Outputs that the job refers to.", **given)
        define_options(
            spec, (*nodes.ATTRIBUTES, nodes.RUN), output=nodes.OUTPUT_FILE, parser=nodes.FLOW_CALCULATION
        )
        inputs: Any = spec.inputs
        inputs["metadata"]["options"]["withmpi"].default = False
        define_outputs(spec, "The job's output, gzipped JSON.")
        spec.output(
            nodes.FOLLOW_UP, valid_type=orm.SinglefileData, required=False, help="Further jobs; what to stop."
        )
        define_exit_codes(spec, OF_JOBFLOW)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the job, the outputs that it refers to and the run script."""
        texts = {
            "job.json": json.dumps(read_json_file(self.inputs[nodes.JOB])),
            "outputs.json": json.dumps(outputs_by_uuid(self.inputs.get(nodes.JOB_OUTPUTS, {}))),
            "run.py": RUN_SCRIPT.read_text(encoding="utf-8"),
        }
        for name, text in texts.items():
            with folder.open(name, "w", encoding="utf-8") as out:
                out.write(text)
        info = calc_info(self.inputs.code.uuid)
        info.provenance_exclude_list = ["job.json", "outputs.json"]  # input nodes have them
        return info
