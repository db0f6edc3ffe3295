"""The results screen: pages, plots, the tree, the structure; charts and pictures at every size."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from crystalmath_server.protocol.document import DocumentChild, DocumentPart
from crystalmath_server.protocol.errors import FileUnreadable
from crystalmath_server.protocol.exports import WrittenFile
from crystalmath_server.protocol.jobs import JobState
from crystalmath_server.protocol.results import JobResults, Quantity, SiteResult
from crystalmath_server.protocol.series import Curve, JobSeries, Tick
from crystalmath_server.protocol.structures import Lattice, Site, StructureDetail, StructureRow
from crystalmath_tui.core.chart import Chart, Trace, draw, in_words
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Back, Call, Open, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, Refused
from crystalmath_tui.core.picture import View, crystal_of
from crystalmath_tui.core.picture import draw as picture
from crystalmath_tui.screens.results import pages as results_pages
from crystalmath_tui.screens.results.model import Slice
from crystalmath_tui.screens.results.update import update

CONTEXT = Context(Size(21, 80))
ENERGY = Quantity("energy", "total energy", -10.02387019, "eV", "uuid-of-the-document")
STRESS = Quantity(
    "stress", "stress tensor", [[1.5, 0.0, 0.0], [0.0, 2.5, 0.0], [0.0, 0.0, 3.5]], "GPa", "other"
)
RESULTS = JobResults(
    7, JobState.FINISHED, "VASP 6", (ENERGY, STRESS), (),
    structure_before_pk=1, structure_after_pk=2, n_sites=3,
    sites=(SiteResult(1, "Fe", (0.1, -0.2, 0.3), 2.5, 8.0),),
    document="uuid-of-the-document", series=("trajectory", "steps"),
)  # fmt: skip
STEPS = JobSeries(
    7, "steps", "", "step", "", (0.0, 1.0, 2.0), (Curve("energy", "eV", (-1.0, None, -3.0)),), (), (), "u", 3,
    columns=("step", "energy", "max_force"),
)  # fmt: skip
CELL = Lattice(4.0, 4.0, 4.0, 90.0, 90.0, 90.0, 64.0)
ROCK = StructureDetail(
    StructureRow(2, "u", "rock", "NaCl", 2, 0.0), CELL, "Fm-3m (225)", 2.0,
    (Site("Na", (0.0, 0.0, 0.0)), Site("Cl", (0.5, 0.5, 0.5))), "",
)  # fmt: skip


def words(lines: tuple[Any, ...]) -> str:
    return "\n".join("".join(span.text for span in line) for line in lines)


def view(found: Slice, context: Context = CONTEXT) -> str:
    return words(results_pages.view(found, context))


def press(found: Slice, *keys: str) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        found, effects = update(found, KeyPressed(key), CONTEXT)
    return found, effects


@pytest.fixture
def loaded() -> Slice:
    found, effects = update(Slice(), Entered("results", ("7",)), CONTEXT)
    (call,) = effects
    assert isinstance(call, Call)
    assert call.method.name == "jobs.results"
    return update(found, Answered("results page", RESULTS, (7, "results")), CONTEXT)[0]


def test_numbers_have_units_and_sources(loaded: Slice) -> None:
    shown = view(loaded, Context(Size(40, 80)))
    for part in ("-10.02387019 eV", "[GPa]", "1.5    0    0", "force [eV/Å]", "-0.2", "2.5", "Fe"):
        assert part in shown
    assert "Not all: 2 further sites" in shown
    assert "stress tensor from node other." in shown
    assert "All else from node uuid-of-the-document." in shown


def test_a_wrong_pk_is_refused_in_words() -> None:
    for given in ((), ("x",), ("0",), ("9" * 30,)):
        found, effects = update(Slice(), Entered("results", given), CONTEXT)
        assert (found, effects[-1]) == (Slice(), Back())


def test_plots_are_fetched_when_they_are_looked_at(loaded: Slice) -> None:
    found, effects = press(loaded, "tab")
    assert (effects[0].method.name, effects[0].params.kind) == ("jobs.series", "trajectory")
    found, effects = press(found, "right")
    assert (effects[0].params.kind, effects[0].params.x, effects[0].params.y) == ("steps", "step", "energy")
    found, _ = update(found, Answered("results page", STEPS, (7, "steps step energy")), CONTEXT)
    assert "energy [eV]" in view(found)
    found, effects = press(found, "y")
    assert effects[0].params.y == "max_force"
    found, effects = press(found, "y")  # not yet there: its columns are unknown, so it is asked for again
    assert effects[0].params.y == "max_force"


def test_curves_can_be_had_in_words(loaded: Slice) -> None:
    found, _ = press(replace(loaded, kind="steps", series={"steps step energy": STEPS}), "tab", "w")
    assert "energy: -1 → -3, from -3 to -1" in view(found)


def test_the_document_folds(loaded: Slice) -> None:
    found, effects = press(loaded, "3")
    assert (effects[0].method.name, effects[0].params.path) == ("jobs.document", "")
    output = DocumentChild("output", "output", "object", 2, "energy, forces")
    top = DocumentPart(7, "", "object", 2, "", (output,), 0, "u")
    found, _ = update(found, Answered("results page", top, (7, "document")), CONTEXT)
    assert "▸ output  2 fields  energy, forces" in view(found)
    assert "1 more" in view(found)
    found, effects = press(found, "enter")
    assert effects[0].params.path == "output"
    energy = DocumentChild("energy", "output/energy", "number", 0, "-1.5")
    below = DocumentPart(7, "output", "object", 1, "", (energy,), 0, "u")
    found, _ = update(found, Answered("results page", below, (7, "document")), CONTEXT)
    assert "energy  -1.5" in view(found)
    found, _ = press(found, "j", "left")
    assert "energy  -1.5" not in view(found)
    _, effects = press(found, "G", "enter")
    assert (effects[0].params.path, effects[0].params.offset) == ("", 1)


def test_the_structure_turns(loaded: Slice) -> None:
    found, effects = press(loaded, "4")
    assert (effects[0].method.name, effects[0].params.pk) == ("structures.show", 2)
    found, _ = update(found, Answered("results page", ROCK, (7, "structure")), CONTEXT)
    before = view(found)
    assert all(part in before for part in ("NaCl", "after the job", "Na", "Cl", "a 4.0000"))
    turned, _ = press(found, "l")
    assert view(turned) != before
    back, _ = press(turned, "h")
    assert view(back) == before
    _, effects = press(found, "b")
    assert effects[0].params.pk == 1


def test_what_did_not_come_is_said(loaded: Slice) -> None:
    error = FileUnreadable("the document of this job is broken", field="pk", hint="Look at its files.")
    found, _ = update(
        replace(loaded, tab="document"), Refused("results page", error, (7, "document")), CONTEXT
    )
    assert "broken. Look at its files." in view(found)
    found, _ = update(loaded, Refused("results page", error, (8, "results")), CONTEXT)
    assert found == loaded


def test_one_goes_on_to_the_job(loaded: Slice) -> None:
    assert press(loaded, "J")[1] == (Open("job", ("7",)),)
    assert press(loaded, "esc")[1] == (Back(),)


@pytest.mark.parametrize("rows", [1, 3, 8, 21])
@pytest.mark.parametrize("cols", [1, 10, 30, 80, 200])
def test_charts_and_pictures_are_as_large_as_asked(rows: int, cols: int) -> None:
    x = tuple(float(i) for i in range(40))
    traces = tuple(Trace(f"curve {k}", tuple(math.sin(i / (3 + k)) for i in x)) for k in range(3))
    shown = draw(
        Chart(x, traces, "x [Å]", "y [eV]", ((0.0, "Γ"), (20.0, "X"), (39.0, "L"))), Size(rows, cols)
    )
    picked = picture(crystal_of(CELL, ROCK.sites), View(), Size(rows, cols))
    for lines in (shown, picked):
        assert len(lines) == rows
        assert {sum(len(span.text) for span in line) for line in lines} == {cols}


def test_curves_are_told_apart_without_colour() -> None:
    x = tuple(float(i) for i in range(60))
    traces = tuple(
        Trace(name, tuple(k + i / 60 for i in x)) for k, name in enumerate(("one", "two", "three"))
    )
    text = words(draw(Chart(x, traces, "", "y"), Size(20, 80)))
    assert all(part in text for part in ("a one", "b two", "c three"))
    assert all(text.count(letter) > 2 for letter in "abc")


def test_a_logarithm_leaves_out_what_has_none() -> None:
    chart = Chart((0.0, 1.0, 2.0), (Trace("change", (1.0, 0.0, 1e-6)),), "", "change [eV]", log=True)
    text = words(draw(chart, Size(12, 60)))
    assert "1e-06" in text
    assert "nothing" in words(draw(replace(chart, traces=(Trace("", (None, -1.0, None)),)), Size(9, 60)))
    assert in_words(chart) == "change: 1 → 1e-06, from 0 to 1 [change [eV]]"


def test_a_path_shows_its_points() -> None:
    ticks = (Tick(0.0, "Γ"), Tick(1.0, "X"))
    bands = JobSeries(7, "bands", "", "wave vector", "1/Å", (0.0, 0.5, 1.0), (
        Curve("band 1 up", "eV", (-1.0, -0.5, 0.0)), Curve("band 1 down", "eV", (-1.2, -0.7, 0.1)),
    ), ticks, (Quantity("bandgap", "band gap", 1.25, "eV", "u"),), "u", 3, left_out="16 bands")  # fmt: skip
    found = Slice(7, "plots", replace(RESULTS, series=("bands",)), {"bands": bands}, "bands")
    shown = view(found)
    for part in ("Γ", "X", "dashed: spin down", "band gap  1.25 eV", "Not all: 16 bands.", "from node u"):
        assert part in shown


def answered(found: Slice, message: Any) -> tuple[Slice, tuple[Any, ...]]:
    return update(found, message, CONTEXT)


def exported(found: Slice, path: str) -> tuple[Slice, tuple[Any, ...]]:
    """`e`, another path, Enter, and the path from the root."""
    found, _ = press(found, "e", "ctrl u", *path, "enter")
    assert found.path is None
    return answered(found, Answered("results path", path, 7))


def test_numbers_become_a_table(loaded: Slice) -> None:
    found, _ = press(loaded, "e")
    assert "write to job-7-numbers.csv" in view(found)
    found, effects = exported(loaded, "/tmp/a.csv")
    assert effects[0].text.splitlines()[1].startswith("energy,total energy,-10.02387019,eV")
    _, effects = exported(loaded, "/tmp/a.json")
    assert json.loads(effects[0].text)["quantities"][0]["value"] == ENERGY.value
    asking = answered(found, Answered("results file", "exists", ("/tmp/a.csv", "x")))[1][0]
    assert isinstance(asking, Ask)
    assert asking.yes[0].over  # type: ignore[attr-defined]
    assert press(found, "e")[0].path.text == "/tmp/job-7-numbers.csv"  # type: ignore[union-attr]


def test_a_plot_becomes_an_image_or_its_curves_in_full(loaded: Slice) -> None:
    plots = replace(loaded, tab="plots", kind="steps", axes=("step", "max_force"))
    _, effects = exported(plots, "/tmp/a.svg")
    assert (effects[0].method.name, effects[0].params.kind, effects[0].params.y) == (
        "jobs.plot", "steps", "max_force",
    )  # fmt: skip
    said = answered(plots, effects[0].answer(WrittenFile("/tmp/a.svg", 2000, "3 bands")))[1]
    assert said == (Say("Wrote /tmp/a.svg, 2.0 kB. Not all: 3 bands.", "warn"),)
    found, effects = exported(plots, "/tmp/a.csv")
    assert (effects[0].method.name, effects[0].params.points) == ("jobs.series", 10_000)
    _, effects = answered(found, effects[0].answer(STEPS))
    assert effects[0].text.splitlines() == ["step,energy [eV]", "0.0,-1.0", "1.0,", "2.0,-3.0"]
    refused = exported(plots, "/tmp/a.png")[1][0].refuse(FileUnreadable("broken", hint="Look."))
    assert answered(plots, refused)[1][0].text == "/tmp/a.png was not written: broken. Look."


def test_a_structure_becomes_a_file_and_a_wrong_ending_is_said(loaded: Slice) -> None:
    structure = replace(loaded, tab="structure")
    _, effects = exported(structure, "/tmp/a.poscar")
    assert (effects[0].params.pk, effects[0].params.format, effects[0].params.path) == (
        2, "poscar", "/tmp/a.poscar",
    )  # fmt: skip
    found, effects = press(structure, "e", "ctrl u", *"a.png", "enter")
    assert (found.path is not None, ".cif" in effects[0].text) == (True, True)
    assert press(found, "esc")[0].path is None
    assert "page files" in press(replace(loaded, tab="document"), "e")[1][0].text
    found, _ = answered(found, Answered("path names", ("a.png1", "a.png2"), ("results", "a.png")))
    assert "a.png1" in view(found)
