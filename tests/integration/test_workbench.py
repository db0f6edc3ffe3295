"""The worker with the real atomate2 and pymatgen: structures read, templates described and rendered."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from crystalmath_server.adapters.processes.workbench import WorkerBench
from crystalmath_server.protocol.errors import (
    FileUnreadable,
    InvalidForm,
    InvalidStructure,
    InvalidTemplate,
    NotFound,
    RpcError,
)
from crystalmath_server.protocol.inputs import Severity
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.structures import SI_POSCAR, ImportStructureParams
from crystalmath_server.protocol.system import PartState
from tests.integration.worker_bench import warm_bench

ROOT = Path(__file__).parents[2]
CU = SI_POSCAR.replace("Si2", "Cu2").replace("Si\n2", "Cu\n2")
DISORDERED = """data_x
_cell_length_a 3.6
_cell_length_b 3.6
_cell_length_c 3.6
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
A Cu 0 0 0 0.5
B Au 0 0 0 0.5
"""
EXTXYZ = """2
Lattice="3.6 0 0 0 3.6 0 0 0 3.6" Properties=species:S:1:pos:R:3 pbc="T T T"
Cu 0 0 0
Cu 1.8 1.8 0
"""
XYZ = "3\nwater\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"


def test_structures_are_read_described_and_refused() -> None:
    """One worker for all, since it takes seconds to start."""

    async def main() -> None:
        async with warm_bench() as bench:
            si = await bench.parse_structure(ImportStructureParams(text=SI_POSCAR))
            assert bench.part().state is PartState.READY
            assert (si.formula, si.elements, si.n_sites, si.spacegroup) == ("Si2", ("Si",), 2, "Fd-3m (227)")
            assert si.lattice.a == pytest.approx(3.81838, abs=1e-5)
            assert si.density_g_cm3 == pytest.approx(2.3694, abs=1e-3)
            again = await bench.describe_structure(si.document)
            assert again == si
            xyz = await bench.parse_structure(ImportStructureParams(text=EXTXYZ))
            assert (xyz.formula, xyz.lattice.a) == ("Cu2", pytest.approx(3.6))
            await _refused(bench)

    anyio.run(main)


IN_A_SERVER = f"""
import anyio, sys
from crystalmath_server.protocol.structures import ImportStructureParams
from tests.integration.worker_bench import warm_bench
async def main():
    async with warm_bench() as bench:
        await bench.parse_structure(ImportStructureParams(text={SI_POSCAR!r}))
anyio.run(main)
print([name for name in ("pymatgen", "atomate2") if name in sys.modules])
"""


def test_what_is_heavy_stays_out_of_the_process_that_asks() -> None:
    """In a process of its own, for other tests import pymatgen into this one."""
    done = subprocess.run(
        [sys.executable, "-c", IN_A_SERVER], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]", "it came into the server's process"


async def _refused(bench: WorkerBench) -> None:
    cases: list[tuple[dict[str, str], type[RpcError], str, str]] = [
        ({"text": " "}, InvalidStructure, "text", "nothing in it"),
        ({"text": "hello"}, InvalidStructure, "text", "cannot be read as poscar"),
        ({"text": XYZ}, InvalidStructure, "text", "no cell"),
        ({"text": DISORDERED}, InvalidStructure, "text", "disordered: sites 1 (Cu:0.5, Au:0.5)"),
        ({"text": SI_POSCAR.replace("0.25 0.25 0.25", "0 0 0.001")}, InvalidStructure, "text", "Å apart"),
        ({"text": SI_POSCAR, "format": "foo"}, InvalidStructure, "format", "'foo' is not known"),
        ({"text": SI_POSCAR.replace("1.0\n", "0.1\n")}, InvalidStructure, "text", "Å³ for 2 sites"),
        ({"path": "/none/there"}, FileUnreadable, "path", "No such file"),
        ({"path": str(Path(__file__).parent)}, FileUnreadable, "path", "is not a file"),
        ({"path": sys.executable}, InvalidStructure, "path", "is not a text file"),
    ]
    for params, kind, field, words in cases:
        with pytest.raises(kind) as caught:
            await bench.parse_structure(ImportStructureParams(**params))
        assert caught.value.data.field == field
        assert words in caught.value.data.detail
        assert caught.value.data.hint


def test_every_template_has_a_form_and_can_be_rendered() -> None:
    async def main() -> None:
        async with warm_bench() as bench:
            rows = (await bench.list_templates("")).rows
            assert {"chgnet.relax", "emt.relax", "emt.md", "vasp.static"} <= {row.name for row in rows}
            assert [row.runnable for row in rows] == sorted((row.runnable for row in rows), reverse=True)
            fields = {field.name: field for field in (await bench.show_template("emt.relax")).fields}
            assert (fields["relax_kwargs.fmax"].unit, fields["relax_kwargs.fmax"].default) == ("eV/Å", 0.01)
            assert "name" not in fields
            for row in rows:
                assert (await bench.show_template(row.name)).fields
            await _rendered(bench)

    anyio.run(main)


async def _edited(bench: WorkerBench, si: Mapping[str, Any]) -> None:
    """Files edited by hand, on the real input set."""
    own = await bench.render(JobSpec("vasp.static", (1,)), [si])
    poscar = next(file.text for file in own.rendered.files if file.name == "POSCAR")
    assert [row for row in own.rendered.problems if row.severity is not Severity.NOTE] == []
    assert own.rendered.facts.spacegroup == "Fd-3m (227)"
    edits = {"INCAR": "ENCUT = 300\nNSW = 1.5\n", "POSCAR": poscar.replace("Si2", "a comment", 1)}
    prepared = await bench.render(JobSpec("vasp.static", (1,), edits=edits), [si], tasks=4)
    found = [(row.file, row.line, row.code) for row in prepared.rendered.problems]
    assert ("INCAR", 2, "incar.not_whole") in found
    assert prepared.structure is None, "a comment is not an other structure"
    assert "-Si2\n+a comment" in prepared.rendered.edits["POSCAR"]
    shifted = {"POSCAR": poscar.replace("0.25", "0.26")}
    moved = await bench.render(JobSpec("vasp.static", (1,), edits=shifted), [si])
    assert moved.structure is not None
    assert moved.structure.spacegroup != "Fd-3m (227)"
    assert moved.rendered.digest not in {own.rendered.digest, prepared.rendered.digest}
    other = await bench.render(JobSpec("vasp.static", (1,), edits={"POTCAR.spec": "Si_GW"}), [si])
    assert other.potcar["symbols"] == ["Si_GW"]


async def _compared(bench: WorkerBench) -> None:
    """Structures are compared as distances."""
    before = {"INCAR": "ENCUT = 1\n", "POSCAR": SI_POSCAR}
    for text, same, largest, volume in (
        (SI_POSCAR.replace("Si2", "silicon"), True, 0, 0),
        (SI_POSCAR.replace("0.25 0.25 0.25", "1.25 0.25 0.25"), True, 0, 0),
        (SI_POSCAR.replace("0.25 0.25 0.25", "0.26 0.26 0.26"), False, 0.01 * 2.7 * 12**0.5, 0),
        (SI_POSCAR.replace("1.0\n", "1.01\n", 1), False, 0, 3.0301),
    ):
        change = (await bench.diff_inputs(before, before | {"POSCAR": text})).structure
        assert change is not None
        assert (change.same, change.largest) == (same, pytest.approx(largest, abs=1e-3))
        assert change.volume_change == pytest.approx(volume, abs=1e-3)
        assert bool(change.words) == (not same)
    assert (await bench.diff_inputs(before, before | {"POSCAR": "nonsense"})).structure is None


async def _rendered(bench: WorkerBench) -> None:
    si = (await bench.parse_structure(ImportStructureParams(text=SI_POSCAR))).document
    cu = (await bench.parse_structure(ImportStructureParams(text=CU))).document
    prepared = await bench.render(JobSpec("emt.relax", (1,), {"relax_kwargs.fmax": 0.002}), [cu])
    assert prepared.maker["relax_kwargs"] == {"fmax": 0.002}
    assert prepared.values["steps"] == 500
    assert prepared.values["relax_kwargs.fmax"] == 0.002
    assert prepared.values["relax_kwargs"] == {"fmax": 0.002}
    assert prepared.engine.startswith("EMT (ASE 3")
    assert prepared.rendered.digest != (await bench.render(JobSpec("emt.relax", (1,)), [cu])).rendered.digest
    assert (await bench.render(JobSpec("relax", (1,)), [si])).rendered.template == "chgnet.relax"
    incar: Any = {"input_set_generator.user_incar_settings": {"ENCUT": 432, "FOO": 1}}
    vasp = (await bench.render(JobSpec("vasp.static", (1,), incar), [si])).rendered
    texts = {file.name: file.text for file in vasp.files}
    assert list(texts) == ["INCAR", "KPOINTS", "POSCAR", "POTCAR.spec"]
    assert "ENCUT = 432" in texts["INCAR"]
    assert texts["POTCAR.spec"] == "Si"
    assert any("FOO" in warning for warning in vasp.warnings)
    await _edited(bench, si)
    await _compared(bench)
    json.dumps(prepared.maker)
    refused: list[tuple[str, Any, dict[str, Any], type[RpcError], str]] = [
        ("emt.relax", si, {}, InvalidTemplate, "structures"),
        ("emt.relax", cu, {"steps": 0}, InvalidForm, "values.steps"),
        ("emt.relax", cu, {"step": 5}, InvalidForm, "values.step"),
        ("emt.dance", cu, {}, NotFound, "name"),
        ("emt.relax", {}, {}, InvalidStructure, "structures"),
    ]
    for name, document, values, kind, field in refused:
        with pytest.raises(kind) as caught:
            await bench.render(JobSpec(name, (1,), values), [document])
        assert caught.value.data.field == field
