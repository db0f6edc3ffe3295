"""Files of a command whose texts are sent."""

from pathlib import Path

import pytest

from crystalmath_server.protocol.inputs import INPUTS_CHECK, INPUTS_DIFF
from crystalmath_tui.cli.options import UsageError, of_params
from crystalmath_tui.cli.parser import parse
from crystalmath_tui.cli.texts import texts_of

POTCAR = "secret numbers\n   TITEL  = PAW_PBE Fe 06Sep2000\n 1 2 3\n   ENMAX  =  267.9\n End of Dataset\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "INCAR").write_text("ENCUT = 500\n")
    (tmp_path / "POTCAR").write_text(POTCAR)
    (tmp_path / "OUTCAR").write_text("long")
    return tmp_path


def test_a_folder_gives_its_inputs_and_no_more(folder: Path) -> None:
    found = texts_of(str(folder))
    assert list(found) == ["INCAR", "POTCAR"]
    assert "secret" not in found["POTCAR"]
    assert "ENMAX" in found["POTCAR"]


def test_files_by_their_own_or_another_name(folder: Path) -> None:
    assert texts_of(str(folder / "INCAR")) == {"INCAR": "ENCUT = 500\n"}
    assert texts_of(f"KPOINTS={folder / 'INCAR'}") == {"KPOINTS": "ENCUT = 500\n"}


def test_several_files_are_one_argument(folder: Path) -> None:
    options = of_params(INPUTS_CHECK.params)
    found = parse(options, [str(folder / "INCAR"), str(folder / "POTCAR"), "--tasks", "8"])
    assert (list(found["files"]), found["tasks"]) == (["INCAR", "POTCAR"], 8)


@pytest.mark.parametrize("name", ["none", "."])
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    options = of_params(INPUTS_CHECK.params)
    with pytest.raises(UsageError, match=str(tmp_path)):
        parse(options, [str(tmp_path / name)])


def test_two_inputs_are_named_by_words_and_flags(folder: Path) -> None:
    options = of_params(INPUTS_DIFF.params)
    assert parse(options, ["job_pk=12", "job_pk=15"]) == {"left": {"job_pk": 12}, "right": {"job_pk": 15}}
    words = [f"files={folder / 'INCAR'}", "--right", "template=vasp.static", "--right", "structure_pk=1"]
    assert parse(options, words) == {
        "left": {"files": {"INCAR": "ENCUT = 500\n"}},
        "right": {"template": "vasp.static", "structure_pk": 1},
    }
