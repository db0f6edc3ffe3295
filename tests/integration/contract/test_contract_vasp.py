"""The Potcars and RunFolders ports; what they find is held where there is a VASP to be found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crystalmath_server.protocol.clusters import CreateClusterParams
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.structures import SI_POSCAR
from tests.worlds import World


@pytest.fixture
def here(world: World, tmp_path: Path) -> Iterator[str]:
    """A computer of this machine with one potential; its label."""
    potcar = tmp_path / "pot/potpaw_PBE.54/Fe/POTCAR"
    potcar.parent.mkdir(parents=True)
    potcar.write_text("  PAW_PBE Fe 06Sep2000\n   TITEL  = PAW_PBE Fe 06Sep2000\n")
    library = str(tmp_path / "pot")
    params = CreateClusterParams(
        label=f"{world.tag}-here",
        hostname="localhost",
        work_dir="/tmp",
        transport="core.local",
        scheduler="core.direct",
        potcar_dir=library,
        safe_interval_s=0,
    )
    yield world.run(world.ports.clusters.create(params)).row.label
    world.run(world.ports.clusters.delete(params.label))


def test_potcars_are_looked_for_symbol_by_symbol(world: World, here: str) -> None:
    found = world.run(world.ports.potcars.check(here, "PBE_54", ("Fe", "Fe_pv")))
    assert (found.cluster, found.functional, found.ok) == (here, "PBE_54", False)
    assert [(row.symbol, row.found) for row in found.potcars] == [("Fe", True), ("Fe_pv", False)]
    assert world.run(world.ports.potcars.check(here, "PBE_54", ("Fe",))).ok
    everything = world.run(world.ports.potcars.check(here, "PBE_54", ()))
    assert everything.ok
    assert [row.symbol for row in everything.potcars] == ["Fe"]


def test_a_folder_with_a_run(world: World, here: str, tmp_path: Path) -> None:
    for name, text in {"INCAR": "NSW = 5\n", "POSCAR": SI_POSCAR, "vasprun.xml": ""}.items():
        (tmp_path / name).write_text(text)
    found = world.run(world.ports.runs.look(here, str(tmp_path), ""))
    assert found.files["POSCAR"].decode() == SI_POSCAR
    assert found.files["INCAR"].decode() == "NSW = 5\n"


def test_a_folder_without_a_run(world: World, here: str, tmp_path: Path) -> None:
    empty = tmp_path / "none"
    empty.mkdir()
    world.refuse(world.ports.runs.look(here, str(empty), ""), InvalidForm, "path")


def test_a_computer_that_is_not_there(world: World) -> None:
    world.refuse(world.ports.potcars.check("nonsense", "PBE_54", ("Fe",)), NotFound, "label")
    world.refuse(world.ports.runs.look("nonsense", "/tmp", ""), NotFound, "cluster")
