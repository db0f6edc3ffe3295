"""Potentials of VASP are known by name and content, and never leave in a dump."""

from pathlib import Path

import pytest

from crystalmath_server.adapters.aiida.jobs.export_main import without_potential
from crystalmath_server.domain.potcars.licensed import is_potcar, titles

TEXT = "  PAW_PBE Fe 06Sep2000\n   8.0\n   VRHFIN =Fe:  d7 s1\n   TITEL  = PAW_PBE Fe 06Sep2000\n 1 2 3\n"


@pytest.mark.parametrize("name", ["POTCAR", "potcar", "POTCAR.Fe", "raw/POTCAR.gz", "POTCAR_0"])
def test_potentials_are_known_by_name(name: str) -> None:
    assert is_potcar(name)


@pytest.mark.parametrize("name", ["POTCAR.spec", "POTCAR.titles", "POSCAR", "OUTCAR"])
def test_other_files_are_let_through(name: str) -> None:
    assert not is_potcar(name)


@pytest.mark.parametrize("name", ["POTCAR", "input_0"])
def test_titles_stand_in_the_place_of_potentials(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TEXT)
    assert without_potential(path)
    assert [file.name for file in tmp_path.iterdir()] == [f"{name}.titles"]
    assert (tmp_path / f"{name}.titles").read_text().split() == ["PAW_PBE", "Fe", "06Sep2000"]


def test_what_is_no_potential_stays(tmp_path: Path) -> None:
    path = tmp_path / "INCAR"
    path.write_text("ENCUT = 500\n")
    assert not without_potential(path)
    assert path.read_text() == "ENCUT = 500\n"
    assert titles("nothing") == []
