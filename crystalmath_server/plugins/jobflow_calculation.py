"""CalcJob `crystalmath.jobflow`: runs any atomate2 Maker that produces a single job."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJobProcessSpec

from crystalmath_server.domain.exit_status import OF_JOBFLOW
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.vasp_run.retrieval import FOLDER, LISTING, script
from crystalmath_server.plugins.broker_tolerant_process import BrokerTolerantCalcJob
from crystalmath_server.plugins.job_calculation import (
    define_exit_codes,
    define_inputs,
    define_outputs,
    structure_text,
)

RUN_SCRIPT = Path(__file__).with_name("jobflow_run.py")
LOG_MB = 20.0
"""A larger log of the calculator stays on the cluster."""


class JobflowCalculation(BrokerTolerantCalcJob):
    """One atomate2 job on one structure."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Inputs, outputs and exit codes."""
        super().define(spec)
        define_inputs(spec, nodes.ATTRIBUTES, output=nodes.OUTPUT_FILE, parser=nodes.CALCULATION)
        spec.input("code", valid_type=orm.InstalledCode, help="Python with atomate2 and the engine.")
        inputs: Any = spec.inputs
        inputs["metadata"]["options"]["withmpi"].default = False
        define_outputs(spec, "The job's output, gzipped JSON.")
        define_exit_codes(spec, OF_JOBFLOW)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Write the Maker, the structure and the run script."""
        texts = {
            "maker.json": json.dumps(self.inputs.maker.get_dict(), indent=1, sort_keys=True),
            nodes.STRUCTURE_FILE: structure_text(self.inputs.structure),
            "run.py": RUN_SCRIPT.read_text(encoding="utf-8"),
        }
        for name, text in texts.items():
            with folder.open(name, "w", encoding="utf-8") as out:
                out.write(text)
        info = calc_info(self.inputs.code.uuid)
        if log := _log_of(self.inputs.maker.get_dict()):
            info.append_text = script((log,), LOG_MB)
            info.retrieve_list = [*(info.retrieve_list or []), LISTING, f"{FOLDER}/*"]
        return info


def _log_of(maker: Mapping[str, Any]) -> str:
    """The file that the calculator writes, named in its settings as ASE's calculators do; empty if none."""
    name = (maker.get("calculator_kwargs") or {}).get("txt")
    return name if isinstance(name, str) else ""


def calc_info(code_uuid: str) -> CalcInfo:
    """The code to run and the files to retrieve."""
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
