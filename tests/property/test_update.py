"""Whatever comes in whatever order: update answers, never raises, and view is exactly as large as asked."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from crystalmath_server.protocol.document import DocumentPart
from crystalmath_server.protocol.results import JobResults
from crystalmath_server.protocol.series import JobSeries
from crystalmath_server.protocol.structures import Lattice, StructureDetail, StructureRow
from crystalmath_server.protocol.templates import InputFile, Rendered, TemplateDetail, TemplateRow
from crystalmath_tui import program, theme
from crystalmath_tui.core import messages
from crystalmath_tui.core.cells import clean, width
from crystalmath_tui.core.effects import Call, Effect
from crystalmath_tui.core.inputs import InputsOpened
from crystalmath_tui.core.lines import SELECTED, Size
from crystalmath_tui.core.messages import Answered, KeyPressed, Message, MousePressed
from tests.property.input_strategies import EDITOR_KEYS, EDITOR_MESSAGES, NEW_MESSAGES, OPENED, PASTES
from tests.property.tui_strategies import (
    CLUSTER_MESSAGES,
    COMPARE_MESSAGES,
    DOCUMENT_PARTS,
    DRAFTS,
    IMPORT_MESSAGES,
    KEYS,
    MESSAGES,
    POTCAR_MESSAGES,
    RESULT_MESSAGES,
    RESULTS_TOLD,
    SERIES,
    SIZES,
    STRUCTURES,
    TARGET_MESSAGES,
)

OUTER = {
    "EditOutside",
    "WriteFile",
    "Call",
    "Later",
    "NewKey",
    "ListFolder",
    "LookAtPart",
    "KeepPart",
    "FindPath",
    "Copy",
    "Connect",
    "Suspend",
    "Redraw",
    "Quit",
}


def played(sequence: list[Message], *, readonly: bool = False) -> tuple[program.Model, list[Effect]]:
    model, effects = program.init(Size(24, 80), 0.0, readonly=readonly)
    done = list(effects)
    for message in sequence:
        model, effects = program.update(model, message)
        done += effects
    return model, done


@settings(max_examples=150)
@given(st.lists(MESSAGES, max_size=25), SIZES)
def test_update_is_total_and_view_fits(sequence: list[Message], size: Size) -> None:
    model, effects = played(sequence)
    holds(model, effects, size)


CLUSTER_COMMANDS = (
    ":clusters",
    ":cluster hpc",
    ":cluster hpc codes",
    ":cluster hpc queue",
    ":setup",
    ":setup edit hpc",
    ":setup code hpc",
)
INPUT = st.builds(KeyPressed, KEYS) | st.builds(
    MousePressed, st.integers(0, 45), st.integers(0, 80), st.integers(1, 5)
)


@settings(max_examples=150)
@given(st.sampled_from(CLUSTER_COMMANDS), st.lists(CLUSTER_MESSAGES | INPUT, max_size=25), SIZES)
def test_cluster_screens_are_total_and_fit(words: str, sequence: list[Message], size: Size) -> None:
    typed = [KeyPressed(key) for key in [*words, "enter"]]
    model, effects = played([*typed, *sequence])
    holds(model, effects, size)


KINDS_OF_CURVES = ("convergence", "trajectory", "steps", "bands", "dos", "eos")


@settings(max_examples=120)
@given(
    RESULTS_TOLD, SERIES, DOCUMENT_PARTS, STRUCTURES, st.lists(RESULT_MESSAGES | INPUT, max_size=20), SIZES
)
def test_results_are_total_and_fit(
    results: JobResults,
    series: JobSeries,
    part: DocumentPart,
    structure: StructureDetail,
    sequence: list[Message],
    size: Size,
) -> None:
    typed = [KeyPressed(key) for key in [*":results 7", "enter"]]
    told = replace(results, series=KINDS_OF_CURVES, structure_after_pk=structure.row.pk)
    answers = [
        Answered("results page", told, (7, "results")),
        *(Answered("results page", series, (7, kind)) for kind in (*KINDS_OF_CURVES, "steps step energy")),
        Answered("results page", replace(part, path="", offset=0), (7, "document")),
        Answered("results page", structure, (7, "structure")),
    ]
    for page in "1234":
        model, effects = played([*typed, *answers, KeyPressed(page), *sequence])
        holds(model, effects, size)


@settings(max_examples=80)
@given(st.sampled_from([":potcars hpc", ":potcars hpc Fe_pv O"]), st.lists(POTCAR_MESSAGES | INPUT), SIZES)
def test_the_potcars_are_total_and_fit(words: str, sequence: list[Message], size: Size) -> None:
    typed = [KeyPressed(key) for key in [*words, "enter"]]
    model, effects = played([*typed, *sequence])
    holds(model, effects, size)


@settings(max_examples=80)
@given(
    st.sampled_from([":import", ":import hpc /run"]),
    st.lists(IMPORT_MESSAGES | INPUT | st.just(KeyPressed("f2")), max_size=25),
    SIZES,
)
def test_the_import_is_total_and_fits(words: str, sequence: list[Message], size: Size) -> None:
    typed = [KeyPressed(key) for key in [*words, "enter"]]
    model, effects = played([*typed, *sequence])
    holds(model, effects, size)


@settings(max_examples=80)
@given(
    st.lists(COMPARE_MESSAGES | INPUT | st.sampled_from([KeyPressed("s"), KeyPressed("a")]), max_size=25),
    SIZES,
)
def test_the_comparison_is_total_and_fits(sequence: list[Message], size: Size) -> None:
    typed = [KeyPressed(key) for key in [*":compare 3 1", "enter"]]
    model, effects = played([*typed, *sequence])
    holds(model, effects, size)


LAST_STEP = (
    Answered(
        "new structure",
        StructureDetail(
            row=StructureRow(pk=3, uuid="u", label="Cu", formula="Cu4", n_sites=4, created_at=0.0),
            lattice=Lattice(1, 1, 1, 90, 90, 90, 1),
            spacegroup="",
            density_g_cm3=1,
            sites=(),
            poscar="",
        ),
    ),
    Answered(
        "new form",
        TemplateDetail(
            TemplateRow(
                name="emt.relax", title="", engine="emt", kind="", summary="", maker="", runnable=True
            ),
            (),
        ),
    ),
    Answered("new inputs", Rendered("emt.relax", (InputFile("POSCAR", ""),), (), "d1"), 3),
    Answered("new key", "key-0001", "d1"),
)


@settings(max_examples=80)
@given(
    st.lists(
        TARGET_MESSAGES | INPUT | st.builds(messages.Answered, st.just("new draft"), DRAFTS), max_size=25
    ),
    SIZES,
)
def test_the_last_step_of_a_new_job_is_total_and_fits(sequence: list[Message], size: Size) -> None:
    typed = [KeyPressed(key) for key in (*":new", "enter")]
    model, effects = played([*typed, *LAST_STEP, KeyPressed("enter"), *sequence])
    holds(model, effects, size)


@settings(max_examples=150)
@given(OPENED, st.lists(EDITOR_MESSAGES | EDITOR_KEYS | EDITOR_KEYS | PASTES | INPUT, max_size=30), SIZES)
def test_the_editor_is_total_and_fits(opened: InputsOpened, sequence: list[Message], size: Size) -> None:
    model, effects = program.init(size, 0.0)
    model, more = program.update(model, opened)
    done = [*effects, *more]
    for message in [*(KeyPressed(key) for key in (*":editor", "enter")), *sequence]:
        model, more = program.update(model, message)
        done += more
        holds(model, [], size)
    holds(model, done, Size(24, 80))


@settings(max_examples=80)
@given(
    st.lists(NEW_MESSAGES | INPUT | st.sampled_from([KeyPressed("u"), KeyPressed("e")]), max_size=25), SIZES
)
def test_a_new_job_of_edited_files_is_total_and_fits(sequence: list[Message], size: Size) -> None:
    typed = [KeyPressed(key) for key in (*":new", "enter")]
    model, effects = played([*typed, *LAST_STEP, *sequence])
    holds(model, effects, size)


def holds(model: program.Model, effects: list[Effect], size: Size) -> None:
    assert {type(effect).__name__ for effect in effects} <= OUTER
    lines = program.view(model, size)
    assert len(lines) == size.rows
    for line in lines:
        assert sum(width(span.text) for span in line) == size.cols
        for span in line:
            assert clean(span.text) == span.text
            assert span.style.removesuffix(SELECTED) in theme.STYLES


@settings(max_examples=60)
@given(st.lists(MESSAGES, max_size=25))
def test_readonly_lets_no_write_out(sequence: list[Message]) -> None:
    _, effects = played(sequence, readonly=True)
    assert not [effect for effect in effects if isinstance(effect, Call) and effect.method.effect == "write"]


@settings(max_examples=40)
@given(st.lists(MESSAGES, max_size=15))
def test_update_is_a_function(sequence: list[Message]) -> None:
    first, second = played(sequence), played(sequence)
    assert program.view(first[0], Size(24, 80)) == program.view(second[0], Size(24, 80))
    assert [type(effect) for effect in first[1]] == [type(effect) for effect in second[1]]
