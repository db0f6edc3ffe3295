"""VASP over ssh and SLURM, from submit to document; the program is a stand-in that computes with EMT."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.again import JOBS_CLONE
from crystalmath_server.protocol.clusters import (
    CLUSTERS_CREATE,
    CLUSTERS_TEST,
    ClusterTestParams,
)
from crystalmath_server.protocol.codes import CODES_CREATE, CodeKind, CreateCodeParams
from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE
from crystalmath_server.protocol.errors import ErrorCode
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_FILES, ListFilesParams, ReadFileParams
from crystalmath_server.protocol.inputs import INPUTS_DIFF, DiffInputsParams, InputSource
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JOBS_SHOW, JOBS_SUBMIT, JobPk, JobState, SubmitJobParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_server.protocol.structures import SI_POSCAR, STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_server.protocol.templates import (
    TEMPLATES_LIST,
    TEMPLATES_RENDER,
    ListTemplatesParams,
)
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, refused, submit
from tests.services import Cluster
from tests.vasp_site import Site, new_cluster, services_site, vasp_site
from tests.vasp_standin.standin_install import install

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["embedded", "services"])
def site(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The whole once on SQLite and ZeroMQ, once on PostgreSQL and RabbitMQ."""
    home, programs = tmp_path_factory.mktemp("v"), tmp_path_factory.mktemp("programs")
    if request.param == "embedded":
        made = vasp_site(cluster, home, programs)
    else:
        postgres, amqp = request.getfixturevalue("postgres"), request.getfixturevalue("amqp")
        made = services_site(cluster, home, programs, postgres, amqp)
    with made as site:
        yield site


@pytest.fixture
def server(site: Site) -> Iterator[Client]:
    with connect() as client:
        yield client


@pytest.fixture(scope="module")
def relaxed(site: Site) -> int:
    with connect() as server:
        pk = submit(server, site.copper, "vasp-relaxation", "vasp.relax", cluster="hpc")
        assert ended(server, pk) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
    return pk


def test_templates_of_vasp_run_once_a_computer_has_it(site: Site, server: Client) -> None:
    rows = server.call(TEMPLATES_LIST, ListTemplatesParams("vasp")).rows
    assert len(rows) >= 53
    assert [(row.name, row.reason) for row in rows if not row.runnable] == []


def test_the_computer_passes_every_step_of_its_test(site: Site, server: Client) -> None:
    told = server.call(CLUSTERS_TEST, ClusterTestParams("hpc"))
    assert told.ok, told.steps


def test_results_are_those_of_the_maker(relaxed: int, server: Client) -> None:
    results = server.call(JOBS_RESULTS, JobPk(relaxed))
    found = {row.name: row for row in results.quantities}
    assert found["energy_per_atom"].unit == "eV/atom"
    assert results.lattice_after
    assert results.lattice_after.volume == pytest.approx(3.589**3, rel=0.02)
    assert len(results.steps) > 1
    assert results.engine.startswith("VASP")


def test_one_submit_is_one_sbatch_and_leaves_no_potcar_here(site: Site, relaxed: int, server: Client) -> None:
    again = submit(server, site.copper, "vasp-relaxation", "vasp.relax", cluster="hpc")
    assert again == relaxed
    folder = server.call(JOBS_SHOW, JobPk(relaxed)).remote_work_dir
    assert len(site.cluster.sbatch_calls(folder)) == 1
    assert Path(folder, "POTCAR").read_text().startswith("  PAW")
    rows = server.call(JOBS_FILES, ListFilesParams(relaxed)).rows
    assert {"INCAR", "KPOINTS", "POSCAR"} <= {row.path for row in rows if row.source == "inputs"}
    assert not [row.path for row in rows if row.path.startswith("POTCAR")]


def test_document_equals_that_of_atomate2_on_the_same_files(relaxed: int, server: Client) -> None:
    folder = server.call(JOBS_SHOW, JobPk(relaxed)).remote_work_dir
    command = [sys.executable, str(ROOT / "tests/vasp_same_document.py"), str(relaxed), folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def a_band(server: Client) -> list[int]:
    """A vacancy's hop in a cell of copper, four images in order."""
    rows = [[x, y, z] for x, y, z in ((0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5))]
    pks: list[int] = []
    for i in range(4):
        hops = [[0.5 - i / 6 + 0.01, 0.5 - i / 6, 0.02], *rows[1:]]
        sites = "\n".join(" ".join(map(str, row)) for row in hops)
        text = f"image {i}\n3.6\n1 0 0\n0 1 0\n0 0 1\nCu\n3\nDirect\n{sites}\n"
        pks.append(server.call(STRUCTURES_IMPORT, ImportStructureParams(text=text)).row.pk)
    return pks


def test_a_band_of_images_runs_as_the_maker_has_it(site: Site, server: Client) -> None:
    pks = a_band(server)
    params = SubmitJobParams("vasp.neb_from_images", tuple(pks), cluster="hpc", key="vasp-band")
    error = refused(server, JOBS_SUBMIT, params)
    assert "IMAGES = 2 does not divide 1 tasks" in error.data.detail
    assert "multiple of 2 tasks" in error.data.hint
    pk = server.call(JOBS_SUBMIT, replace(params, resources=Resources(tasks_per_node=2))).pk
    assert ended(server, pk) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
    job = server.call(JOBS_SHOW, JobPk(pk))
    assert [row.pk for row in job.inputs if row.label.startswith("images__")] == pks
    assert len([row for row in job.outputs if row.label.startswith("images__")]) == 2
    assert list(server.call(JOBS_CLONE, JobPk(pk)).spec.structures) == pks
    found: dict[str, Any] = {row.name: row.value for row in server.call(JOBS_RESULTS, JobPk(pk)).quantities}
    assert found["image_energies"][found["highest_image"] - 1] == found["highest_energy"]
    assert found["highest_energy"] == max(found["image_energies"])
    rows = server.call(JOBS_FILES, ListFilesParams(pk)).rows
    assert {"00/POSCAR", "03/POSCAR"} <= {row.path for row in rows if row.source == "inputs"}
    assert {"01/OUTCAR", "02/vasprun.xml"} <= {row.path for row in rows if row.source == "retrieved"}
    command = [sys.executable, str(ROOT / "tests/vasp_same_document.py"), str(pk), job.remote_work_dir]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_is_no_band_is_refused(site: Site, server: Client) -> None:
    pks = a_band(server)
    silicon = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR)).row.pk
    for images, words in [
        ([], "takes 3 to 100 images, and none was given"),
        (pks[:2], "takes 3 to 100 images, and 2 were given"),
        ([*pks, site.copper], "sites"),
        ([*pks, silicon], "sites"),
        ([*pks, 999_999], "no structure 999999"),
    ]:
        params = JobSpec("vasp.neb_from_images", tuple(images))
        error = refused(server, TEMPLATES_RENDER, params)
        assert error.data.field == "structures", error
        assert words in error.data.detail


def test_bad_input_is_refused_by_field(site: Site, server: Client) -> None:
    silicon = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR)).row.pk
    cases: list[tuple[dict[str, Any], ErrorCode, str]] = [
        ({"cluster": "localhost"}, ErrorCode.INVALID_FORM, "cluster"),
        ({"code": "nothing"}, ErrorCode.NOT_FOUND, "code"),
        ({"resources": Resources(partition="no such")}, ErrorCode.INVALID_FORM, "resources.partition"),
    ]
    for given, code, field in cases:
        where: dict[str, Any] = {"cluster": "hpc"} | given
        params = SubmitJobParams("vasp.static", (silicon,), key="bad-vasp-input", **where)
        error = refused(server, JOBS_SUBMIT, params)
        assert (error.code, error.data.field) == (code, field)


def test_the_edited_inputs_are_what_runs(site: Site, server: Client) -> None:
    rendered = server.call(TEMPLATES_RENDER, JobSpec("vasp.static", (site.copper,)))
    own = {file.name: file.text for file in rendered.files}
    incar = "\n".join(line for line in own["INCAR"].splitlines() if "NELM" not in line)
    edits = {"INCAR": f"{incar}\n# by hand\nNELM = 77\nNEELM = 1\n"}
    job = SubmitJobParams(
        "vasp.static", (site.copper,), key="vasp-edited-input files", cluster="hpc", edits=edits
    )
    error = refused(server, JOBS_SUBMIT, job)
    assert (error.code, error.data.field) == (ErrorCode.INVALID_FORM, "confirm")
    assert "NEELM" in error.data.detail
    pk = submit(server, site.copper, job.key, "vasp.static", cluster="hpc", edits=edits, confirm=True)
    assert ended(server, pk) is JobState.FINISHED, server.call(JOBS_SHOW, JobPk(pk))
    detail = server.call(JOBS_SHOW, JobPk(pk))
    assert Path(detail.remote_work_dir, "INCAR").read_text() == edits["INCAR"]
    assert "+NELM = 77" in detail.edits["INCAR"]
    assert detail.structure_pk == site.copper
    assert server.call(JOBS_CLONE, JobPk(pk)).spec.edits == edits
    prepared = InputSource(template="vasp.static", structure_pk=site.copper)
    diff = server.call(INPUTS_DIFF, DiffInputsParams(prepared, InputSource(job_pk=pk)))
    assert [(row.tag, row.change) for row in diff.tags] == [("NEELM", "added"), ("NELM", "changed")]
    assert diff.kpoints is None
    assert diff.structure
    assert diff.structure.same


def test_a_missing_potcar_is_said_with_its_symbol(site: Site, server: Client, tmp_path: Path) -> None:
    server.call(CLUSTERS_CREATE, new_cluster(site.cluster, "bare", tmp_path))
    path = str(install(tmp_path / "bin")["vasp_std"])
    server.call(CODES_CREATE, CreateCodeParams("bare", "vasp", path, CodeKind.VASP_STD))
    pk = submit(server, site.copper, "vasp-without-potcar", "vasp.static", cluster="bare")
    assert ended(server, pk) is JobState.FAILED
    job = server.call(JOBS_SHOW, JobPk(pk))
    assert "no POTCAR of Cu" in job.explanation
    assert str(tmp_path) in job.explanation
    found = server.call(JOBS_DIAGNOSE, JobPk(pk))
    assert (found.cause, found.steps[0].command) == ("potcar", "crystalmath potcars check bare")


def test_a_job_cut_off_by_its_walltime_yields_what_it_had(site: Site, server: Client) -> None:
    cut = "(until [ -s OSZICAR ]; do sleep 0.2; done; sleep 1; scancel $SLURM_JOB_ID) &"
    slow = Resources(walltime_s=60, prepend_text=f"echo slow=2 > STANDIN; {cut}")
    pk = submit(server, site.copper, "vasp-cut-off", "vasp.relax", cluster="hpc", resources=slow)
    assert ended(server, pk) is JobState.FAILED
    job = server.call(JOBS_SHOW, JobPk(pk))
    assert "cut off" in job.explanation.lower()
    rows = {
        row.path for row in server.call(JOBS_FILES, ListFilesParams(pk)).rows if row.source == "retrieved"
    }
    assert "OSZICAR" in rows
    assert server.call(JOBS_FILE, ReadFileParams(pk, "OSZICAR", "retrieved")).content
