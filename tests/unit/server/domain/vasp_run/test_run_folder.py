"""Folders in which VASP ran: what the shell lines see, what is refused, and the job that is made."""

import gzip
import json
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
    LARGEST_POTCAR,
    LARGEST_TEXT,
    RunFolder,
    look_script,
    run_folder,
    symbols_of,
)
from crystalmath_server.handlers import imports
from crystalmath_server.plugins.vasp_files import as_it_was, breaks_off, unpack
from crystalmath_server.protocol.errors import Conflict, FileUnreadable, InvalidForm, NotFound, RpcError
from crystalmath_server.protocol.imports import ImportJobParams
from tests import fakes

NOBODY = 65534


def said(folder: Path, *, user: int | None = None) -> str:
    command = ["/bin/sh", "-c", look_script(str(folder))]
    return subprocess.run(command, capture_output=True, text=True, check=True, user=user).stdout


def look(folder: Path, *, user: int | None = None) -> RunFolder:
    return run_folder("hpc", str(folder), said(folder, user=user))


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


def test_texts_are_taken_to_the_byte(folder: Path) -> None:
    (folder / "KPOINTS.gz").write_bytes(gzip.compress(b"k\n"))
    found = look(folder)
    assert found.files == {"INCAR": b"NSW = 5\n\xff odd\n", "KPOINTS": b"k\n", "POSCAR": b"Si\n"}
    assert found.titel_lines == ("PAW_PBE Si 1", "PAW_PBE Fe_pv 1")
    assert symbols_of(found.titel_lines) == ["Si", "Fe_pv"]
    assert "secret" in found.potcar
    assert "secret" not in str(found)


def test_times_are_those_of_the_files_packed_or_not(folder: Path) -> None:
    (folder / "OUTCAR.gz").write_bytes(gzip.compress(b"out"))
    os.utime(folder / "OUTCAR.gz", (1_000_000_007, 1_000_000_007))
    (folder / "elsewhere").write_text("x")
    os.utime(folder / "elsewhere", (1_234_567_890, 1_234_567_890))
    (folder / "OSZICAR").symlink_to(folder / "elsewhere")
    times = look(folder).times
    assert (times["OUTCAR"], times["OSZICAR"]) == (1_000_000_007, 1_234_567_890)
    assert times["vasprun.xml"] == int((folder / "vasprun.xml").stat().st_mtime)


def test_the_first_potcar_is_known_to_be_the_same(folder: Path) -> None:
    assert not look(folder).same_potcar
    (folder / "POTCAR.orig.gz").write_bytes(gzip.compress((folder / "POTCAR").read_bytes()))
    assert look(folder).same_potcar
    (folder / "POTCAR.orig").write_text("another\n")
    assert not look(folder).same_potcar


def test_a_potcar_that_is_too_large_or_cut_off_is_known_by_its_titels(folder: Path) -> None:
    assert (
        run_folder(
            "hpc", "/run", said(folder).replace("@@potcar\tPOTCAR\tH4s", "@@potcar\tPOTCAR\tAAAA")
        ).potcar
        == ""
    )
    with (folder / "POTCAR").open("a") as file:
        file.write("0" * LARGEST_POTCAR)
    found = look(folder)
    assert (found.potcar, found.titel_lines) == ("", ("PAW_PBE Si 1", "PAW_PBE Fe_pv 1"))


def test_an_import_gets_its_times_and_potentials_back(tmp_path: Path) -> None:
    (tmp_path / "vasprun.xml").write_text("<modeling>")
    specs = [{"titel": "PAW_PBE Si 1", "summary_stats": {"stats": 1}}]
    as_it_was(tmp_path, {"times": {"vasprun.xml": 7, "OUTCAR": 8}}, {"specs": specs, "specs_of_orig": True})
    assert (tmp_path / "vasprun.xml").stat().st_mtime == 7
    for name in ("POTCAR.spec", "POTCAR.spec.orig"):
        assert json.loads((tmp_path / name).read_text()) == specs
        (tmp_path / name).unlink()
    as_it_was(tmp_path, {}, {"specs": specs, "specs_of_orig": False})
    assert not (tmp_path / "POTCAR.spec.orig").exists()


def test_a_tidied_run_is_taken_too(folder: Path) -> None:
    before = look(folder)
    for path in list(folder.iterdir()):
        packed = folder / f"{path.name}.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        written_at = path.stat().st_mtime
        os.utime(packed, (written_at, written_at))  # as gzip does
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
    assert plan.prepared.values == {"path": "/scratch/run", "cluster": "localhost"}
    assert plan.spec.label == "old"
    assert [spec["titel"] for spec in plan.source.potcar_specs] == ["PAW_PBE Si 05Jan2001"]
    assert plan.source.potcar == ""


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
