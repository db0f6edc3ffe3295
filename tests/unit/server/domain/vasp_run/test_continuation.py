"""The deck of a run that goes on: custodian's corrections, the last positions, edits, what is copied."""

import pytest

from crystalmath_server.domain.diagnosis.symptoms import Correction
from crystalmath_server.domain.vasp_run.continuation import EndedRun, next_deck
from crystalmath_server.protocol.errors import InvalidForm

BEFORE = "Cu\n1.0\n3 0 0\n0 3 0\n0 0 3\nCu\n1\nDirect\n0 0 0\n"
AFTER = BEFORE.replace("0 0 0\n", "0.1 0 0\n")
DECK = {"INCAR": "NSW = 10\nIBRION = 2\nALGO = Fast\n", "POSCAR": BEFORE, "KPOINTS": "mesh\n"}
MENDED = DECK | {"INCAR": DECK["INCAR"].replace("Fast", "Normal")}
DELETES = Correction(
    "V", ("eddrmm",), (), ({"file": "WAVECAR", "action": {"_file_delete": {"mode": "actual"}}},)
)


def test_it_is_corrected_and_begins_where_it_stopped() -> None:
    deck = next_deck(EndedRun(DECK, MENDED, AFTER), {}, ["WAVECAR", "OUTCAR", "CHGCAR"])
    assert deck.files == MENDED | {"POSCAR": AFTER}
    assert "+ALGO = Normal" in deck.diffs["INCAR"]
    assert set(deck.diffs) == {"INCAR", "POSCAR"}
    assert deck.copied == ("WAVECAR", "CHGCAR")


@pytest.mark.parametrize("contcar", ["", "Cu\n1.0\n"])
def test_without_last_positions_it_begins_where_it_began(contcar: str) -> None:
    assert next_deck(EndedRun(DECK, DECK, contcar), {}, []).files == DECK


def test_atoms_that_stand_still_stay_where_they_are() -> None:
    still = DECK | {"INCAR": "NSW = 0\n"}
    assert next_deck(EndedRun(still, still, AFTER), {}, []).files["POSCAR"] == BEFORE


def test_positions_that_custodian_chose_stay() -> None:
    chosen = DECK | {"POSCAR": BEFORE.replace("Cu\n1.0", "chosen\n1.0")}
    assert next_deck(EndedRun(DECK, chosen, AFTER), {}, []).files["POSCAR"] == chosen["POSCAR"]


def test_what_custodian_deletes_is_not_copied() -> None:
    run = EndedRun(DECK, DECK, corrections=(DELETES,))
    assert next_deck(run, {}, ["WAVECAR", "CHGCAR"]).copied == ("CHGCAR",)


def test_edits_count_more_than_corrections_and_unknown_files_are_refused() -> None:
    deck = next_deck(EndedRun(DECK, MENDED), {"INCAR": "ALGO = All\n"}, [])
    assert deck.files["INCAR"] == "ALGO = All\n"
    with pytest.raises(InvalidForm) as caught:
        next_deck(EndedRun(DECK, DECK), {"POTCAR": "x"}, [])
    assert caught.value.data.field == "edits"
