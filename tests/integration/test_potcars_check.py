"""POTCARs looked for on a cluster over ssh, and in this machine's own library."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crystalmath_server.domain.potcars.locations import LOCAL
from crystalmath_server.protocol.clusters import (
    CLUSTERS_CREATE,
    CLUSTERS_UPDATE,
    CreateClusterParams,
    UpdateClusterParams,
)
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.potcars import POTCARS_CHECK, CheckPotcarsParams
from crystalmath_server.protocol.structures import SI_POSCAR, STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import home_of_its_own, refused
from tests.services import DIRECT, Cluster, write_ssh_config
from tests.vasp_standin.potmake import write_library


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_library(tmp_path_factory.mktemp("potcars"))


@pytest.fixture(scope="module")
def server(cluster: Cluster, library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with home_of_its_own(tmp_path_factory.mktemp("p")) as home, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PMG_VASP_PSP_DIR", str(library))
        write_ssh_config(cluster, home)
        with connect() as client:
            made = CreateClusterParams("hpc", DIRECT, str(cluster.home / "work"), safe_interval_s=0)
            client.call(CLUSTERS_CREATE, made)
            yield client


def set_folder(server: Client, folder: Path | str) -> None:
    server.call(CLUSTERS_UPDATE, UpdateClusterParams("hpc", potcar_dir=str(folder)))


def test_a_cluster_without_a_folder_is_told_how_to_get_one(server: Client) -> None:
    set_folder(server, "")
    found = server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", ("Si",)))
    assert not found.ok
    assert found.hint == "crystalmath clusters update hpc --potcar-dir /path/on/hpc"


def test_what_a_template_needs_is_there(server: Client, library: Path) -> None:
    set_folder(server, library)
    pk = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR)).row.pk
    found = server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", structure_pk=pk))
    assert found.ok, found
    (row,) = found.potcars
    assert (row.symbol, row.titel) == ("Si", "PAW_PBE Si 01Jan2000")
    assert {"PBE_54", "PBE_64", "LDA"} <= {folder.functional for folder in found.folders}


def test_what_lacks_is_told_with_the_way_out(server: Client, library: Path) -> None:
    set_folder(server, library)
    found = server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", ("Fe_sv", "Fe_pv", "U"), "PBE_52"))
    assert [row.found for row in found.potcars] == [False, True, False]
    assert {"Fe", "Fe_pv"} <= set(found.potcars[0].similar)
    none = server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", ("Si",), "LDA_52"))
    assert "no folder of LDA_52" in none.detail
    assert "PBE_54" in none.hint


def test_without_symbols_all_are_told(server: Client, library: Path) -> None:
    set_folder(server, library)
    found = server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", functional="PBE_52"))
    assert found.ok, found
    names = [row.symbol for row in found.potcars]
    assert names == sorted(names)
    assert {"Si", "Fe", "Fe_pv"} <= set(names)
    assert all(row.titel for row in found.potcars)


def test_a_folder_that_is_not_there_or_empty_is_told(server: Client, tmp_path: Path) -> None:
    set_folder(server, tmp_path / "none")
    assert "does not exist" in server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", ("Si",))).detail
    set_folder(server, tmp_path)
    assert "hold no POTCAR" in server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", ("Si",))).detail


def test_the_library_of_this_machine(server: Client, library: Path) -> None:
    set_folder(server, LOCAL)
    found = server.call(POTCARS_CHECK, CheckPotcarsParams("hpc", ("Si", "Fe_pv"), "PBE"))
    assert found.ok
    assert found.directory == str(library)
    assert found.looked == (str(library / "POT_GGA_PAW_PBE"),)
    assert found.potcars[1].titel == "PAW_PBE Fe_pv 01Jan2000"


def test_an_unknown_cluster_is_refused(server: Client) -> None:
    error = refused(server, POTCARS_CHECK, CheckPotcarsParams("nowhere", ("Si",)))
    assert (error.code, error.data.field) == (ErrorCode.NOT_FOUND, "cluster")


def test_the_command_line_shows_it(server: Client, library: Path) -> None:
    set_folder(server, library)
    command = [
        sys.executable,
        "-m",
        "crystalmath_tui",
        "potcars",
        "check",
        "hpc",
        "--symbol",
        "Si",
        "--symbol",
        "Xe",
    ]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "PAW_PBE Si 01Jan2000" in shown
    assert "nothing of Xe is there" in shown
