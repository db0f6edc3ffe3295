"""CalcJob `crystalmath.vasp`: bare VASP on inputs that an atomate2 Maker wrote; no Python on the computer."""

from typing import Any

from aiida import orm
from aiida.common import CalcInfo, CodeInfo
from aiida.common.folders import Folder
from aiida.engine import CalcJob, CalcJobProcessSpec

from crystalmath_server.domain import nodes
from crystalmath_server.domain.potcars import LOCAL, assembly
from crystalmath_server.domain.vasp_deck import needed_large_files

RETRIEVED = ("vasprun.xml", "OUTCAR", "OSZICAR", "CONTCAR", "XDATCAR", nodes.VASP_OUTPUT_FILE)
"""Brought back where they are there: a job that was cut off yields what it had."""


class VaspCalculation(CalcJob):
    """One run of VASP."""

    @classmethod
    def define(cls, spec: CalcJobProcessSpec) -> None:
        """Inputs, outputs and exit codes."""
        super().define(spec)
        _define_inputs(spec)
        _define_outputs(spec)
        _define_exit_codes(spec)

    def prepare_for_submission(self, folder: Folder) -> CalcInfo:
        """Copy the Maker's files; POTCAR is put together on the computer."""
        held: Any = self.inputs.files.base.repository
        for name in held.list_object_names():
            with folder.open(name, "wb") as out:
                out.write(held.get_object_content(name, "rb"))
        code = CodeInfo()
        code.code_uuid = self.inputs.code.uuid
        code.stdout_name = nodes.VASP_OUTPUT_FILE
        code.join_files = True
        info = CalcInfo()
        info.codes_info = [code]
        potcar = self.inputs.potcar
        if potcar["directory"] == LOCAL:
            with folder.open("POTCAR", "w", encoding="utf-8") as out:
                out.write(_local_potcar(potcar["symbols"], potcar["functional"]))
            info.provenance_exclude_list = ["POTCAR"]
        else:
            info.prepend_text = assembly(potcar["directory"], potcar["functional"], potcar["symbols"])
        info.retrieve_list = list(RETRIEVED)
        info.retrieve_temporary_list = list(needed_large_files(held.get_object_content("INCAR")))
        return info


def _local_potcar(symbols: list[str], functional: str) -> str:
    """POTCAR of this machine's own library; imported here, for pymatgen is heavy and few need it."""
    from pymatgen.io.vasp import Potcar

    return str(Potcar(symbols, functional=functional))


def _define_inputs(spec: CalcJobProcessSpec) -> None:
    spec.input(nodes.STRUCTURE, valid_type=orm.StructureData, help="Structure that the Maker is given.")
    spec.input(nodes.MAKER, valid_type=orm.Dict, help="atomate2 Maker as MSONable JSON.")
    spec.input(nodes.SETTINGS, valid_type=orm.Dict, required=False, help="Form values the Maker was made of.")
    spec.input(
        nodes.FILES, valid_type=orm.FolderData, help="INCAR, KPOINTS, POSCAR … as the Maker wrote them."
    )
    spec.input(
        nodes.POTCAR, valid_type=orm.Dict, help="symbols, functional, directory on the computer or pymatgen."
    )
    spec.input("code", valid_type=orm.InstalledCode, help="vasp_std, vasp_gam or vasp_ncl.")
    for name in nodes.ATTRIBUTES:
        spec.input(f"metadata.options.{name}", valid_type=str, required=False, help="Kept as attribute.")
    inputs: Any = spec.inputs
    options = inputs["metadata"]["options"]
    options["resources"].default = {"num_machines": 1, "num_mpiprocs_per_machine": 1}
    options["output_filename"].default = nodes.VASP_OUTPUT_FILE
    options["parser_name"].default = nodes.VASP_CALCULATION


def _define_outputs(spec: CalcJobProcessSpec) -> None:
    spec.output(nodes.SUMMARY, valid_type=orm.Dict, required=False, help="Quantities with units.")
    spec.output(
        nodes.DOCUMENT, valid_type=orm.SinglefileData, required=False, help="emmet's TaskDoc, gzipped JSON."
    )
    spec.output(nodes.STRUCTURE, valid_type=orm.StructureData, required=False, help="Structure at the end.")
    spec.output(nodes.STEPS, valid_type=orm.ArrayData, required=False, help="Energy and force of each step.")
    spec.default_output_node = nodes.SUMMARY


def _define_exit_codes(spec: CalcJobProcessSpec) -> None:
    spec.exit_code(300, "NO_RESPONSE", message="VASP left no result: {reason}")
    spec.exit_code(301, "RESPONSE_UNREADABLE", message="VASP's files cannot be read: {reason}")
    spec.exit_code(320, "NOT_CONVERGED", message="VASP did not converge: {reason}")
    spec.exit_code(330, "POTCAR_MISSING", message="{reason}")
    spec.exit_code(340, "CUT_OFF", message="VASP was cut off: {reason}")
