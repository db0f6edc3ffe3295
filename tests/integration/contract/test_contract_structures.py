"""The StructureStore and Workbench ports."""

from pathlib import Path
from typing import cast

import pytest

from crystalmath_server.domain.jobs.plans import ParsedStructure, PreparedInputs
from crystalmath_server.protocol.errors import (
    FileUnreadable,
    InvalidForm,
    InvalidParams,
    InvalidStructure,
    InvalidTemplate,
    NotFound,
    RpcError,
)
from crystalmath_server.protocol.inputs import INPUTS_CHECK, INPUTS_DIFF, Severity
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.method import Json
from crystalmath_server.protocol.structures import (
    SI_POSCAR,
    ImportStructureParams,
    ListStructuresParams,
    StructurePage,
)
from crystalmath_server.protocol.system import PartState
from tests.fake_structures import CU_POSCAR
from tests.worlds import FakeWorld, RealWorld, World

NOWHERE = 999_999_999


@pytest.fixture(scope="module", autouse=True)
def warm(world: FakeWorld | RealWorld) -> None:
    """Have a worker that ends with the tests."""
    world.warm()


def parsed(world: World, text: str) -> ParsedStructure:
    return world.run(world.ports.workbench.parse_structure(ImportStructureParams(text=text)))


@pytest.fixture(scope="module")
def copper(world: World) -> ParsedStructure:
    return parsed(world, CU_POSCAR)


@pytest.fixture(scope="module")
def silicon(world: World) -> ParsedStructure:
    return parsed(world, SI_POSCAR)


@pytest.fixture(scope="module")
def stored(world: World) -> list[int]:
    """Pks of three copper cells that nothing else has, labeled by the tag and a number."""
    cells = [parsed(world, CU_POSCAR.replace("1.0\n", f"{scale}\n", 1)) for scale in (1.0137, 1.0241, 1.0339)]
    found = [
        world.run(world.ports.structures.store(cell, f"{world.tag} {number}_%"))
        for number, cell in enumerate(cells)
    ]
    assert not any(detail.reused for detail in found)
    return [detail.row.pk for detail in found]


def test_a_structure_is_read(world: World, copper: ParsedStructure) -> None:
    assert (copper.formula, copper.elements, copper.n_sites) == ("Cu2", ("Cu",), 2)
    assert copper.lattice.a == pytest.approx(3.81838, abs=1e-5)
    assert copper.lattice.volume == pytest.approx(39.366, abs=1e-3)
    assert [site.species for site in copper.sites] == ["Cu", "Cu"]
    assert copper.sites[1].frac == pytest.approx((0.25, 0.25, 0.25))
    assert copper.spacegroup
    assert world.ports.workbench.part().state is PartState.READY


def test_what_was_read_describes_itself(world: World, copper: ParsedStructure) -> None:
    assert world.run(world.ports.workbench.describe_structure(copper.document)) == copper
    assert parsed(world, copper.poscar).formula == copper.formula


def test_the_same_structure_has_the_same_digest(
    world: World, copper: ParsedStructure, silicon: ParsedStructure, tmp_path: Path
) -> None:
    path = tmp_path / "copper.poscar"
    path.write_text(CU_POSCAR.replace("Cu2", "another comment"))
    again = world.run(world.ports.workbench.parse_structure(ImportStructureParams(path=str(path))))
    assert again.digest == copper.digest != silicon.digest


@pytest.mark.parametrize(
    "params, kind, field",
    [
        ({"text": " "}, InvalidStructure, "text"),
        ({"text": "hello"}, InvalidStructure, "text"),
        ({"text": CU_POSCAR, "format": "nonsense"}, InvalidStructure, "format"),
        ({"path": "/none/there"}, FileUnreadable, "path"),
        ({"path": "/tmp"}, FileUnreadable, "path"),
        ({"path": "/bin/sh"}, InvalidStructure, "path"),
        ({"path": __file__}, InvalidStructure, "path"),
    ],
)
def test_what_is_no_structure(world: World, params: dict[str, str], kind: type[RpcError], field: str) -> None:
    world.refuse(world.ports.workbench.parse_structure(ImportStructureParams(**params)), kind, field)


def test_a_structure_is_stored_once(world: World, copper: ParsedStructure) -> None:
    store = world.ports.structures
    first = world.run(store.store(copper, ""))
    again = world.run(store.store(copper, "another label"))
    assert (again.row, again.reused) == (first.row, True)
    assert (first.row.formula, first.row.n_sites) == ("Cu2", 2)
    assert first.row.created_at > 1e9
    assert world.run(store.document(first.row.pk)) == copper.document
    shown = world.run(store.show(first.row.pk))
    assert (shown.row, shown.reused) == (first.row, False)
    assert (shown.lattice, shown.sites, shown.poscar) == (copper.lattice, copper.sites, copper.poscar)


def test_a_structure_without_a_label_gets_its_formula(world: World) -> None:
    cell = parsed(world, CU_POSCAR.replace("1.0\n", "1.0443\n", 1))
    assert world.run(world.ports.structures.store(cell, "")).row.label == "Cu2"


def page(world: World, search: str, limit: int = 100, cursor: str = "") -> StructurePage:
    params = ListStructuresParams(search, limit, cursor)
    return world.run(world.ports.structures.list_structures(params))


def test_structures_are_listed_newest_first(world: World, stored: list[int]) -> None:
    found = page(world, world.tag)
    assert [row.pk for row in found.rows] == stored[::-1]
    assert found.next_cursor == ""
    assert found.rows[0] == world.run(world.ports.structures.show(stored[-1])).row


def test_structures_are_paged(world: World, stored: list[int]) -> None:
    first = page(world, world.tag, 2)
    second = page(world, world.tag, 2, first.next_cursor)
    assert [row.pk for row in (*first.rows, *second.rows)] == stored[::-1]
    assert (len(first.rows), second.next_cursor) == (2, "")


def test_a_page_goes_on_where_it_ended(world: World, stored: list[int]) -> None:
    first = page(world, world.tag, 1)
    newer = parsed(world, CU_POSCAR.replace("1.0\n", "1.0547\n", 1))
    pk = world.run(world.ports.structures.store(newer, f"newer than {stored[-1]}")).row.pk
    assert pk > stored[-1]
    assert [row.pk for row in page(world, world.tag, 1, first.next_cursor).rows] == [stored[-2]]


@pytest.mark.parametrize("words, found", [("{tag} 1", 1), ("CU2", 3), ("1_%", 1), ("1_5", 0), ("{tag}%1", 0)])
def test_a_search_is_plain_text(world: World, stored: list[int], words: str, found: int) -> None:
    rows = page(world, words.format(tag=world.tag.upper())).rows
    assert len({row.pk for row in rows} & set(stored)) == found


def test_a_cursor_of_nobody(world: World) -> None:
    params = ListStructuresParams(cursor="nonsense")
    world.refuse(world.ports.structures.list_structures(params), InvalidParams, "cursor")


def test_a_structure_that_is_not_there(world: World) -> None:
    world.refuse(world.ports.structures.show(NOWHERE), NotFound, "pk")
    world.refuse(world.ports.structures.document(NOWHERE), NotFound, "pk")


def test_templates_are_listed(world: World) -> None:
    rows = world.run(world.ports.workbench.list_templates("")).rows
    assert {"emt.relax", "emt.static", "vasp.static"} <= {row.name for row in rows}
    assert all(row.name == f"{row.engine}.{row.kind}" for row in rows)
    assert all(row.runnable == (not row.reason) for row in rows)
    assert [row.runnable for row in rows] == sorted((row.runnable for row in rows), reverse=True)
    emt = world.run(world.ports.workbench.list_templates("emt")).rows
    assert emt == tuple(row for row in rows if row.engine == "emt")
    assert world.run(world.ports.workbench.list_templates("nonsense")).rows == ()


def test_a_template_is_shown_with_its_form(world: World) -> None:
    shown = world.run(world.ports.workbench.show_template("emt.relax"))
    fields = {field.name: field for field in shown.fields}
    assert (fields["relax_kwargs.fmax"].unit, fields["relax_kwargs.fmax"].default) == ("eV/Å", 0.01)
    assert shown.row in world.run(world.ports.workbench.list_templates("emt")).rows
    by_kind = world.run(world.ports.workbench.show_template("relax")).row
    assert (by_kind.kind, by_kind.runnable) == ("relax", True)
    world.refuse(world.ports.workbench.show_template("emt.dance"), NotFound, "name")


RELAX = JobSpec("emt.relax", (1,))


def render(world: World, structure: ParsedStructure, values: dict[str, Json]) -> PreparedInputs:
    return world.run(world.ports.workbench.render(JobSpec("emt.relax", (1,), values), [structure.document]))


def test_a_template_is_rendered(world: World, copper: ParsedStructure) -> None:
    prepared = render(world, copper, {"relax_kwargs.fmax": 0.02})
    assert prepared.rendered.template == "emt.relax"
    assert {"POSCAR", "maker.json"} <= {file.name for file in prepared.rendered.files}
    assert all(file.text for file in prepared.rendered.files)
    assert (prepared.values["relax_kwargs.fmax"], prepared.values["steps"]) == (0.02, 500)
    assert prepared.engine.startswith("EMT")
    assert "ase" in prepared.versions


def test_the_digest_is_that_of_all_that_matters(
    world: World, copper: ParsedStructure, stored: list[int]
) -> None:
    digest = render(world, copper, {}).rendered.digest
    assert render(world, copper, {"relax_kwargs.fmax": 0.01}).rendered.digest == digest
    assert render(world, copper, {"steps": 7}).rendered.digest != digest
    other = world.run(world.ports.structures.document(stored[0]))
    assert world.run(world.ports.workbench.render(RELAX, [other])).rendered.digest != digest
    static = world.run(world.ports.workbench.render(JobSpec("emt.static", (1,)), [copper.document]))
    assert static.rendered.digest != digest


@pytest.mark.parametrize(
    "values, field",
    [
        ({"step": 5}, "values.step"),
        ({"steps": 0}, "values.steps"),
        ({"steps": "5"}, "values.steps"),
        ({"steps": 1.5}, "values.steps"),
        ({"relax_kwargs.fmax": "small"}, "values.relax_kwargs.fmax"),
        ({"relax_kwargs.fmax": -1}, "values.relax_kwargs.fmax"),
    ],
)
def test_settings_that_do_not_fit(
    world: World, copper: ParsedStructure, values: dict[str, Json], field: str
) -> None:
    spec = JobSpec("emt.relax", (1,), values)
    world.refuse(world.ports.workbench.render(spec, [copper.document]), InvalidForm, field)


def test_a_template_that_does_not_fit(world: World, silicon: ParsedStructure) -> None:
    bench = world.ports.workbench
    world.refuse(bench.render(RELAX, [silicon.document]), InvalidTemplate, "structures")
    world.refuse(bench.render(RELAX, [{}]), InvalidStructure, "structures")
    world.refuse(bench.render(JobSpec("emt.dance", (1,)), [silicon.document]), NotFound, "name")


def test_a_template_takes_as_many_structures_as_it_says(world: World, copper: ParsedStructure) -> None:
    takes = world.run(world.ports.workbench.show_template("emt.relax")).row.takes
    assert (takes.what, takes.fewest, takes.most) == ("structure", 1, 1)
    for structures in ([], [copper.document] * 2):
        world.refuse(world.ports.workbench.render(RELAX, structures), InvalidForm, "structures")


def test_a_inputs_is_checked(world: World) -> None:
    files = cast("dict[str, str]", INPUTS_CHECK.example.params["files"])
    report = world.run(world.ports.workbench.check_inputs(files, 4))
    (wrong,) = [row for row in report.problems if row.tag == "ENCUTT"]
    assert (wrong.file, wrong.line, wrong.column, wrong.code) == ("INCAR", 1, 1, "incar.unknown_tag")
    assert "ENCUT?" in wrong.hint
    assert report.facts.n_sites == 2
    stopped = world.run(world.ports.workbench.check_inputs({"INCAR": "ENCUT = abc"}, None))
    assert [(row.code, row.severity) for row in stopped.problems] == [("incar.not_a_number", Severity.ERROR)]


def test_tags_are_known_by_name(world: World) -> None:
    rows = {row.name: row for row in world.run(world.ports.workbench.known_tags()).rows}
    assert list(rows) == sorted(rows)
    assert rows["ENCUT"].kind == "float"
    assert {"-5", "0", "1"} <= set(rows["ISMEAR"].values)
    assert set(rows["ISMEAR"].meanings) & set(rows["ISMEAR"].values)
    assert "KSPACING" in rows


def test_inputs_are_compared(world: World) -> None:
    example = cast("dict[str, dict[str, dict[str, str]]]", INPUTS_DIFF.example.params)
    left, right = example["left"]["files"], example["right"]["files"]
    found = world.run(world.ports.workbench.diff_inputs(left, right))
    assert [(row.tag, row.change, row.left, row.right) for row in found.tags] == [
        ("ENCUT", "changed", "520", "400")
    ]
    assert (found.same, set(found.texts)) == (False, {"INCAR"})
    assert world.run(world.ports.workbench.diff_inputs(left, left)).same
