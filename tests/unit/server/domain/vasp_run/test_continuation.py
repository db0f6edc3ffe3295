"""Input files of a continued run: custodian's corrections, last positions, edits, copied files."""

import pytest

from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.domain.vasp_run.continuation import EndedRun, next_inputs
from crystalmath_server.protocol.errors import InvalidForm

BEFORE = "Cu\n1.0\n3 0 0\n0 3 0\n0 0 3\nCu\n1\nDirect\n0 0 0\n"
AFTER = BEFORE.replace("0 0 0\n", "0.1 0 0\n")
INPUTS = {"INCAR": "NSW = 10\nIBRION = 2\nALGO = Fast\n", "POSCAR": BEFORE, "KPOINTS": "mesh\n"}
MENDED = INPUTS | {"INCAR": INPUTS["INCAR"].replace("Fast", "Normal")}
DELETES = Correction(
    "V", ("eddrmm",), (), ({"file": "WAVECAR", "action": {"_file_delete": {"mode": "actual"}}},)
)


def test_it_is_corrected_and_begins_where_it_stopped() -> None:
    vasp_inputs = next_inputs(EndedRun(INPUTS, MENDED, AFTER), {}, ["WAVECAR", "OUTCAR", "CHGCAR"])
    assert vasp_inputs.files == MENDED | {"POSCAR": AFTER}
    assert "+ALGO = Normal" in vasp_inputs.diffs["INCAR"]
    assert set(vasp_inputs.diffs) == {"INCAR", "POSCAR"}
    assert vasp_inputs.copied == ("WAVECAR", "CHGCAR")


@pytest.mark.parametrize("contcar", ["", "Cu\n1.0\n"])
def test_without_last_positions_it_begins_where_it_began(contcar: str) -> None:
    assert next_inputs(EndedRun(INPUTS, INPUTS, contcar), {}, []).files == INPUTS


def test_atoms_that_stand_still_stay_where_they_are() -> None:
    still = INPUTS | {"INCAR": "NSW = 0\n"}
    assert next_inputs(EndedRun(still, still, AFTER), {}, []).files["POSCAR"] == BEFORE


def test_positions_that_custodian_chose_stay() -> None:
    chosen = INPUTS | {"POSCAR": BEFORE.replace("Cu\n1.0", "chosen\n1.0")}
    assert next_inputs(EndedRun(INPUTS, chosen, AFTER), {}, []).files["POSCAR"] == chosen["POSCAR"]


def test_what_custodian_deletes_is_not_copied() -> None:
    run = EndedRun(INPUTS, INPUTS, corrections=(DELETES,))
    assert next_inputs(run, {}, ["WAVECAR", "CHGCAR"]).copied == ("CHGCAR",)


def test_edits_count_more_than_corrections_and_unknown_files_are_refused() -> None:
    vasp_inputs = next_inputs(EndedRun(INPUTS, MENDED), {"INCAR": "ALGO = All\n"}, [])
    assert vasp_inputs.files["INCAR"] == "ALGO = All\n"
    with pytest.raises(InvalidForm) as caught:
        next_inputs(EndedRun(INPUTS, INPUTS), {"POTCAR": "x"}, [])
    assert caught.value.data.field == "edits"
