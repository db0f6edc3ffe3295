"""The whole: client, server, AiiDA, engine; every example, bad input, kills at the wrong moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_origin

import psutil
import pytest

from crystalmath_server.protocol.codec import from_json
from crystalmath_server.protocol.errors import ErrorCode, RpcError
from crystalmath_server.protocol.files import JOBS_FILE, JOBS_FILES, ListFilesParams, ReadFileParams
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import (
    JOBS_LIST,
    JOBS_SHOW,
    JOBS_SUBMIT,
    JobPk,
    JobState,
    ListJobsParams,
    SubmitJobParams,
)
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.methods import METHODS
from crystalmath_server.protocol.results import JOBS_RESULTS
from crystalmath_server.protocol.structures import SI_POSCAR, STRUCTURES_IMPORT, ImportStructureParams
from crystalmath_server.protocol.system import STATUS, PartState
from crystalmath_server.protocol.templates import TEMPLATES_RENDER
from crystalmath_tui.client import Client, connect
from tests.integration.real_server import ended, home_of_its_own, refused, submit, until_ready
from tests.integration.server_process import wait_until

pytestmark = pytest.mark.needs("AiiDA's daemon")
ROOT = Path(__file__).parents[2]
COPPER = ROOT / "crystalmath_tui/examples/copper.poscar"
COUNT = (
    "from aiida import load_profile, orm; load_profile(); print(orm.QueryBuilder().append(orm.Node).count())"
)
DISORDERED = """data_x
_cell_length_a 3.6
_cell_length_b 3.6
_cell_length_c 3.6
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
A Cu 0 0 0 0.5
B Au 0 0 0 0.5
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A home with a server, and in it a copper cell and a relaxed one."""

    home: Path
    structure_pk: int
    job_pk: int


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with home_of_its_own(tmp_path_factory.mktemp("e")) as folder:
        yield folder


@pytest.fixture(scope="module")
def place(home: Path) -> Place:
    with connect() as server:
        until_ready(server)
        copper = server.call(STRUCTURES_IMPORT, ImportStructureParams(path=str(COPPER)))
        job = submit(server, copper.row.pk, "the-first-job", label="first")
        assert ended(server, job) is JobState.FINISHED
    return Place(home, copper.row.pk, job)


@pytest.fixture
def server(place: Place) -> Iterator[Client]:
    with connect() as client:
        yield client


def nodes() -> int:
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def settle(server: Client) -> None:
    """Wait until no job runs: each adds nodes when it ends."""
    for row in server.call(JOBS_LIST, ListJobsParams()).rows:
        ended(server, row.pk)


def test_results_of_a_relaxed_crystal(place: Place, server: Client) -> None:
    results = server.call(JOBS_RESULTS, JobPk(place.job_pk))
    found = {row.name: row for row in results.quantities}
    assert (found["max_force"].unit, found["energy_per_atom"].unit) == ("eV/Å", "eV/atom")
    assert 0 <= float(str(found["max_force"].value)) < 0.01
    assert results.lattice_after
    assert results.lattice_after.volume == pytest.approx(3.589**3, rel=0.01)
    assert len(results.steps) > 3
    assert results.engine.startswith("EMT (ASE 3")


def test_the_list_finds_it(place: Place, server: Client) -> None:
    for params in (
        ListJobsParams(states=(JobState.FINISHED,), label="FIRST"),
        ListJobsParams(template="emt.relax", cluster="localhost", label="^fir", regex=True),
        ListJobsParams(created_after=time.time() - 3600, created_before=time.time()),
    ):
        assert place.job_pk in [row.pk for row in server.call(JOBS_LIST, params).rows]
    assert not server.call(JOBS_LIST, ListJobsParams(label="first", invert=True, template="emt.relax")).rows


def test_files_in_ranges(place: Place, server: Client) -> None:
    rows = server.call(JOBS_FILES, ListFilesParams(place.job_pk)).rows
    assert {("inputs", "maker.json"), ("retrieved", "response.json")} <= {
        (row.source, row.path) for row in rows
    }
    whole = server.call(JOBS_FILE, ReadFileParams(place.job_pk, "maker.json", "inputs"))
    part = server.call(JOBS_FILE, ReadFileParams(place.job_pk, "maker.json", "inputs", offset=5, limit=10))
    assert part.content == whole.content[5:15]
    assert (part.next_offset, part.size) == (15, len(whole.content))
    error = refused(server, JOBS_FILE, ReadFileParams(place.job_pk, "../../etc/passwd", "inputs"))
    assert error.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("name", [name for name in METHODS if name != "system.shutdown"])
def test_every_example_runs_on_the_real_server(place: Place, server: Client, name: str) -> None:
    method = METHODS[name]
    given: dict[str, Any] = {
        "pk": place.job_pk,
        "structures": [place.structure_pk],
        "pks": [place.job_pk],
    }
    if name in {"structures.show", "structures.export"}:
        given["pk"] = place.structure_pk
    if name in {"jobs.plot", "jobs.dump", "jobs.export"}:
        given |= {"path": str(place.home / f"{name}.svg"), "pks": [place.job_pk]}
    if name == "nodes.draw":
        given["path"] = str(place.home / "provenance.dot")
    params = {key: given.get(key, value) for key, value in dict(method.example.params).items()}
    outcome = outcome_of(server, method, from_json(method.params, params))
    if isinstance(outcome, RpcError):  # an example may need what this place has not, and says so by the table
        assert outcome.code in method.errors, outcome
        assert (
            name.startswith(("clusters.", "codes.", "jobs.import")) or outcome.code is ErrorCode.NOT_ALLOWED
        )
        assert outcome.data.hint
    else:
        assert isinstance(outcome, get_origin(method.result) or method.result)


def outcome_of(server: Client, method: Any, params: Any) -> Any:
    """The result, or the error."""
    try:
        return server.call(method, params)
    except RpcError as error:
        return error


def test_bad_input_is_refused_and_leaves_no_node(place: Place, server: Client, tmp_path: Path) -> None:
    silicon = server.call(STRUCTURES_IMPORT, ImportStructureParams(text=SI_POSCAR)).row.pk
    (tmp_path / "noise.cif").write_text("noise")
    settle(server)
    before = nodes()
    copper = place.structure_pk

    def job(template: str, structure: int, **given: Any) -> SubmitJobParams:
        return SubmitJobParams(template, (structure,), key="bad-input-key", **given)

    other_digest = server.call(TEMPLATES_RENDER, JobSpec("emt.relax", (copper,), {"steps": 9})).digest
    code, read = ErrorCode, ImportStructureParams
    small: dict[str, Any] = {"relax_kwargs.fmax": -1}
    cases: list[tuple[Any, Any, ErrorCode, str]] = [
        (STRUCTURES_IMPORT, read(text=DISORDERED), code.INVALID_STRUCTURE, "text"),
        (STRUCTURES_IMPORT, read(path=str(tmp_path / "noise.cif")), code.INVALID_STRUCTURE, "path"),
        (STRUCTURES_IMPORT, read(path="/none/there"), code.FILE_UNREADABLE, "path"),
        (STRUCTURES_IMPORT, read(), code.INVALID_FORM, "path"),
        (JOBS_SUBMIT, job("emt.dance", copper), code.NOT_FOUND, "template"),
        (JOBS_SUBMIT, job("emt.relax", 10**6), code.NOT_FOUND, "structures"),
        (JOBS_SUBMIT, job("emt.relax", silicon), code.INVALID_TEMPLATE, "structures"),
        (JOBS_SUBMIT, job("emt.relax", copper, values={"steps": "many"}), code.INVALID_FORM, "values.steps"),
        (JOBS_SUBMIT, job("emt.relax", copper, values=small), code.INVALID_FORM, "values.relax_kwargs.fmax"),
        (JOBS_SUBMIT, job("emt.relax", copper, digest=other_digest), code.CONFLICT, "digest"),
        (JOBS_SUBMIT, job("emt.relax", copper, cluster="nowhere"), code.NOT_FOUND, "cluster"),
        (JOBS_SHOW, JobPk(10**6), code.NOT_FOUND, "pk"),
    ]  # fmt: skip
    for method, params, expected, field in cases:
        error = refused(server, method, params)
        assert (error.code, error.data.field) == (expected, field), f"{params}: {error.data}"
    assert nodes() == before


def test_the_same_key_is_the_same_job(place: Place, server: Client) -> None:
    again = server.call(
        JOBS_SUBMIT, SubmitJobParams("emt.relax", (place.structure_pk,), key="the-first-job", label="first")
    )
    assert (again.pk, again.reused) == (place.job_pk, True)
    digest = server.call(TEMPLATES_RENDER, JobSpec("emt.static", (place.structure_pk,))).digest
    other = SubmitJobParams("emt.static", (place.structure_pk,), key="the-first-job", digest=digest)
    assert refused(server, JOBS_SUBMIT, other).code is ErrorCode.CONFLICT


def test_results_are_reused_where_that_is_asked_for(place: Place, server: Client) -> None:
    pk = submit(server, place.structure_pk, "reuse-the-first", label="again", reuse=True)
    assert ended(server, pk) is JobState.FINISHED
    again, first = (server.call(JOBS_RESULTS, JobPk(job)) for job in (pk, place.job_pk))
    assert again.lattice_after == first.lattice_after
    assert f"those of job {place.job_pk}" in server.call(JOBS_SHOW, JobPk(pk)).explanation
    other = submit(server, place.structure_pk, "compute-it-anew")
    assert ended(server, other) is JobState.FINISHED
    assert server.call(JOBS_SHOW, JobPk(other)).explanation == "Finished successfully"


def test_a_killed_worker_is_replaced(place: Place, server: Client) -> None:
    pid = int(server.call(STATUS, NoParams()).worker.detail.split()[-1])
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid))
    assert server.call(TEMPLATES_RENDER, JobSpec("emt.static", (place.structure_pk,))).files
    assert server.call(STATUS, NoParams()).worker.state is PartState.READY


def test_a_server_killed_after_submit_does_no_harm(place: Place) -> None:
    with connect() as server:
        pk = submit(server, place.structure_pk, "killed-server-key", label="killed")
        os.kill(server.call(STATUS, NoParams()).pid, signal.SIGKILL)
    with connect() as server:
        assert submit(server, place.structure_pk, "killed-server-key", label="killed") == pk
        assert ended(server, pk) is JobState.FINISHED
        assert [row.pk for row in server.call(JOBS_LIST, ListJobsParams(label="killed")).rows] == [pk]
