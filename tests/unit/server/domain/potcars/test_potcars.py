"""Libraries of POTCARs: what the shell lines find, what a job would take, and the words about what lacks."""

import gzip
import os
import subprocess
from pathlib import Path

import anyio
import pytest

from crystalmath_server.domain.potcars import library
from crystalmath_server.domain.potcars.locations import FOLDERS, assembly
from crystalmath_server.domain.potcars.verdict import unset, verdict
from crystalmath_server.handlers import potcars
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.potcars import FUNCTIONALS, CheckPotcarsParams, PotcarCheck
from tests import fakes


def shell(script: str, folder: Path | None = None) -> str:
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout


def put(root: Path, *names: str) -> None:
    """Files that tell their own place in TITEL."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = f"  PAW\n secret\n   TITEL  = {name}\n more\n"
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())


def look(
    root: Path, functional: str, *symbols: str, place: library.PotcarLibrary | None = None
) -> PotcarCheck:
    place = place or library.PotcarLibrary(str(root))
    seen = library.listing(place.root, shell(library.list_script(place.root)))
    paths = [path for symbol in symbols for path in seen.paths(place.search_path(functional), symbol)]
    told = library.titel_lines(shell(library.titel_script(paths))) if paths else {}
    rows = [library.potcar(place, seen, functional, symbol, told) for symbol in symbols]
    return verdict("hpc", functional, place, seen, rows)


def test_symbols_are_found_with_their_titel_alone(tmp_path: Path) -> None:
    put(
        tmp_path, "potpaw_PBE.54/Si/POTCAR", "POT_GGA_PAW_PBE_54/POTCAR.O.gz", "potpaw_PBE.54/Fe_pv/POTCAR.gz"
    )
    found = look(tmp_path, "PBE_54", "Si", "O", "Fe_pv")
    assert found.ok
    assert found.hint == ""
    assert [row.titel for row in found.potcars] == [
        "potpaw_PBE.54/Si/POTCAR",
        "POT_GGA_PAW_PBE_54/POTCAR.O.gz",
        "potpaw_PBE.54/Fe_pv/POTCAR.gz",
    ]
    assert {(row.functional, row.symbols) for row in found.folders} == {("PBE_54", 2), ("PBE_54", 1)}
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    "names",
    [
        ("Si/POTCAR",),
        ("POTCAR.Si", "POTCAR.Si.gz"),
        ("Si/POTCAR.gz", "POTCAR.Si"),
        ("Si/POTCAR", "potpaw_PBE/Si/POTCAR"),
        ("potpaw_PBE/Si/POTCAR", "POT_GGA_PAW_PBE/POTCAR.Si.gz", "POT_GGA_PAW_PBE/POTCAR.Si"),
        ("potpaw_PBE/POTCAR.Si", "potpaw_PBE/Si/POTCAR.gz", "potpaw_PBE/Si/POTCAR"),
    ],
)
def test_the_file_told_is_the_one_that_a_job_takes(tmp_path: Path, names: tuple[str, ...]) -> None:
    root, job = tmp_path / "a library", tmp_path / "job"
    job.mkdir()
    put(root, *names)
    shell(assembly(str(root), "PBE", ["Si"]), job)
    (row,) = look(root, "PBE", "Si").potcars
    assert f"TITEL  = {row.titel}\n" in (job / "POTCAR").read_text()


def test_what_lacks_is_told_with_what_is_like_it(tmp_path: Path) -> None:
    put(tmp_path, "potpaw_PBE.54/Fe/POTCAR", "potpaw_PBE.54/F/POTCAR", "potpaw_PBE.64/Fe_pv/POTCAR")
    found = look(tmp_path, "PBE_54", "Fe_pv", "Xe")
    assert not found.ok
    iron, xenon = found.potcars
    assert (iron.similar, iron.functionals) == (("Fe",), ("PBE_64",))
    assert "user_potcar_settings" in iron.note
    assert "user_potcar_functional" in iron.note
    assert xenon.note == "nothing of Xe is there"
    assert found.detail == "not there for PBE_54: Fe_pv, Xe"


def test_other_functionals_and_odd_names_are_told(tmp_path: Path) -> None:
    put(tmp_path, "potpaw_PBE.64/Si/POTCAR", "our-pots/Si/POTCAR")
    found = look(tmp_path, "PBE_54", "Si")
    assert found.detail.endswith("has no folder of PBE_54")
    assert "PBE_64" in found.hint
    assert f"--potcar-dir {tmp_path}/our-pots" in found.hint
    assert found.looked[-1] == str(tmp_path)
    assert look(tmp_path / "our-pots", "PBE_54", "Si").ok


def test_a_root_that_is_not_there_is_told(tmp_path: Path) -> None:
    put(tmp_path, "file")
    (tmp_path / "empty").mkdir()
    cases = {"none": "does not exist", "file": "is not a folder", "empty": "hold no POTCAR"}
    for name, words in cases.items():
        found = look(tmp_path / name, "PBE", "Si")
        assert words in found.detail
        assert "--potcar-dir" in found.hint
        assert not found.ok


def test_a_file_that_is_no_potcar_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    put(tmp_path, "potpaw_PBE/Si/POTCAR", "potpaw_PBE/O/POTCAR")
    (tmp_path / "potpaw_PBE/Si/POTCAR").write_text("nothing\n")
    (row,) = look(tmp_path, "PBE", "Si").potcars
    assert "not a POTCAR" in row.note
    place = library.PotcarLibrary(str(tmp_path))
    seen = library.listing(place.root, shell(library.list_script(place.root)))
    assert "cannot be read" in library.potcar(place, seen, "PBE", "O", {}).note


def test_the_library_of_pymatgen_has_its_own_folders(tmp_path: Path) -> None:
    put(tmp_path, "mine/POTCAR.Si.gz", "potpaw_PBE/O/POTCAR")
    place = library.PotcarLibrary(str(tmp_path), {"PBE": ("mine",)})
    found = look(tmp_path, "PBE", "Si", "O", place=place)
    assert [row.found for row in found.potcars] == [True, False]
    assert found.looked == (f"{tmp_path}/mine",)
    nowhere = look(tmp_path, "PBE", "Si", place=library.PotcarLibrary(os.devnull, {"PBE": ("mine",)}))
    assert "PMG_VASP_PSP_DIR" in nowhere.hint


def test_a_library_that_nobody_named_is_told() -> None:
    assert "--potcar-dir" in unset("hpc", "PBE", local=False).hint
    assert "PMG_VASP_PSP_DIR" in unset("hpc", "PBE", local=True).detail


def test_odd_names_are_no_symbols() -> None:
    said = f"{library.OPEN}\n/r/POTCAR\n/r/x/POTCAR\n/other/Si/POTCAR\n/r/H1.25/POTCAR\n/r/Si/POTCAR.Z"
    assert library.listing("/r", said).symbols(["/r"]) == {"H1.25", "Si"}


def test_the_handler_asks_for_the_symbols_that_are_given() -> None:
    ports = fakes.ports()
    params = CheckPotcarsParams("localhost", ("Fe_pv", "Si", "Si"))
    found = anyio.run(potcars.check, ports, params)
    assert not found.ok
    assert [row.symbol for row in found.potcars] == ["Fe_pv", "Si"]
    assert found.functional == "PBE_54"


def test_without_symbols_all_that_are_there_are_told() -> None:
    found = anyio.run(potcars.check, fakes.ports(), CheckPotcarsParams("localhost"))
    assert found.ok
    assert [row.symbol for row in found.potcars] == ["Fe"]


def test_an_empty_library_is_not_well(tmp_path: Path) -> None:
    found = look(tmp_path, "PBE_54")
    assert not found.ok
    assert "hold no POTCAR" in found.detail


@pytest.mark.parametrize(
    "params, error, field",
    [
        (CheckPotcarsParams("localhost", ("Si",), "PBE_99"), InvalidForm, "functional"),
        (CheckPotcarsParams("nowhere", ("Si",)), NotFound, "cluster"),
        (CheckPotcarsParams("localhost", structure_pk=9), NotFound, "structure_pk"),
        (CheckPotcarsParams("localhost", structure_pk=1, template="emt.relax"), InvalidForm, "template"),
    ],
)
def test_the_handler_refuses_by_field(params: CheckPotcarsParams, error: type[Exception], field: str) -> None:
    with pytest.raises(error) as caught:
        anyio.run(potcars.check, fakes.ports(), params)
    assert caught.value.data.field == field  # type: ignore[attr-defined]


def test_every_folder_is_of_one_functional() -> None:
    names = [folder for folders in FOLDERS.values() for folder in folders]
    assert len(names) == len(set(names))
    assert set(FOLDERS) == set(FUNCTIONALS)
