"""Folders in which VASP ran: what the shell lines see, what is refused, and the job that is made."""

import gzip
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import anyio
import pytest

from crystalmath_server.domain.inputs.vasp_program import moves
from crystalmath_server.domain.jobs.plans import JobPlan
from crystalmath_server.domain.vasp_run.run_folder import (
    LARGEST_TEXT,
    RunFolder,
    look_script,
    run_folder,
    symbols_of,
)
from crystalmath_server.handlers import imports
from crystalmath_server.plugins.vasp_files import breaks_off, unpack
from crystalmath_server.protocol.errors import Conflict, FileUnreadable, InvalidForm, NotFound, RpcError
from crystalmath_server.protocol.imports import ImportJobParams
from tests import fakes

NOBODY = 65534


def look(folder: Path, *, user: int | None = None) -> RunFolder:
    command = ["/bin/sh", "-c", look_script(str(folder))]
    said = subprocess.run(command, capture_output=True, text=True, check=True, user=user).stdout
    return run_folder("hpc", str(folder), said)


def refused(folder: Path, *, user: int | None = None) -> RpcError:
    with pytest.raises(RpcError) as caught:
        look(folder, user=user)
    assert caught.value.data.field == "path"
    assert caught.value.data.hint
    return caught.value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "it's a run"
    made.mkdir()
    (made / "INCAR").write_bytes(b"NSW = 5\n\xff odd\n")
    (made / "POSCAR").write_text("Si\n")
    (made / "vasprun.xml").write_text("<modeling></modeling>")
    (made / "POTCAR").write_text("secret\n   TITEL  = PAW_PBE Si 1\nsecret\n   TITEL  = PAW_PBE Fe_pv 1\n")
    return made


def test_texts_are_taken_to_the_byte_and_of_potcar_its_titels_alone(folder: Path) -> None:
    (folder / "KPOINTS.gz").write_bytes(gzip.compress(b"k\n"))
    found = look(folder)
    assert found.files == {"INCAR": b"NSW = 5\n\xff odd\n", "KPOINTS": b"k\n", "POSCAR": b"Si\n"}
    assert found.titel_lines == ("PAW_PBE Si 1", "PAW_PBE Fe_pv 1")
    assert symbols_of(found.titel_lines) == ["Si", "Fe_pv"]
    assert "secret" not in str(found)


def test_a_tidied_run_is_taken_too(folder: Path) -> None:
    before = look(folder)
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert look(folder) == before


def test_what_is_no_run_is_refused_with_what_lacks(folder: Path) -> None:
    (folder / "vasprun.xml").unlink()
    assert "no vasprun.xml or OUTCAR" in refused(folder).data.detail
    (folder / "OUTCAR").touch()
    assert look(folder).files
    (folder / "INCAR").unlink()
    error = refused(folder)
    assert isinstance(error, InvalidForm)
    assert "no INCAR" in error.data.detail


def test_a_place_that_is_none_is_refused(folder: Path) -> None:
    assert isinstance(refused(folder / "none"), NotFound)
    assert isinstance(refused(folder / "INCAR"), InvalidForm)


@pytest.mark.parametrize("closed", ["above/run", "above", "above/run/vasprun.xml"])
def test_what_may_not_be_read_is_refused(folder: Path, closed: str) -> None:
    with tempfile.TemporaryDirectory() as above_all:
        root = Path(above_all)
        root.chmod(0o755)
        run = Path(shutil.copytree(folder, root / "above" / "run"))
        run.parent.chmod(0o755)
        run.chmod(0o755)
        mode = (root / closed).stat().st_mode
        (root / closed).chmod(0)
        error = refused(run, user=NOBODY if os.getuid() == 0 else None)
        (root / closed).chmod(mode)
    assert isinstance(error, FileUnreadable)


def test_a_text_without_end_is_refused(folder: Path) -> None:
    (folder / "INCAR").write_bytes(b"x" * (LARGEST_TEXT + 10))
    assert "larger than" in refused(folder).data.detail


def test_a_relaxation_is_known_by_its_incar() -> None:
    assert moves("NSW = 5")
    for incar in ("", "NSW = 0", "NSW = 5 ; IBRION = -1", "NSW = x"):
        assert not moves(incar)


def test_packed_files_are_unpacked_as_far_as_they_go(tmp_path: Path) -> None:
    text = os.urandom(200_000) + b"</modeling>"
    packed = gzip.compress(text)
    (tmp_path / "vasprun.xml.gz").write_bytes(packed)
    (tmp_path / "OUTCAR.gz").write_bytes(packed[:100_000])
    (tmp_path / "OSZICAR.gz").write_bytes(b"no gzip")
    unpack(tmp_path)
    assert (tmp_path / "vasprun.xml").read_bytes() == text
    assert not breaks_off(tmp_path / "vasprun.xml")
    assert text.startswith((tmp_path / "OUTCAR").read_bytes())
    assert breaks_off(tmp_path / "OSZICAR")


def test_a_folder_is_one_job() -> None:
    ports = fakes.ports()
    first = anyio.run(imports.import_run, ports, ImportJobParams("/scratch/run/"))
    again = anyio.run(imports.import_run, ports, ImportJobParams("/scratch/./run"))
    assert (first.template, first.reused) == ("vasp.imported", False)
    assert (again.pk, again.reused) == (first.pk, True)
    other = anyio.run(imports.import_run, ports, ImportJobParams("/scratch/run", key="a new key"))
    assert other.pk != first.pk
    assert ports.runs.looks == 2  # type: ignore[attr-defined]


def test_a_key_belongs_to_one_folder() -> None:
    ports = fakes.ports()
    anyio.run(imports.import_run, ports, ImportJobParams("/scratch/run", key="a new key"))
    with pytest.raises(Conflict):
        anyio.run(imports.import_run, ports, ImportJobParams("/scratch/other", key="a new key"))


def test_the_plan_says_where_it_comes_from() -> None:
    ports = fakes.ports()
    plans: list[JobPlan] = []
    submit = ports.launcher.submit

    async def seen(plan: JobPlan) -> object:
        plans.append(plan)
        return await submit(plan)

    ports.launcher.submit = seen  # type: ignore[method-assign]
    anyio.run(imports.import_run, ports, ImportJobParams("/scratch/run", label="old"))
    (plan,) = plans
    assert plan.source is not None
    assert plan.recipe.values == {"path": "/scratch/run", "cluster": "localhost"}
    assert plan.spec.label == "old"


@pytest.mark.parametrize(
    "params, field",
    [
        (ImportJobParams("run"), "path"),
        (ImportJobParams("~/run"), "path"),
        (ImportJobParams("/run\0"), "path"),
        (ImportJobParams("/none"), "path"),
        (ImportJobParams("/run", cluster="nowhere"), "cluster"),
        (ImportJobParams("/run", key="short"), "key"),
    ],
)
def test_bad_input_is_refused_by_field_and_stores_nothing(params: ImportJobParams, field: str) -> None:
    ports = fakes.ports()
    with pytest.raises(RpcError) as caught:
        anyio.run(imports.import_run, ports, params)
    assert caught.value.data.field == field
    assert ports.launcher.submissions == 0  # type: ignore[attr-defined]
    assert len(ports.structures.details) == 1  # type: ignore[attr-defined]
