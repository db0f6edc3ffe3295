"""CalcJob `crystalmath.vasp`: plain VASP on an atomate2 Maker's inputs; no Python needed on the cluster."""

from collections.abc import Sequence
from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.datastructures import CalcJobState
from aiida.common.folders import Folder, SandboxFolder
from aiida.engine import CalcJobProcessSpec, ExitCode
from aiida.engine.processes.calcjobs.tasks import RETRIEVE_COMMAND
from plumpy.process_states import Wait

from crystalmath_server.domain.exit_status import OF_VASP
from crystalmath_server.domain.inputs.neb import folder_of, moving_images
from crystalmath_server.domain.inputs.vasp_program import OUTPUTS, needed_large_files
from crystalmath_server.domain.jobs import nodes
from crystalmath_server.domain.jobs.kept_options import read_kept
from crystalmath_server.domain.potcars.locations import LOCAL, assembly
from crystalmath_server.domain.vasp_run.restart import check
from crystalmath_server.domain.vasp_run.retrieval import FOLDER, LISTING, script
from crystalmath_server.domain.vasp_run.run_folder import KEPT
from crystalmath_server.plugins.broker_tolerant_process import BrokerTolerantCalcJob
from crystalmath_server.plugins.job_calculation import define_exit_codes, define_inputs, define_outputs

_PACKED = ("", ".gz")
"""Suffixes of a run's file names, which other programs may have compressed."""


class VaspCalculation(BrokerTolerantCalcJob):
    """One VASP run."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Inputs, outputs and exit codes."""
        super().define(spec)
        attributes = (*nodes.ATTRIBUTES, nodes.RUN)
        define_inputs(spec, attributes, output=nodes.VASP_OUTPUT_FILE, parser=nodes.VASP_CALCULATION)
        define_outputs(spec, "emmet's TaskDoc, gzipped JSON.")
        _define_own_ports(spec)
        define_exit_codes(spec, OF_VASP)

    async def run(self) -> Any:
        """Run VASP or, with a `remote_folder`, retrieve and parse an existing run.

        AiiDA's own import opens the folder on this machine regardless of the computer. This import enters
        AiiDA's retrieval instead, with the computer's transport, retries and pauses.
        """
        if nodes.SOURCE not in self.inputs:
            return await super().run()
        with SandboxFolder() as folder:
            self.presubmit(folder)
        self.node.set_remote_workdir(self.inputs.remote_folder.get_remote_path())
        self.node.base.attributes.set(orm.CalcJobNode.IMMIGRATED_KEY, True)
        self.node.set_state(CalcJobState.RETRIEVING)
        return Wait(msg="Waiting to retrieve", data={"command": RETRIEVE_COMMAND})

    def parse_scheduler_output(self, retrieved: orm.Node) -> ExitCode | None:
        """The scheduler's exit code; None for an imported run, which has no scheduler output."""
        return None if nodes.SOURCE in self.inputs else super().parse_scheduler_output(retrieved)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Copy the Maker's files; POTCAR is assembled on the cluster."""
        held: Any = self.inputs.files.base.repository
        if nodes.SOURCE in self.inputs:
            return _retrieval(held, _PACKED, KEPT)
        held.copy_tree(folder.abspath)
        code = CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        code.stdout_name = nodes.VASP_OUTPUT_FILE
        code.join_files = True
        info = _retrieval(held)
        self._bring_images(info, held)
        wanted: Any = self.inputs.settings.get_dict() if nodes.SETTINGS in self.inputs else {}
        asked = read_kept(wanted)
        info.append_text = script(asked.retrieve, asked.retrieve_mb)
        info.retrieve_list = [*(info.retrieve_list or []), LISTING, f"{FOLDER}/*"]
        info.codes_info = [code]
        checks = self._take_over(info) if nodes.RESTART in self.inputs else []
        potcar = self.inputs.potcar
        if potcar["directory"] == LOCAL:
            with folder.open("POTCAR", "w", encoding="utf-8") as out:
                out.write(_local_potcar(potcar["symbols"], potcar["functional"]))
            info.provenance_exclude_list = ["POTCAR"]
        else:
            checks.append(assembly(potcar["directory"], potcar["functional"], potcar["symbols"]))
        info.prepend_text = "\n".join(checks)
        return info

    def _bring_images(self, info: CalcInfo, files: Any) -> None:
        """Retrieve the files of each NEB image from its folder; VASP writes none for the end points."""
        kept, large = info.retrieve_list or [], info.retrieve_temporary_list or []
        for number in moving_images(len(self.inputs.get(nodes.IMAGES, {}))):
            image = folder_of(number)
            kept += [(f"{image}/{name}", ".", 2) for name in (*OUTPUTS, "stdout")]
            large += [(f"{image}/{name}", ".", 2) for name in needed_large_files(_incar(files))]
        info.retrieve_list, info.retrieve_temporary_list = kept, large

    def _take_over(self, info: CalcInfo) -> list[str]:
        """Copy files from the earlier job's folder; returns shell lines that check them."""
        earlier = self.inputs.restart_folder
        path, names = earlier.get_remote_path(), self.inputs.settings[nodes.COPIED]
        info.remote_copy_list = [(earlier.computer.uuid, f"{path}/{name}", name) for name in names]
        return [check(names, path)] if names else []


def _retrieval(files: Any, ends: Sequence[str] = ("",), more: Sequence[str] = ()) -> CalcInfo:
    """The files to retrieve if they exist, so that an interrupted job still yields its output."""
    info = CalcInfo()
    info.retrieve_list = [f"{name}{end}" for name in (*OUTPUTS, *more) for end in ends]
    info.retrieve_temporary_list = list(needed_large_files(_incar(files)))
    return info


def _incar(files: Any) -> str:
    return files.get_object_content("INCAR", "rb").decode(errors="replace")


def _local_potcar(symbols: list[str], functional: str) -> str:
    """POTCAR from this machine's library; pymatgen is imported here because it is slow and rarely needed."""
    from pymatgen.io.vasp import Potcar

    return str(Potcar(symbols, functional=functional))


def _define_own_ports(spec: CalcJobProcessSpec) -> None:
    """Define the ports specific to VASP jobs."""
    spec.input("code", valid_type=orm.InstalledCode, required=False, help="vasp_std, vasp_gam or vasp_ncl.")
    spec.input(
        nodes.FILES, valid_type=orm.FolderData, help="INCAR, KPOINTS, POSCAR … as written by the Maker."
    )
    spec.input(
        nodes.POTCAR, valid_type=orm.Dict, help="symbols, functional, directory on the cluster or pymatgen."
    )
    spec.input(
        nodes.RESTART,
        valid_type=orm.RemoteData,
        required=False,
        help="Folder of the earlier job that this job continues.",
    )
    images: Any = {"valid_type": orm.StructureData, "required": False, "dynamic": True}
    spec.input_namespace(nodes.IMAGES, help="NEB structures in order, including both end points.", **images)
    spec.output_namespace(nodes.IMAGES, help="Final NEB images, without the end points.", **images)
