"""The Documents port: what a job left, whole, as a tree and as curves."""

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crystalmath_server.protocol.document import DocumentParams, DocumentPart
from crystalmath_server.protocol.errors import Conflict, InvalidForm, NotFound
from crystalmath_server.protocol.exports import ArchiveParams, DumpParams, ExportStructureParams, PlotParams
from crystalmath_server.protocol.graph import DrawGraphParams, GraphParams
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries, SeriesParams
from tests.aiida_rig import LONG, cubic_copper, emt, parsed, plan
from tests.worlds import RealWorld, World

NOWHERE = 999_999_999


@pytest.fixture(scope="module", autouse=True)
def workers(world: World, request: pytest.FixtureRequest) -> None:
    """Real jobs need AiiDA's daemon."""
    if isinstance(world, RealWorld):
        request.getfixturevalue("daemon")


def submitted(world: World, name: str, **settings: Any) -> int:
    pk = world.run(world.ports.structures.store(parsed(cubic_copper(3.71)), "")).row.pk
    made = plan(pk, f"key-{world.tag}-{name}", emt(**settings), f"digest of {name}")
    named = replace(made, spec=replace(made.spec, label=f"{world.tag} {name}"))
    return world.run(world.ports.launcher.submit(named)).pk


@pytest.fixture(scope="module")
def done(world: World, workers: None) -> int:
    pk = submitted(world, "document", relax_kwargs={"fmax": 0.01})
    world.until(pk, {JobState.FINISHED})
    return pk


@pytest.fixture(scope="module")
def killed(world: World, workers: None) -> int:
    pk = submitted(world, "none", **LONG)
    world.run(world.ports.launcher.cancel(pk, 30))
    return pk


def whole(world: World, pk: int) -> JobResults:
    return world.run(world.ports.documents.complete(world.run(world.ports.jobs.results(pk))))


def part(world: World, pk: int, path: str = "", **more: int) -> DocumentPart:
    return world.run(world.ports.documents.part(DocumentParams(pk, path, **more)))


def series(world: World, pk: int, kind: Any, **more: Any) -> JobSeries:
    return world.run(world.ports.documents.series(SeriesParams(pk, kind, **more)))


def test_results_are_made_whole(world: World, done: int) -> None:
    found = whole(world, done)
    energy = next(row for row in found.quantities if row.name == "energy_per_atom")
    assert (energy.unit, energy.source) == ("eV/atom", found.document)
    assert (found.n_sites, len(found.sites)) == (4, 4)
    assert [site.index for site in found.sites] == [1, 2, 3, 4]
    assert all(site.species == "Cu" and site.force_ev_a is not None for site in found.sites)
    assert {"trajectory", "steps"} <= set(found.series)
    assert found.steps
    assert found.note == ""


def test_a_job_without_a_document_stays_as_it_is(world: World, killed: int) -> None:
    before = world.run(world.ports.jobs.results(killed))
    assert world.run(world.ports.documents.complete(before)) == before
    world.refuse(world.ports.documents.part(DocumentParams(killed)), NotFound, "pk")
    world.refuse(world.ports.documents.series(SeriesParams(killed, "steps")), NotFound, "pk")


def test_the_document_is_a_tree(world: World, done: int) -> None:
    top = part(world, done)
    assert top.kind == "object"
    assert top.size == len(top.rows)
    output = next(row for row in top.rows if row.name == "output")
    below = part(world, done, output.path)
    assert below.source
    energy = next(row for row in below.rows if row.name == "energy")
    assert (energy.kind, energy.path) == ("number", "output/energy")
    leaf = part(world, done, energy.path)
    assert (leaf.rows, leaf.text) == ((), energy.preview)
    forces = part(world, done, "output/forces", offset=1, limit=2)
    assert [row.path for row in forces.rows] == ["output/forces/1", "output/forces/2"]
    assert (forces.size, forces.offset) == (4, 1)


def test_a_wrong_path_is_refused_with_what_is_there(world: World, done: int) -> None:
    for path in ("nothing", "output/energy/more", "output/forces/9"):
        world.refuse(world.ports.documents.part(DocumentParams(done, path)), NotFound, "path")
    world.refuse(world.ports.documents.part(DocumentParams(NOWHERE)), NotFound, "pk")


def test_steps_are_curves_with_units(world: World, done: int) -> None:
    found = series(world, done, "steps", y="max_force")
    assert (found.x_name, [(curve.name, curve.unit) for curve in found.curves]) == (
        "step",
        [("largest force", "eV/Å")],
    )
    assert len(found.x) == len(found.curves[0].y) == found.total > 3
    assert {"step", "energy", "max_force", "volume"} <= set(found.columns)
    thin = series(world, done, "steps", points=3)
    assert len(thin.x) == 3
    assert thin.left_out == f"3 of {thin.total} points"
    assert (thin.x[0], thin.x[-1]) == (found.x[0], found.x[-1])
    both = series(world, done, "trajectory")
    assert {curve.unit for curve in both.curves} >= {"eV", "eV/Å"}


def test_curves_that_are_not_there_are_refused(world: World, done: int, killed: int) -> None:
    ask = world.ports.documents.series
    world.refuse(ask(SeriesParams(done, "bands")), NotFound, "kind")
    world.refuse(ask(SeriesParams(done, "steps", y="nonsense")), InvalidForm, "y")
    world.refuse(ask(SeriesParams(done, "steps", x="nonsense")), InvalidForm, "x")
    world.refuse(ask(SeriesParams(done, "eos", others=(killed,))), NotFound, "others")


def test_an_image_is_written_once(world: World, done: int, tmp_path: Path) -> None:
    path = str(tmp_path / "plot.svg")
    plot = world.ports.documents.plot
    made = world.run(plot(PlotParams(done, "trajectory", path)))
    assert (made.path, made.size > 0) == (path, True)
    world.refuse(plot(PlotParams(done, "trajectory", path)), Conflict, "path")
    world.refuse(plot(PlotParams(done, "trajectory", str(tmp_path / "plot.doc"))), InvalidForm, "path")
    world.refuse(plot(PlotParams(done, "trajectory", "/nowhere/plot.svg")), InvalidForm, "path")
    world.refuse(plot(PlotParams(done, "bands", str(tmp_path / "bands.png"))), NotFound, "kind")


def test_a_structure_is_given_as_text(world: World, done: int) -> None:
    pk = world.run(world.ports.jobs.results(done)).structure_before_pk
    assert pk is not None
    document = world.run(world.ports.structures.document(pk))
    found = world.run(world.ports.workbench.export_structure(document, ExportStructureParams(pk, "poscar")))
    assert "Cu" in found.text
    assert found.size == len(found.text.encode())


def test_a_job_becomes_a_folder_once(world: World, done: int, tmp_path: Path) -> None:
    told: list[str] = []
    path = str(tmp_path / "job")
    dump = world.ports.exports.dump
    made = world.run(dump(DumpParams(done, path), lambda text, _: told.append(text)))
    assert (made.path, made.files > 0, made.size > 0, made.left_out) == (path, True, True, "")
    assert told
    world.refuse(dump(DumpParams(done, path), quiet), Conflict, "path")
    world.refuse(dump(DumpParams(done, "/nowhere/job"), quiet), InvalidForm, "path")
    world.refuse(dump(DumpParams(NOWHERE, str(tmp_path / "none")), quiet), NotFound, "pk")
    if isinstance(world, RealWorld):
        names = {file.name for file in Path(path).rglob("*") if file.is_file()}
        assert {"maker.json", "structure.json", "response.json", "document.json.gz"} <= names


def test_jobs_become_an_archive_once(world: World, done: int, tmp_path: Path) -> None:
    path = str(tmp_path / "jobs.aiida")
    archive = world.ports.exports.archive
    made = world.run(archive(ArchiveParams(path, (done,)), quiet))
    assert (made.path, made.size > 0) == (path, True)
    world.refuse(archive(ArchiveParams(path, (done,)), quiet), Conflict, "path")
    world.refuse(archive(ArchiveParams(str(tmp_path / "b.aiida"), (done, NOWHERE)), quiet), NotFound, "pks")
    if isinstance(world, RealWorld):
        assert zipfile.is_zipfile(path)
        assert [file.name for file in tmp_path.iterdir()] == ["jobs.aiida"]


def test_provenance_leads_both_ways(world: World, done: int) -> None:
    ask = world.ports.documents.graph
    found = world.run(ask(GraphParams(done)))
    by_pk = {node.pk: node for node in found.nodes}
    assert found.nodes[0].pk == done
    assert by_pk[done].is_process
    into = {link.label for link in found.links if link.target == done}
    out = {link.label for link in found.links if link.source == done}
    assert "structure" in into
    assert "summary" in out
    assert all({link.source, link.target} <= by_pk.keys() for link in found.links)
    assert found.dot.startswith("digraph")
    assert f"n{done} " in found.dot
    before = world.run(ask(GraphParams(done, "ancestors")))
    assert not [link for link in before.links if link.source == done]
    few = world.run(ask(GraphParams(done, limit=2)))
    assert (len(few.nodes), few.left_out != "") == (2, True)
    world.refuse(ask(GraphParams(NOWHERE)), NotFound, "pk")


def test_provenance_is_written_once(world: World, done: int, tmp_path: Path) -> None:
    draw, path = world.ports.documents.draw, str(tmp_path / "graph.dot")
    made = world.run(draw(DrawGraphParams(done, path)))
    assert (made.path, made.size > 0, made.left_out) == (path, True, "")
    if isinstance(world, RealWorld):
        assert Path(path).read_text() == world.run(world.ports.documents.graph(GraphParams(done))).dot
    world.refuse(draw(DrawGraphParams(done, path)), Conflict, "path")
    world.refuse(draw(DrawGraphParams(done, str(tmp_path / "graph.doc"))), InvalidForm, "path")
    world.refuse(draw(DrawGraphParams(done, "/nowhere/graph.dot")), InvalidForm, "path")
    world.refuse(draw(DrawGraphParams(NOWHERE, str(tmp_path / "none.dot"))), NotFound, "pk")
    few = world.run(draw(DrawGraphParams(done, str(tmp_path / "few.dot"), limit=2)))
    assert few.left_out


def quiet(_text: str, _fraction: float | None) -> None:
    """Hears nothing."""
