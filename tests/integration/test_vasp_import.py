"""Finished VASP runs become jobs: of a SLURM cluster over ssh and of this machine, whole and cut off."""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.clusters import CLUSTERS_CREATE, CreateClusterParams
from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE
from crystalmath_server.protocol.document import JOBS_DOCUMENT, DocumentParams
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_FILES, JOBS_LOG, ListFilesParams, ReadFileParams
from crystalmath_server.protocol.imports import JOBS_IMPORT, ImportJobParams
from crystalmath_server.protocol.jobs import JOBS_LIST, JOBS_SHOW, JobPk, JobState, ListJobsParams
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_server.protocol.structures import STRUCTURES_LIST, ListStructuresParams
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, home_of_its_own, refused
from tests.services import DIRECT, Cluster, write_ssh_config
from tests.vasp_standin.potmake import potcar
from tests.vasp_standin.standin_install import install

ROOT = Path(__file__).parents[2]
COPPER = ROOT / "crystalmath_tui/examples/copper.poscar"
INCAR = "ENCUT = 300\nNSW = 99\nIBRION = 2\nISIF = 3\nEDIFFG = -0.02\nISMEAR = 1\nSIGMA = 0.2\n"
KPOINTS = "mesh\n0\nGamma\n4 4 4\n0 0 0\n"


@dataclass(frozen=True, slots=True)
class Site:
    """A user with a cluster, and a run that was done by hand."""

    home: Path
    cluster: Cluster
    run: Path


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    run = _run_by_hand(tmp_path_factory.mktemp("by-hand"))
    with home_of_its_own(tmp_path_factory.mktemp("i")) as home:
        write_ssh_config(cluster, home)
        with connect() as server:
            made = CreateClusterParams(
                "hpc", DIRECT, str(cluster.home / "work"), safe_interval_s=0, poll_interval_s=0.3
            )
            server.call(CLUSTERS_CREATE, made)
        yield Site(home, cluster, run)


def _run_by_hand(folder: Path, incar: str = INCAR) -> Path:
    """The stand-in's run of copper, as a user would have left it."""
    run = folder / "cu relax"
    run.mkdir()
    (run / "INCAR").write_text(incar)
    (run / "KPOINTS").write_text(KPOINTS)
    shutil.copy(COPPER, run / "POSCAR")
    (run / "POTCAR").write_text(potcar("Cu", "PBE_54"))
    program = install(folder / "bin")["vasp_std"]
    with (run / "vasp.out").open("w") as out:
        subprocess.run([program], cwd=run, stdout=out, stderr=subprocess.STDOUT, check=True)
    assert "</modeling>" in (run / "vasprun.xml").read_text()
    whole = int((run / "vasprun.xml").stat().st_mtime)
    os.utime(run / "vasprun.xml", (whole, whole))  # an import keeps whole seconds
    return run


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


@pytest.fixture(scope="module")
def imported(site: Site) -> int:
    with connect() as server:
        made = server.call(JOBS_IMPORT, ImportJobParams(str(site.run), "hpc"))
        assert not made.reused
        assert ended(server, made.pk) is JobState.FINISHED, told(server, made.pk)
    return made.pk


def told(server: Client, pk: int) -> str:
    """Why a job ended as it did."""
    lines = [line.text for line in server.call(JOBS_LOG, JobPk(pk)).lines]
    return "\n".join((server.call(JOBS_SHOW, JobPk(pk)).explanation, *lines))


def copied(site: Site, tmp_path: Path) -> Path:
    return Path(shutil.copytree(site.run, tmp_path / "run"))


def import_run(server: Client, path: Path, cluster: str = "hpc", **given: Any) -> tuple[int, JobState]:
    pk = server.call(JOBS_IMPORT, ImportJobParams(str(path), cluster, **given)).pk
    return pk, ended(server, pk)


def test_a_run_of_a_cluster_becomes_a_job(site: Site, imported: int, server: Client) -> None:
    job = server.call(JOBS_SHOW, JobPk(imported))
    assert job.process_type == "aiida.calculations:crystalmath.vasp"
    assert (job.row.template, job.row.cluster, job.row.formula) == ("vasp.imported", "hpc", "Cu4")
    assert job.remote_work_dir == str(site.run)
    assert job.values == {"path": str(site.run), "cluster": "hpc"}
    assert {"structure", "files", "settings", "maker", "potcar", "remote_folder"} <= {
        n.label for n in job.inputs
    }
    assert {"retrieved", "summary", "document", "steps", "structure"} <= {node.label for node in job.outputs}
    results = server.call(JOBS_RESULTS, JobPk(imported))
    assert results.lattice_after
    assert results.lattice_after.volume == pytest.approx(3.589**3, rel=0.02)
    assert len(results.steps) > 1


def test_nothing_was_submitted_and_nothing_licensed_was_kept(
    site: Site, imported: int, server: Client
) -> None:
    assert site.cluster.sbatch_calls(site.run) == []
    rows = server.call(JOBS_FILES, ListFilesParams(imported)).rows
    assert {"vasprun.xml", "OUTCAR", "vasp.out"} <= {row.path for row in rows if row.source == "retrieved"}
    assert {"INCAR", "KPOINTS", "POSCAR"} == {row.path for row in rows if row.source == "inputs"}
    incar = server.call(JOBS_FILE, ReadFileParams(imported, "INCAR", "inputs"))
    assert incar.content == INCAR
    assert not [row.path for row in rows if row.path.startswith("POTCAR")]
    assert not [line for line in server.call(JOBS_LOG, JobPk(imported)).lines if line.level == "ERROR"]
    assert (site.run / "POTCAR").exists()


def test_document_equals_that_of_atomate2_on_the_files_brought_back(
    site: Site, imported: int, tmp_path: Path
) -> None:
    run = copied(site, tmp_path)
    assert differences(imported, without_densities(run)) == "[]"


def without_densities(run: Path) -> Path:
    """The run without files that stay on the cluster."""
    for name in ("CHGCAR", "CHG", "WAVECAR"):
        (run / name).unlink(missing_ok=True)
    return run


def differences(pk: int, run: Path) -> str:
    command = [sys.executable, str(ROOT / "tests/vasp_same_document.py"), str(pk), str(run), "--imported"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


YEARS_AGO = 1_400_000_000


@pytest.mark.parametrize("packed", [False, True])
def test_nothing_that_emmet_reads_is_lost(
    site: Site, server: Client, tmp_path: Path, *, packed: bool
) -> None:
    """First inputs and corrections of custodian, the time of completion, statistics of the potentials."""
    run = copied(site, tmp_path)
    shutil.copy(run / "POTCAR", run / "POTCAR.orig")
    (run / "INCAR.orig").write_text(INCAR.replace("SIGMA = 0.2", "SIGMA = 0.4"))
    (run / "POSCAR.orig").write_text((run / "POSCAR").read_text().replace("3.6", "3.5"))
    (run / "custodian.json").write_text('[{"corrections": [{"errors": ["brmix"]}], "job": {}}]')
    for path in list(without_densities(run).iterdir()):
        kept = _packed(path) if packed else path
        os.utime(kept, (YEARS_AGO, YEARS_AGO))
    pk, state = import_run(server, run, key=f"what is kept {packed}")
    assert state is JobState.FINISHED, told(server, pk)
    assert differences(pk, run) == "[]"
    document = server.call(JOBS_DOCUMENT, DocumentParams(pk, "orig_inputs/incar/SIGMA"))
    assert document.text == "0.4"
    assert server.call(JOBS_DOCUMENT, DocumentParams(pk, "completed_at")).text.startswith("2014-05-1")
    stats = server.call(JOBS_DOCUMENT, DocumentParams(pk, "orig_inputs/potcar_spec/0/summary_stats/stats"))
    assert {row.name for row in stats.rows} == {"header", "data"}
    rows = server.call(JOBS_FILES, ListFilesParams(pk)).rows
    assert not [row.path for row in rows if row.path.startswith("POTCAR")]


def _packed(path: Path) -> Path:
    packed = path.with_name(f"{path.name}.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    return packed


def test_what_custodian_left_may_be_broken(site: Site, server: Client, tmp_path: Path) -> None:
    run = copied(site, tmp_path)
    (run / "POSCAR.orig").write_text("nonsense\n")
    (run / "custodian.json.gz").write_bytes(b"no gzip")
    (run / "POTCAR").write_text("no POTCAR\n")
    pk, state = import_run(server, run, key="broken leftovers")
    assert state is JobState.FINISHED, told(server, pk)


def test_a_folder_is_imported_once(site: Site, imported: int, server: Client) -> None:
    again = server.call(JOBS_IMPORT, ImportJobParams(f"{site.run}/", "hpc"))
    assert (again.pk, again.reused) == (imported, True)
    other = ImportJobParams(str(site.run.parent), "hpc", key=f"of-job-{imported}")
    kept = server.call(JOBS_IMPORT, ImportJobParams(str(site.run), "hpc", key=other.key))
    assert kept.pk != imported
    error = refused(server, JOBS_IMPORT, other)
    assert (error.code, error.data.field) == (ErrorCode.CONFLICT, "key")


def test_a_tidied_run_of_this_machine(site: Site, server: Client, tmp_path: Path) -> None:
    run = copied(site, tmp_path)
    for path in list(run.iterdir()):
        (run / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    pk, state = import_run(server, run, "localhost", label="old copper")
    assert state is JobState.FINISHED, told(server, pk)
    assert server.call(JOBS_SHOW, JobPk(pk)).row.label == "old copper"
    assert server.call(JOBS_RESULTS, JobPk(pk)).lattice_after


def test_a_run_that_was_cut_off_yields_what_it_had(site: Site, server: Client, tmp_path: Path) -> None:
    run = copied(site, tmp_path)
    text = (run / "vasprun.xml").read_text()
    second = [i for i in range(len(text)) if text.startswith("</calculation>", i)][1]
    (run / "vasprun.xml").write_text(text[: second + 200])
    pk, state = import_run(server, run)
    assert state is JobState.FAILED
    job = server.call(JOBS_SHOW, JobPk(pk))
    assert job.row.reason == server.call(JOBS_DIAGNOSE, JobPk(pk)).title
    assert "cut off" in job.explanation
    assert "whole ionic steps: 2" in job.explanation
    results = server.call(JOBS_RESULTS, JobPk(pk))
    assert len(results.steps) == 2
    assert {"energy", "n_steps", "max_force"} <= {row.name for row in results.quantities}
    (run / "vasprun.xml").write_text(text[:300])
    pk, state = import_run(server, run, key="cut off at once")
    assert state is JobState.FAILED
    assert "cut off" in server.call(JOBS_SHOW, JobPk(pk)).explanation


def test_a_run_that_did_not_converge_has_its_document(server: Client, tmp_path: Path) -> None:
    pk, state = import_run(server, _run_by_hand(tmp_path, INCAR.replace("NSW = 99", "NSW = 2")))
    job = server.call(JOBS_SHOW, JobPk(pk))
    assert (state, job.row.exit_status) == (JobState.FAILED, 320), told(server, pk)
    assert job.row.reason == "The relaxation did not converge in the steps it was given"
    assert job.row.reason == server.call(JOBS_DIAGNOSE, JobPk(pk)).title
    assert "exit status 320" in job.explanation
    assert {"document", "summary", "steps", "structure"} <= {node.label for node in job.outputs}


def test_a_run_without_vasprun_is_kept_and_told(site: Site, server: Client, tmp_path: Path) -> None:
    run = copied(site, tmp_path)
    (run / "vasprun.xml").unlink()
    pk, state = import_run(server, run)
    assert state is JobState.FAILED
    assert "no vasprun.xml" in server.call(JOBS_SHOW, JobPk(pk)).explanation


def test_what_is_no_run_is_refused_and_nothing_is_stored(site: Site, server: Client, tmp_path: Path) -> None:
    run = copied(site, tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "no-structure").mkdir()
    for name in ("INCAR", "vasprun.xml"):
        shutil.copy(run / name, tmp_path / "no-structure")
    (run / "POSCAR").write_text("nonsense\n")
    cases: list[tuple[dict[str, Any], ErrorCode, str]] = [
        ({"path": str(tmp_path / "none")}, ErrorCode.NOT_FOUND, "path"),
        ({"path": str(tmp_path / "empty")}, ErrorCode.INVALID_FORM, "path"),
        ({"path": str(tmp_path / "no-structure")}, ErrorCode.INVALID_FORM, "path"),
        ({"path": str(run / "INCAR")}, ErrorCode.INVALID_FORM, "path"),
        ({"path": str(run)}, ErrorCode.INVALID_STRUCTURE, "path"),
        ({"path": "run"}, ErrorCode.INVALID_FORM, "path"),
        ({"path": str(site.run), "cluster": "nowhere"}, ErrorCode.NOT_FOUND, "cluster"),
        ({"path": str(site.run), "code": "nothing"}, ErrorCode.NOT_FOUND, "code"),
    ]
    before = counts(server)
    for given, code, field in cases:
        error = refused(
            server, JOBS_IMPORT, ImportJobParams(**{"cluster": "hpc", "key": "refused-key"} | given)
        )
        assert (error.code, error.data.field) == (code, field), error.data
    assert counts(server) == before


def counts(server: Client) -> tuple[int, int]:
    """Jobs and structures."""
    structures = server.call(STRUCTURES_LIST, ListStructuresParams(limit=500)).rows
    return server.call(JOBS_LIST, ListJobsParams()).total, len(structures)


def test_the_command_line_imports_the_same_folder_as_the_same_job(site: Site, imported: int) -> None:
    command = [sys.executable, "-m", "crystalmath_tui", "jobs", "import", str(site.run), "--cluster", "hpc"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert str(imported) in shown


def test_a_cluster_that_cannot_be_reached_is_told_and_nothing_is_stored(site: Site, server: Client) -> None:
    before = counts(server)
    site.cluster.close_network()
    try:
        params = ImportJobParams(str(site.run), "hpc", key="while the network is down")
        assert refused(server, JOBS_IMPORT, params).code is ErrorCode.TRANSPORT_FAILED
    finally:
        site.cluster.open_network()
    assert counts(server) == before
