"""VASP continues from an earlier job: its files are copied on the cluster, its inputs are derived here."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.again import JOBS_RESTART, RestartJobParams
from crystalmath_server.protocol.clusters import CLUSTERS_UPDATE, UpdateClusterParams
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_FILES, ListFilesParams, ReadFileParams
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JOBS_SHOW, JOBS_SUBMIT, JobPk, JobState, SubmitJobParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import SI_POSCAR, STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_server.protocol.templates import TEMPLATES_RENDER
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, refused, submit
from tests.services import Cluster
from tests.vasp_site import Site, vasp_site

ROOT = Path(__file__).parents[2]
FEW: dict[str, Any] = {"input_set_generator.user_kpoints_settings": {"reciprocal_density": 10}}


@pytest.fixture(scope="module")
def site(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home, programs = tmp_path_factory.mktemp("v"), tmp_path_factory.mktemp("programs")
    with vasp_site(cluster, home, programs) as site:
        yield site


@pytest.fixture(scope="module")
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


@pytest.fixture(scope="module")
def static(site: Site, server: Client) -> int:
    given = {"cluster": "hpc", "retrieve": ("CHG*", "IBZKPT", "POTCAR", "nothing"), "retrieve_mb": 0.01}
    pk = submit(server, site.copper, "restart-static", "vasp.static", **given)
    assert ended(server, pk) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
    return pk


def folder_of(server: Client, pk: int) -> Path:
    return Path(server.call(JOBS_SHOW, JobPk(pk)).remote_work_dir)


def test_what_comes_back_is_chosen_by_size(site: Site, static: int, server: Client) -> None:
    rows = server.call(JOBS_FILES, ListFilesParams(static)).rows
    brought = {row.path for row in rows if row.source == "retrieved"}
    assert {"vasprun.xml", "OUTCAR", "CONTCAR", "IBZKPT"} <= brought
    there = {row.path: row.size for row in rows if row.source == "work"}
    density = folder_of(server, static) / "CHGCAR"
    assert there["CHGCAR"] == density.stat().st_size > 10_000
    assert not {path for path in (*brought, *there) if "POTCAR" in path}
    part = server.call(JOBS_FILE, ReadFileParams(static, "CHGCAR", "work", limit=100))
    assert part.content == density.read_text()[:100]
    params = SubmitJobParams(
        "vasp.static", (site.copper,), key="retrieve-bad", cluster="hpc", retrieve=("$(id)",)
    )
    assert refused(server, JOBS_SUBMIT, params).data.field == "retrieve"


def test_a_band_structure_goes_on_from_a_static_job(site: Site, static: int, server: Client) -> None:
    values: dict[str, Any] = {**FEW, "input_set_generator.mode": "line"}
    shown = server.call(
        TEMPLATES_RENDER,
        JobSpec("vasp.non_scf", (site.copper,), values, restart_pk=static, cluster="hpc"),
    )
    assert shown.copied == ("CHGCAR",)
    params = {"values": values, "digest": shown.digest, "restart_pk": static}
    pk = submit(server, site.copper, "restart-bands", "vasp.non_scf", cluster="hpc", **params)
    assert ended(server, pk) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
    before, after = folder_of(server, static), folder_of(server, pk)
    assert (after / "CHGCAR").read_bytes() == (before / "CHGCAR").read_bytes()
    assert "charge-density read from file: CHGCAR" in (after / "vasp.out").read_text()
    assert "ICHARG = 11" in (after / "INCAR").read_text()
    rows = server.call(JOBS_FILES, ListFilesParams(pk)).rows
    assert "CHGCAR" not in {row.path for row in rows if row.source != "work"}
    script = server.call(JOBS_FILE, ReadFileParams(pk, "_aiidasubmit.sh", "inputs")).content
    assert shown.script.replace("aiida-PK", f"aiida-{pk}") == script
    command = [sys.executable, str(ROOT / "tests/vasp_same_document.py"), str(pk), str(after)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_node_is_stored_for_a_batch_script(site: Site, static: int, server: Client) -> None:
    first = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR)).row.pk
    shown = server.call(TEMPLATES_RENDER, JobSpec("vasp.static", (site.copper,), cluster="hpc"))
    assert "#SBATCH --job-name" in shown.script
    other = SI_POSCAR.replace("Si", "Ge")
    assert server.call(STRUCTURES_IMPORT, ImportStructureParams(text=other)).row.pk == first + 1
    plain = server.call(TEMPLATES_RENDER, JobSpec("vasp.static", (site.copper,)))
    assert (plain.digest, plain.script) == (shown.digest, "")
    error = refused(
        server, TEMPLATES_RENDER, JobSpec("vasp.static", (site.copper,), cluster="hpc", code="no")
    )
    assert (error.code, error.data.field) == (ErrorCode.NOT_FOUND, "code")


def test_jobs_that_cannot_be_gone_on_from(site: Site, static: int, server: Client) -> None:
    def error(**given: Any) -> str:
        where: dict[str, Any] = {"cluster": "hpc", "restart_pk": static, "values": FEW} | given
        params = SubmitJobParams("vasp.non_scf", (site.copper,), key="restart-refused", **where)
        found = refused(server, JOBS_SUBMIT, params)
        assert found.data.field == "restart_pk"
        assert found.code in {ErrorCode.INVALID_FORM, ErrorCode.NOT_FOUND}
        return found.data.detail

    silicon = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR)).row.pk
    other_atoms = server.call(TEMPLATES_RENDER, JobSpec("vasp.non_scf", (silicon,), FEW, restart_pk=static))
    assert f"Job {static} computed Cu" in other_atoms.warnings[0]
    assert "earlier VASP job" in error(restart_pk=None)
    assert "no job 9999" in error(restart_pk=9999)
    assert "not on localhost" in error(cluster="localhost")
    emt = submit(server, site.copper, "restart-emt", "emt.static")
    assert "not of VASP" in error(restart_pk=emt)
    slow = Resources(prepend_text="sleep 2")
    other = submit(server, site.copper, "restart-slow", "vasp.static", cluster="hpc", resources=slow)
    assert "has not ended" in error(restart_pk=other)
    assert ended(server, other) is JobState.FINISHED
    folder = folder_of(server, other)
    (folder / "CHGCAR").unlink()
    assert "CHGCAR" in error(restart_pk=other)
    folder.rename(folder.with_suffix(".moved"))
    assert "no longer exists" in error(restart_pk=other)
    folder.mkdir()
    assert "is empty" in error(restart_pk=other)


def test_what_is_gone_when_the_job_runs_ends_it_in_words(site: Site, static: int, server: Client) -> None:
    """Between submit and start: the job is held back, meanwhile a file goes."""
    server.call(CLUSTERS_UPDATE, UpdateClusterParams("hpc", max_jobs=1))
    slow = Resources(prepend_text="sleep 2")
    first = submit(server, site.copper, "restart-first", "vasp.static", cluster="hpc", resources=slow)
    given = {"cluster": "hpc", "restart_pk": static, "values": FEW}
    pk = submit(server, site.copper, "restart-gone", "vasp.dense_uniform", **given)
    density = folder_of(server, static) / "CHGCAR"
    density.rename(density.with_suffix(".away"))
    assert ended(server, first) is JobState.FINISHED
    assert ended(server, pk) is JobState.FAILED
    density.with_suffix(".away").rename(density)
    job = server.call(JOBS_SHOW, JobPk(pk))
    assert job.row.exit_status == 331
    assert f"missing file CHGCAR in {density.parent}" in job.exit_message
    assert "whose folder is still there" in job.hint


def test_an_unreachable_cluster_is_no_reason_to_wait_with_a_restart(
    site: Site, static: int, server: Client
) -> None:
    """What the earlier job left is known from its own listing; the jobs go when the cluster answers."""
    site.cluster.close_network()
    bands = submit(
        server, site.copper, "restart-away", "vasp.non_scf", cluster="hpc", restart_pk=static, values=FEW
    )
    again = server.call(JOBS_RESTART, RestartJobParams(static, "restart-away-again"))
    known = server.call(JOBS_RESTART, RestartJobParams(static, "restart-away-again"))
    assert (known.pk, known.reused) == (again.pk, True)
    site.cluster.open_network()
    for pk in (bands, again.pk):
        assert ended(server, pk, 150) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
        assert len(site.cluster.sbatch_calls(folder_of(server, pk))) == 1
        assert "for f in CHGCAR" in (folder_of(server, pk) / "_aiidasubmit.sh").read_text()
