"""Handlers over the fakes: what they check, in which order, and what they leave to the ports."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import anyio
import pytest

from crystalmath_server.handlers import (
    clusters,
    codes,
    files,
    jobs,
    profiles,
    results,
    structures,
    system,
    templates,
)
from crystalmath_server.ports import Ports
from crystalmath_server.protocol.clusters import (
    ClusterLabel,
    ClusterTestParams,
    CreateClusterParams,
    DiscoverParams,
    UpdateClusterParams,
)
from crystalmath_server.protocol.codes import CodeKind, CodePk, CreateCodeParams, ListCodesParams
from crystalmath_server.protocol.errors import (
    Conflict,
    FileUnreadable,
    InvalidForm,
    InvalidStructure,
    InvalidTemplate,
    NotAllowed,
    NotFound,
    RpcError,
    TransportFailed,
    VersionMismatch,
)
from crystalmath_server.protocol.files import ListFilesParams, ReadFileParams
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import (
    ControlJobParams,
    JobPk,
    JobState,
    ListJobsParams,
    SubmitJobParams,
    Submitted,
)
from crystalmath_server.protocol.method import PROTOCOL_VERSION, NoParams
from crystalmath_server.protocol.methods import METHODS
from crystalmath_server.protocol.profiles import CreateProfileParams
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import (
    SI_POSCAR,
    ImportStructureParams,
    ListStructuresParams,
    StructurePk,
)
from crystalmath_server.protocol.system import HelloParams
from crystalmath_server.protocol.templates import ListTemplatesParams, ShowTemplateParams
from tests import fakes
from tests.fake_structures import structure

SUBMIT = SubmitJobParams(template="relax", structures=(1,), key="key-of-test")


@pytest.fixture
def ports() -> Ports:
    return fakes.ports()


def run(work: Coroutine[Any, Any, Any]) -> Any:
    async def main() -> Any:
        return await work

    return anyio.run(main)


def test_hello_tells_who_answers(ports: Ports) -> None:
    hello = run(system.hello(ports, HelloParams("test", PROTOCOL_VERSION)))
    assert (hello.protocol, hello.profile) == (PROTOCOL_VERSION, "fake")
    assert set(hello.capabilities) == set(METHODS)


@pytest.mark.parametrize("change, hint", [(1, "Restart the server"), (-1, "Update the client")])
def test_hello_refuses_another_version(ports: Ports, change: int, hint: str) -> None:
    with pytest.raises(VersionMismatch) as caught:
        run(system.hello(ports, HelloParams("test", PROTOCOL_VERSION + change)))
    assert hint in caught.value.data.hint


def test_system_answers_from_the_server(ports: Ports) -> None:
    assert run(system.status(ports, NoParams())).profile == "fake"
    assert run(system.metrics(ports, NoParams())).connections == 1
    assert run(system.discover(ports, NoParams()))["openrpc"]
    assert run(system.ping(ports, NoParams())).time_s > 1e9
    assert run(system.shutdown(ports, NoParams())).in_flight == 0
    assert ports.server.stops == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "params, field",
    [
        (ImportStructureParams(), "path"),
        (ImportStructureParams(text=SI_POSCAR, path="/tmp/x"), "text"),
        (ImportStructureParams(path="POSCAR"), "path"),
        (ImportStructureParams(path="~/POSCAR"), "path"),
    ],
)
def test_import_takes_one_source(ports: Ports, params: ImportStructureParams, field: str) -> None:
    with pytest.raises(InvalidForm) as caught:
        run(structures.import_structure(ports, params))
    assert caught.value.data.field == field
    assert caught.value.data.hint


def test_import_stores_once_and_tells_its_progress(ports: Ports) -> None:
    params = ImportStructureParams(text=SI_POSCAR, label="mine")
    first, second = (run(structures.import_structure(ports, params)) for _ in range(2))
    assert (first.row.pk, first.reused) == (second.row.pk, False)
    assert second.reused
    assert ports.server.told[:2] == ["reading the structure", "storing the structure"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "params, error",
    [
        (ImportStructureParams(path="/nonexistent/POSCAR"), FileUnreadable),
        (ImportStructureParams(text="nonsense"), InvalidStructure),
    ],
)
def test_a_refused_import_stores_nothing(
    ports: Ports, params: ImportStructureParams, error: type[RpcError]
) -> None:
    with pytest.raises(error):
        run(structures.import_structure(ports, params))
    assert len(run(structures.list_structures(ports, ListStructuresParams())).rows) == 1


def test_structures_are_listed_and_shown(ports: Ports) -> None:
    assert run(structures.list_structures(ports, ListStructuresParams(search="COPP"))).rows[0].pk == 1
    assert run(structures.show(ports, StructurePk(1))).row.formula == "Cu2"
    with pytest.raises(NotFound):
        run(structures.show(ports, StructurePk(2)))


def test_templates(ports: Ports) -> None:
    assert len(run(templates.list_templates(ports, ListTemplatesParams("emt"))).rows) == 2
    assert run(templates.show(ports, ShowTemplateParams("relax"))).row.name == "emt.relax"
    rendered = run(templates.render(ports, JobSpec("relax", (1,), {"relax_kwargs.fmax": 0.1})))
    assert rendered.template == "emt.relax"
    with pytest.raises(NotFound):
        run(templates.render(ports, JobSpec("relax", (99,))))


def test_submit_makes_one_job_a_key(ports: Ports) -> None:
    first = run(jobs.submit(ports, SUBMIT))
    again = run(jobs.submit(ports, SUBMIT))
    assert first == Submitted(first.pk, first.uuid, JobState.CREATED, "emt.relax", reused=False)
    assert again == replace(first, reused=True)
    assert run(jobs.submit(ports, replace(SUBMIT, key="another-key"))).pk != first.pk


def test_submit_of_the_same_key_at_the_same_time(ports: Ports) -> None:
    ports.launcher.submit_s = 0.02  # type: ignore[attr-defined]
    answers: list[Submitted] = []

    async def one() -> None:
        answers.append(await jobs.submit(ports, SUBMIT))

    async def many() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(one)

    anyio.run(many)
    assert len({answer.pk for answer in answers}) == 1
    assert sum(not answer.reused for answer in answers) == 1
    assert ports.launcher.submissions == 1  # type: ignore[attr-defined]


VASP = replace(SUBMIT, template="vasp.static", key="a-vasp-job")


@pytest.mark.parametrize(
    "edits, field, words",
    [
        ({"INCAR": "ISMEAR = 0\nENCUT = abc\n"}, "edits.INCAR", "INCAR, line 2: ENCUT takes a number"),
        ({"INCAR": "ENCUT = 520\nENCUTT = 1\n"}, "confirm", "INCAR, line 2: ENCUTT is not a tag"),
        ({"KPOINTS": "mesh\n0\nGamma\n0 1 1\n"}, "edits.KPOINTS", "KPOINTS, line 4"),
        ({"POTCAR.spec": "Fe\nCu\n"}, "edits.POTCAR.spec", "Fe is in the place where POSCAR has Cu"),
        ({"INCAR": " "}, "edits.INCAR", "INCAR is empty"),
        ({"INCAR": "A\0"}, "edits.INCAR", "NUL"),
        ({"OUTCAR": "x"}, "edits", "OUTCAR"),
    ],
)
def test_edited_files_are_refused_by_file_and_line(
    ports: Ports, edits: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(InvalidForm) as caught:
        run(jobs.submit(ports, replace(VASP, edits=edits)))
    assert caught.value.data.field == field
    assert words in caught.value.data.detail
    assert caught.value.data.hint
    assert ports.launcher.submissions == 0  # type: ignore[attr-defined]


def test_warnings_are_confirmed_by_a_flag_or_by_the_digest(ports: Ports) -> None:
    edits = {"INCAR": "ENCUT = 520\nENCUTT = 1\n"}
    shown = run(templates.render(ports, JobSpec("vasp.static", (1,), edits=edits)))
    assert [(row.file, row.line, row.code) for row in shown.problems] == [("INCAR", 2, "incar.unknown_tag")]
    assert "+ENCUTT = 1" in shown.edits["INCAR"]
    assert shown.digest != run(templates.render(ports, JobSpec("vasp.static", (1,)))).digest
    run(jobs.submit(ports, replace(VASP, edits=edits, confirm=True)))
    run(jobs.submit(ports, replace(VASP, edits=edits, key="another-vasp-job", digest=shown.digest)))
    assert ports.launcher.submissions == 2  # type: ignore[attr-defined]


def test_an_edit_that_changes_nothing_is_none(ports: Ports) -> None:
    own = run(templates.render(ports, JobSpec("vasp.static", (1,))))
    same = {file.name: file.text.rstrip().replace("\n", "\r\n") for file in own.files}
    assert run(templates.render(ports, JobSpec("vasp.static", (1,), edits=same))) == own


def test_kpoints_may_be_left_out(ports: Ports) -> None:
    edits = {"KPOINTS": "", "INCAR": "ENCUT = 520\nKSPACING = 0.3\n"}
    shown = run(templates.render(ports, JobSpec("vasp.static", (1,), edits=edits)))
    assert "KPOINTS" not in [file.name for file in shown.files]
    assert set(shown.edits) == {"KPOINTS", "INCAR"}


def test_an_edited_poscar_is_a_structure_of_its_own(ports: Ports) -> None:
    own = run(templates.render(ports, JobSpec("vasp.static", (1,)))).files
    poscar = next(file.text for file in own if file.name == "POSCAR")
    edits = {"POSCAR": poscar.replace("0.25", "0.26")}
    submitted = run(jobs.submit(ports, replace(VASP, edits=edits, confirm=True)))
    assert run(jobs.show(ports, JobPk(submitted.pk))).structure_pk == 2


def test_other_engines_have_nothing_to_edit(ports: Ports) -> None:
    with pytest.raises(InvalidForm) as caught:
        run(jobs.submit(ports, replace(SUBMIT, edits={"INCAR": "ENCUT = 1"})))
    assert caught.value.data.field == "edits"


def test_submit_checks_the_digest(ports: Ports) -> None:
    digest = run(templates.render(ports, JobSpec("relax", (1,)))).digest
    with pytest.raises(Conflict) as caught:
        run(jobs.submit(ports, replace(SUBMIT, digest="0" * 64)))
    assert caught.value.data.field == "digest"
    assert digest[:12] in caught.value.data.detail
    assert ports.launcher.submissions == 0  # type: ignore[attr-defined]
    assert not run(jobs.submit(ports, replace(SUBMIT, digest=digest))).reused
    with pytest.raises(Conflict):
        run(jobs.submit(ports, replace(SUBMIT, digest="0" * 64)))


@pytest.mark.parametrize(
    "params, error",
    [
        (replace(SUBMIT, structures=(99,)), NotFound),
        (replace(SUBMIT, template="nonsense"), NotFound),
        (replace(SUBMIT, values={"color": 1}), InvalidForm),
    ],
)
def test_a_refused_submit_makes_no_job(ports: Ports, params: SubmitJobParams, error: type[RpcError]) -> None:
    with pytest.raises(error):
        run(jobs.submit(ports, params))
    assert ports.launcher.submissions == 0  # type: ignore[attr-defined]


def test_a_template_that_does_not_fit(ports: Ports) -> None:
    ports.structures.add(structure(SI_POSCAR), "odd")  # type: ignore[attr-defined]
    with pytest.raises(InvalidTemplate):
        run(jobs.submit(ports, replace(SUBMIT, structures=(2,))))


def test_jobs_are_listed_and_looked_into(ports: Ports) -> None:
    page = run(jobs.list_jobs(ports, ListJobsParams()))
    assert [row.pk for row in page.rows] == [1]
    assert run(jobs.show(ports, JobPk(1))).row.pk == 1
    assert run(files.files(ports, ListFilesParams(1))).rows[0].path == "_aiidasubmit.sh"
    part = run(files.file(ports, ReadFileParams(1, "_aiidasubmit.sh", "inputs", offset=2, limit=9)))
    assert (part.content, part.next_offset) == ("/bin/bash", 11)
    assert run(files.log(ports, JobPk(1))).lines
    assert run(results.results(ports, JobPk(1))).quantities == ()


def test_jobs_are_steered(ports: Ports) -> None:
    order = ControlJobParams(1, wait_s=0.01)
    assert run(jobs.pause(ports, order)).state is JobState.PAUSED
    assert run(jobs.play(ports, order)).state is JobState.RUNNING
    assert run(jobs.cancel(ports, order)).done
    with pytest.raises(NotAllowed):
        run(jobs.play(ports, order))


def test_profiles_and_clusters(ports: Ports) -> None:
    assert run(profiles.create(ports, CreateProfileParams("new"))).name == "new"
    assert len(run(profiles.list_profiles(ports, NoParams())).rows) == 2
    assert run(clusters.list_clusters(ports, NoParams())).rows[0].label == "localhost"


def test_a_cluster_is_set_up_changed_tested_and_deleted(ports: Ports) -> None:
    made = run(clusters.create(ports, CreateClusterParams("hpc", "hpc", "/scratch")))
    assert made.row.label == "hpc"
    change = UpdateClusterParams("hpc", defaults=Resources(partition="short", walltime_s=60))
    assert run(clusters.update(ports, change)).defaults.partition == "short"
    code = run(codes.create(ports, CreateCodeParams("hpc", "vasp", "/opt/vasp", CodeKind.VASP_STD)))
    assert run(codes.test(ports, CodePk(code.pk))).ok
    assert run(codes.list_codes(ports, ListCodesParams("hpc"))).rows == (code,)
    assert run(clusters.show(ports, ClusterLabel("hpc"))).codes == (code,)
    assert run(clusters.test(ports, ClusterTestParams("hpc"))).ok
    assert run(clusters.queue(ports, ClusterLabel("hpc"))).jobs
    assert run(clusters.discover(ports, DiscoverParams("hpc"))).partitions
    assert run(clusters.hosts(ports, NoParams())).rows
    assert run(clusters.delete(ports, ClusterLabel("hpc"))).codes == ("vasp",)


def test_a_host_that_does_not_answer_is_told_under_the_name_that_was_given(ports: Ports) -> None:
    run(clusters.create(ports, CreateClusterParams("far", "far.invalid", "/scratch")))
    code = run(codes.create(ports, CreateCodeParams("far", "vasp", "/opt/vasp", CodeKind.VASP_STD)))
    for look, field in (
        (clusters.queue(ports, ClusterLabel("far")), "label"),
        (codes.test(ports, CodePk(code.pk)), "pk"),
        (clusters.discover(ports, DiscoverParams("far.invalid")), "hostname"),
    ):
        with pytest.raises(TransportFailed) as caught:
            run(look)
        assert caught.value.data.field == field


def test_resources_are_checked_before_anything_is_rendered(ports: Ports) -> None:
    run(clusters.create(ports, CreateClusterParams("hpc", "hpc", "/scratch")))
    run(clusters.queue(ports, ClusterLabel("hpc")))
    asked = replace(SUBMIT, cluster="hpc", resources=Resources(partition="short", walltime_s=61))
    with pytest.raises(InvalidForm) as caught:
        run(jobs.submit(ports, asked))
    assert caught.value.data.field == "resources.walltime_s"
    assert "writing the input files" not in ports.server.told  # type: ignore[attr-defined]


def test_defaults_and_overrides_reach_the_plan(ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Any] = []
    submit = ports.launcher.submit

    async def watched(plan: Any) -> Submitted:
        plans.append(plan)
        return await submit(plan)

    monkeypatch.setattr(ports.launcher, "submit", watched)
    defaults = Resources(partition="debug", walltime_s=600)
    run(clusters.create(ports, CreateClusterParams("hpc", "hpc", "/scratch", defaults=defaults)))
    run(jobs.submit(ports, replace(SUBMIT, cluster="hpc", resources=Resources(walltime_s=30))))
    assert plans[0].options["queue_name"] == "debug"
    assert plans[0].options["max_wallclock_seconds"] == 30
