"""Energies of ionic steps that VASP writes wrong, overflows and gaps in vasprun.xml."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.adapters.reader.documents import series
from crystalmath_server.adapters.reader.vasprun_stream import steps_of
from crystalmath_server.domain.results import neb as neb_results
from crystalmath_server.domain.results import vasp as vasp_results
from crystalmath_server.domain.results.step_columns import columns_of
from crystalmath_server.domain.results.task_document import largest_norm
from crystalmath_server.domain.results.vasp_energies import correct_energies

ELECTRONIC = {"e_fr_energy": -10.0, "e_wo_entrp": -9.9, "e_0_energy": -9.95}
DISPERSION = -0.25
RIGHT = {"e_fr_energy": -10.25, "e_wo_entrp": -10.15, "e_0_energy": -10.2}
"""The ionic step that belongs to it: the dispersion energy is added after the last electronic step."""
FAULTS: dict[str, dict[str, Any]] = {
    "as VASP 5.3.5 writes it": {**RIGHT, "e_0_energy": -0.0},
    "without entropy, too": {**RIGHT, "e_wo_entrp": -0.0, "e_0_energy": -0.0},
    "without the dispersion energy": {**RIGHT, "e_wo_entrp": -9.9, "e_0_energy": -9.95},
    "an overflow": {**RIGHT, "e_0_energy": float("nan")},
    "as it should be": RIGHT,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_energies_of_an_ionic_step_follow_from_its_last_electronic_step(fault: str) -> None:
    step = {
        **FAULTS[fault],
        "electronic_steps": [{"e_fr_energy": 4.0}, ELECTRONIC],
        "forces": [[0.0, 0.0, 1.0]],
    }
    found = correct_energies(step)
    assert {name: found[name] for name in RIGHT} == pytest.approx(RIGHT)
    document = {"calcs_reversed": [{"output": {"ionic_steps": [step]}}]}
    assert [row.energy for row in vasp_results.steps_of(document)] == pytest.approx([-10.2])
    assert columns_of(document)["energy"].values == pytest.approx((-10.2,))
    assert columns_of(document)["energy_per_atom"].values == pytest.approx((-10.2,))
    band = {"neb_method": "NEB", "images": [], "calculations": document["calcs_reversed"]}
    assert [row.energy for row in neb_results.steps_of(band)] == pytest.approx([-10.2])


def test_an_energy_that_agrees_stays_as_vasp_wrote_it() -> None:
    step = {**RIGHT, "e_0_energy": -10.20000003, "electronic_steps": [ELECTRONIC]}
    assert correct_energies(step)["e_0_energy"] == -10.20000003


@pytest.mark.parametrize("fault", list(FAULTS)[:2])
def test_a_trajectory_without_electronic_steps_admits_what_it_does_not_know(
    fault: str, tmp_path: Path
) -> None:
    frame = {**FAULTS[fault], "forces": [[0.0, 0.0, 1.0]], "temperature": 300.0}
    frame["energy"] = frame.pop("e_0_energy")
    document = {
        "calcs_reversed": [{"output": {}}],
        "vasp_objects": {"trajectory": {"frame_properties": [frame]}},
    }
    assert vasp_results.steps_of(document) == ()
    assert "energy" not in columns_of(document)
    path, vasprun = tmp_path / "document.json.gz", written(tmp_path, xml(FAULTS[fault]))
    import json

    path.write_bytes(gzip.compress(json.dumps(document).encode()))
    asked = {
        "paths": [str(path)],
        "source": "document",
        "vasprun_source": "retrieved",
        "params": {"pk": 1, "kind": "trajectory"},
    }
    assert series(asked) == "vasprun.xml is needed"
    drawn: Any = series({**asked, "vasprun": str(vasprun)})
    curves = {curve.unit: curve.y for curve in drawn.curves}
    assert (curves["eV"], curves["K"]) == ((pytest.approx(-10.2),), (300.0,))


def xml(ionic: dict[str, Any], forces: str = "<v> 0 3.0 4.0 </v>", stress: str = "") -> str:
    def energy(values: dict[str, Any]) -> str:
        rows = "".join(f'<i name="{name}"> {value} </i>' for name, value in values.items())
        return f"<energy>{rows}</energy>".replace("nan", "*" * 16)

    arrays = f'<varray name="forces">{forces}</varray>' + (
        f'<varray name="stress">{stress}</varray>' if stress else ""
    )
    positions = '<varray name="positions"><v>0 0 0</v></varray>'
    return (
        f"<calculation><scstep>{energy({'e_fr_energy': 4.0})}</scstep><scstep>{energy(ELECTRONIC)}</scstep>"
        f"<structure>{positions}</structure>{arrays}{energy(ionic)}</calculation>"
    )


def written(folder: Path, steps: str) -> Path:
    path = folder / "vasprun.xml"
    path.write_text(f"<modeling>{steps}</modeling>")
    return path


@pytest.mark.parametrize("fault", FAULTS)
def test_the_stream_corrects_each_step_by_its_own_electronic_steps(fault: str, tmp_path: Path) -> None:
    without = xml(RIGHT).replace("<scstep>", "<none>").replace("</scstep>", "</none>")
    first, second = steps_of(written(tmp_path, xml(FAULTS[fault]) + without))
    assert {name: first[name] for name in RIGHT} == pytest.approx(RIGHT)
    assert second["e_0_energy"] == -10.2
    assert vasp_results.steps_among([first])[0].max_force == 5.0


def test_a_force_of_zero_is_a_force() -> None:
    (step,) = vasp_results.steps_among([{"e_0_energy": -1.0, "max_force": 0.0}])
    assert step.max_force == 0.0


@pytest.mark.parametrize(
    "forces", ["<v> 0 0 ******** </v><v> 1 0 0 </v>", "<v> 1 0 0 </v><v> 0 0 ******** </v>"]
)
def test_a_force_that_overflows_hides_the_largest(forces: str, tmp_path: Path) -> None:
    (step,) = steps_of(written(tmp_path, xml(RIGHT, forces)))
    assert (step["n_atoms"], step["max_force"]) == (2, None)
    assert largest_norm([[0.0, 0.0, float("nan")], [1.0, 0.0, 0.0]]) is None
    assert largest_norm([[1.0, 0.0, 0.0], [0.0, None, 0.0]]) is None


def test_missing_forces_and_broken_tensors_are_left_out(tmp_path: Path) -> None:
    (step,) = steps_of(written(tmp_path, xml(RIGHT, "", "<v>1 0 0</v><v>0 1 0</v><v>0 0 ****</v>")))
    assert (step["n_atoms"], step["max_force"], step["stress"], step["cell"]) == (1, None, None, None)
    assert columns_of({}, [step])["energy_per_atom"].values == (-10.2,)


def test_a_packed_file_that_breaks_off_yields_the_steps_before(tmp_path: Path) -> None:
    path = tmp_path / "vasprun.xml.gz"
    noise = "".join(f"<x>{i * 7919 % 1000003}</x>" for i in range(20_000))
    packed = gzip.compress(f"<modeling>{xml(RIGHT)}{noise}</modeling>".encode())
    path.write_bytes(packed[: len(packed) // 2])
    assert [step["e_0_energy"] for step in steps_of(path)] == [-10.2]
