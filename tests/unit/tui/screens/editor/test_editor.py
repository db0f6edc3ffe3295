"""The editor: text, checks after a pause, completion, differences, and nothing lost on the way out."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.errors import ConnectionLost, NotFound
from crystalmath_server.protocol.inputs import (
    InputDiff,
    InputFacts,
    InputProblem,
    InputReport,
    KnownTag,
    Severity,
    StructureChange,
    TagChange,
    TagList,
)
from crystalmath_server.protocol.jobs import JobRow, JobsPage, JobState
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Back, Call, EditOutside, Later, Say, Tell
from crystalmath_tui.core.inputs import FileEdit, InputsEdited, InputsOpened, VaspInputs
from crystalmath_tui.core.lines import Size, Span
from crystalmath_tui.core.messages import (
    Answered,
    Connected,
    Entered,
    KeyPressed,
    MousePressed,
    Pasted,
    Refused,
    Scrolled,
)
from crystalmath_tui.screens.editor.model import (
    CheckDue,
    Left,
    Slice,
    here,
)
from crystalmath_tui.screens.editor.update import KEYS, update
from crystalmath_tui.screens.editor.view import SCREEN, view
from tests.built_rows import hello

CONTEXT = Context(Size(21, 80))
WIDE = Context(Size(57, 200))
OWN = {"INCAR": "ENCUT = 520\nISMEAR = 0\n", "KPOINTS": "mesh\n0\nGamma\n4 4 4\n", "POSCAR": "Si2\n"}
INPUTS = VaspInputs(("vasp.relax", 3), OWN, {}, 8)
TAGS = TagList(
    (
        KnownTag("ENCUT", "float", (), "", "", "Cutoff."),
        KnownTag("ENCUTGW", "float"),
        KnownTag(
            "ISMEAR",
            "int",
            ("-5", "0", "1"),
            "1",
            "smearing",
            "How states are filled.",
            {"0": "Gaussian", "1": "MP"},
        ),
    )
)
WRONG = InputProblem(
    "INCAR", 2, 10, Severity.ERROR, "incar.x", "ISMEAR takes a number", "Write one.", "ISMEAR"
)
DOUBT = InputProblem("KPOINTS", 4, 1, Severity.WARNING, "k.x", "the mesh is coarse", "Take more.")
WHOLE = InputProblem("POSCAR", 0, 0, Severity.NOTE, "p.x", "symmetry is P1")


def press(editor: Slice, *keys: str, context: Context = CONTEXT) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        editor, effects = update(editor, KeyPressed(key), context)
    return editor, effects


def told(editor: Slice, *messages: Any) -> Slice:
    for message in messages:
        editor = update(editor, message, CONTEXT)[0]
    return editor


def words(editor: Slice, context: Context = CONTEXT) -> str:
    return "\n".join("".join(span.text for span in line) for line in view(editor, context))


def begun(vasp_inputs: VaspInputs = INPUTS, file: str = "INCAR") -> Slice:
    return told(Slice(), InputsOpened(vasp_inputs, file), Answered("editor tags", TAGS))


def checked(editor: Slice, *problems: InputProblem) -> Slice:
    return told(
        editor,
        Answered(
            "editor check",
            InputReport(problems, InputFacts("Si2", 2, "Fd-3m (227)", enmax=245.3)),
            editor.turn,
        ),
    )


def text(editor: Slice) -> str:
    file = here(editor)
    assert file is not None
    return file.area.text


def test_opening_shows_the_file_and_asks_for_tags_and_a_check() -> None:
    editor, effects = update(Slice(), InputsOpened(INPUTS, "KPOINTS"), CONTEXT)
    assert [effect.method.name for effect in effects if isinstance(effect, Call)] == [
        "inputs.tags",
        "inputs.check",
    ]
    check = effects[-1]
    assert isinstance(check, Call)
    assert (check.params.tasks, set(check.params.files)) == (8, {"INCAR", "KPOINTS", "POSCAR"})
    assert "▸ KPOINTS" in words(editor)
    assert "Gamma" in words(editor)
    _, effects = update(told(editor, Answered("editor tags", TAGS)), InputsOpened(INPUTS, "INCAR"), CONTEXT)
    assert [effect.method.name for effect in effects if isinstance(effect, Call)] == ["inputs.check"]


def test_without_a_inputs_there_is_nothing_to_edit() -> None:
    _, (say, back) = update(Slice(), Entered("editor"), CONTEXT)
    assert (isinstance(say, Say), back) == (True, Back())
    assert update(begun(), Entered("editor"), CONTEXT)[1] == ()
    assert press(Slice(), "x", "esc")[1] == (Back(),)


def test_the_check_waits_for_a_pause_and_late_answers_are_dropped() -> None:
    editor, (later,) = press(begun(), "end", "1")
    assert isinstance(later, Later)
    assert later.message == CheckDue(editor.turn)
    assert update(editor, CheckDue(editor.turn - 1), CONTEXT)[1] == ()
    (call,) = update(editor, CheckDue(editor.turn), CONTEXT)[1]
    assert isinstance(call, Call)
    assert call.params.files["INCAR"].startswith("ENCUT = 5201\n")
    late = told(editor, Answered("editor check", InputReport((WRONG,), InputFacts()), editor.turn - 1))
    assert (late.problems, "checking" in words(late)) == ((), True)
    assert "no problem" in words(checked(editor))


def test_moving_asks_for_no_check() -> None:
    assert press(begun(), "down", "end", "left")[1] == ()


def test_a_problem_has_a_sign_a_reason_and_a_way_there() -> None:
    editor = checked(begun(), WRONG, DOUBT, WHOLE)
    lines = words(editor).splitlines()
    assert lines[3].startswith("✗ 2▏ ISMEAR")
    assert "✗1" in lines[0]
    assert "!1" in lines[0]
    assert "takes a number" not in words(editor)
    editor, _ = press(editor, "f8")
    assert "✗ error: ISMEAR takes a number. Write one." in words(editor)
    assert editor.files[0].area.col == 9
    editor, _ = press(editor, "f8")
    assert "▸ KPOINTS" in words(editor)
    assert "! warning: the mesh is coarse" in words(editor)
    editor, _ = press(editor, "f8")
    assert "symmetry is P1" in words(editor)
    assert "▸ INCAR" in words(press(editor, "f8")[0])
    assert "▸ KPOINTS" in words(press(editor, "shift f8")[0])
    assert isinstance(press(checked(begun()), "f8")[1][0], Say)


def test_problems_go_with_their_lines_until_the_next_check() -> None:
    editor, _ = press(checked(begun(), WRONG), "enter", "enter")
    assert [row.line for row in editor.problems] == [4]
    assert words(editor).splitlines()[5].startswith("✗ 4▏ ISMEAR")
    assert [row.line for row in press(editor, "ctrl z", "ctrl z")[0].problems] == [2]


def test_what_cannot_be_checked_says_why_and_is_checked_when_connected() -> None:
    editor = told(begun(), Refused("editor check", ConnectionLost("the server is gone"), 1))
    assert "not checked: the server is gone" in words(editor)
    effects = update(editor, Connected(hello()), CONTEXT)[1]
    assert [effect.method.name for effect in effects if isinstance(effect, Call)] == ["inputs.check"]


def test_all_problems_in_a_list() -> None:
    editor, _ = press(checked(begun(), WRONG, DOUBT), "f3")
    assert "INCAR, line 2 ISMEAR takes a number" in words(editor)
    editor, _ = press(editor, "down")
    assert "Take more." in words(editor)
    there, _ = press(editor, "enter")
    assert (there.page, there.at) == ("text", 1)
    assert press(editor, "esc")[0].page == "text"
    clicked = update(editor, MousePressed(2, 5, 1), CONTEXT)[0]
    assert clicked.problem_at.index == 0
    assert update(clicked, MousePressed(2, 5, 1), CONTEXT)[0].at == 0
    assert "being checked" in words(press(begun(), "f3")[0])


def test_the_tag_under_the_cursor_is_told() -> None:
    editor, _ = press(begun(), "down", "end")
    assert "ISMEAR  kind int · template 0 · default 1 · values -5 0 1" in words(editor)
    assert "0: Gaussian. How states are filled." in words(editor)
    wide = words(checked(editor), WIDE)
    assert "▸ 0         Gaussian" in wide
    assert "formula   Si2 Fd-3m (227)" in wide
    assert "no tag that is known" in words(press(editor, "enter", *"QQ")[0])


def test_below_a_poscar_the_structure_is_told() -> None:
    assert "formula   Si2 Fd-3m (227)" in words(checked(begun(file="POSCAR")))


def test_tab_completes_a_name_and_its_value() -> None:
    editor, _ = press(begun(), "ctrl home", "enter", "up", *"ism", "tab")
    assert text(editor).startswith("ISMEAR = \n")
    editor, _ = press(editor, "tab")
    assert editor.completion is not None
    assert "Gaussian" in words(editor)
    assert press(editor, "esc")[0].completion is None
    taken, _ = press(editor, "tab", "tab", "shift tab", "enter")
    assert text(taken).startswith("ISMEAR = 1\n")
    assert text(press(editor, "0")[0]).startswith("ISMEAR = 0\n")
    assert text(press(taken, "ctrl z")[0]).startswith("ISMEAR = \n")


def test_the_list_narrows_while_one_types() -> None:
    editor, _ = press(begun(), "ctrl home", "enter", "up", *"EN", "tab")
    assert editor.completion is not None
    assert [each.text for each in editor.completion.choices] == ["ENCUT", "ENCUTGW"]
    narrowed, _ = press(editor, *"CUTG")
    assert narrowed.completion is not None
    assert [each.text for each in narrowed.completion.choices] == ["ENCUTGW"]
    assert press(narrowed, "x")[0].completion is None


def test_tab_says_why_it_completes_nothing_and_elsewhere_puts_blanks() -> None:
    assert "any value of its kind" in press(begun(), "end", "tab")[1][0].text
    assert text(press(begun(file="KPOINTS"), "tab")[0]).startswith("  mesh")


def test_a_paste_is_one_step() -> None:
    editor = told(begun(), Pasted("A = 1\nB = 2\0\n"))
    assert text(editor) == "A = 1\nB = 2\n" + OWN["INCAR"]
    assert text(press(editor, "ctrl z")[0]) == OWN["INCAR"]


def test_taking_over_hands_back_what_differs() -> None:
    _, effects = press(begun(), "end", *"1", "f2")
    assert effects == (
        Tell(InputsEdited(INPUTS.source, {"INCAR": FileEdit("ENCUT = 5201\nISMEAR = 0\n", OWN["INCAR"])})),
        Back(),
    )
    _, effects = press(begun(), "end", "1", "backspace", "f2")
    assert effects == (Tell(InputsEdited(INPUTS.source, {})), Back())


def test_an_empty_file_is_not_taken_over_but_kpoints_may_be() -> None:
    emptied, _ = press(begun(), *["ctrl k"] * 4)
    after, effects = press(emptied, "f2")
    assert "INCAR is empty" in effects[0].text
    assert after.vasp_inputs == INPUTS
    without, _ = press(begun(file="KPOINTS"), *["ctrl k"] * 8)
    _, effects = press(without, "f2")
    assert effects[0].message.edits["KPOINTS"].text == ""


def test_a_inputs_that_is_still_edited_is_not_overwritten() -> None:
    editor, _ = press(begun(), "x")
    kept, (say,) = update(editor, InputsOpened(replace(INPUTS, source=("vasp.static", 4)), "INCAR"), CONTEXT)
    assert (kept, isinstance(say, Say)) == (editor, True)


def test_an_empty_kpoints_is_said_to_be_left_out() -> None:
    bare = begun(replace(INPUTS, own={"INCAR": "KSPACING = 0.3\n", "POSCAR": "Si2\n"}), "KPOINTS")
    assert "left out while it is empty" in words(bare)
    assert "left out while it is empty" in words(bare, WIDE)


def test_leaving_asks_before_anything_is_lost() -> None:
    assert press(begun(), "esc")[1] == (Back(),)
    editor, (ask,) = press(begun(), "x", "esc")
    assert isinstance(ask, Ask)
    assert "INCAR" in ask.title
    assert text(editor).startswith("x")
    after, effects = update(editor, ask.yes[0].message, CONTEXT)  # type: ignore[attr-defined]
    assert (after.vasp_inputs, effects) == (None, (Back(),))
    assert after.tags
    assert ask.yes == (Tell(Left()),)


def test_a_file_goes_back_to_the_template_as_one_step() -> None:
    edited = begun(replace(INPUTS, edits={"INCAR": "NSW = 1\n"}))
    assert "INCAR edited" in words(edited)
    editor, _ = press(edited, "f5")
    assert text(editor) == OWN["INCAR"]
    assert text(press(editor, "ctrl z")[0]) == "NSW = 1\n"
    assert press(editor, "f5")[1] == (Say("It is the template's text already."),)


def test_files_by_key_and_by_mouse() -> None:
    editor, _ = press(begun(), "f6", "f6", "shift f6")
    assert editor.at == 1
    assert update(editor, MousePressed(0, 3, 1), CONTEXT)[0].at == 0
    assert press(begun(), "shift f6")[0].at == 3
    col = words(begun()).splitlines()[0].index("POSCAR")
    assert update(editor, MousePressed(0, col, 1), CONTEXT)[0].at == 2


def test_the_mouse_sets_the_cursor() -> None:
    editor = told(begun(), MousePressed(3, 5 + 6, 1))
    file = here(editor)
    assert file is not None
    assert (file.area.row, file.area.col) == (1, 6)
    assert told(editor, Scrolled("up")).files[0].area.row == 0


def test_an_editor_of_ones_own() -> None:
    editor, (effect,) = press(begun(), "f7")
    assert isinstance(effect, EditOutside)
    assert (effect.name, effect.text) == ("INCAR", OWN["INCAR"])
    assert text(told(editor, effect.answer(("NSW = 2\n", "")))) == "NSW = 2\n"
    _, effects = update(editor, effect.answer(("", "nano is not there")), CONTEXT)
    assert effects == (Say("nano is not there", "error"),)
    other = told(editor, Answered("editor outside", ("X = 1\n", ""), (("vasp.static", 1), "INCAR")))
    assert text(other) == OWN["INCAR"]


DIFF = InputDiff(
    same=False,
    tags=(TagChange("ENCUT", "changed", "520", "400"), TagChange("NSW", "added", "", "5")),
    kpoints=("4 × 4 × 4", "6 × 6 × 6"),
    potentials=None,
    structure=StructureChange(same=False, words="atoms move by up to 0.1000 Å"),
    texts={
        "INCAR": "--- left/INCAR\n+++ right/INCAR\n@@ -1,2 +1,2 @@\n-ENCUT = 520\n+ENCUT = 400\n ISMEAR = 0\n"
    },
)


def test_what_differs_from_the_template_by_meaning_and_by_line() -> None:
    editor, (call,) = press(begun(), "end", "1", "f4")
    assert call.params.left.files == OWN
    assert call.params.right.files["INCAR"] == "ENCUT = 5201\nISMEAR = 0\n"
    assert "comparing" in words(editor)
    editor = told(editor, Answered("editor diff", DIFF, editor.diff.request))
    shown = words(editor)
    assert "~ ENCUT         520 → 400" in shown
    assert "+ NSW           5" in shown
    assert "4 × 4 × 4 → 6 × 6 × 6" in shown
    assert "atoms move by up to" in shown
    assert " -ENCUT = 520" in shown
    assert "│     1 + ENCUT = 400" in words(press(editor, "s")[0])
    assert "│     1 + ENCUT = 400" in words(editor, WIDE)
    assert told(editor, Answered("editor diff", replace(DIFF, tags=()), editor.diff.request - 1)) == editor
    assert press(editor, "esc")[0].page == "text"


def test_another_job_is_typed_or_chosen() -> None:
    editor, _ = press(begun(), "f4")
    editor, (listing,) = press(editor, "c")
    assert listing.method.name == "jobs.list"
    _, (call,) = press(editor, *"42", "enter")
    assert call.params.left.job_pk == 42
    rows = tuple(
        JobRow(pk, "u", f"job {pk}", JobState.FINISHED, name, "Si2", "hpc", 0.0, 0.0)
        for pk, name in ((7, "vasp.relax"), (6, "emt.relax"), (5, "vasp.static"))
    )
    page = JobsPage(1, rows, 3, {}, "")
    editor = told(editor, Answered("editor jobs", page, ""))
    assert "job 6" not in words(editor)
    editor, (call,) = press(editor, "down", "enter")
    assert call.params.left.job_pk == 5
    editor = told(editor, Refused("editor diff", NotFound("There is no job 5."), editor.diff.request))
    assert "There is no job 5." in words(editor)
    _, (call,) = press(editor, "r")
    assert call.params.left.files == OWN
    search, (listing,) = press(press(editor, "c")[0], "S")
    assert listing.params.label == "S"
    assert press(search, "esc")[0].page == "diff"


def test_nothing_typed_is_no_job() -> None:
    editor, _ = press(begun(), "f4", "c")
    assert isinstance(press(editor, "enter")[1][0], Say)


def test_keys_of_the_footer_follow_the_page() -> None:
    assert SCREEN.footer(begun())[0] == ("f2", "take over")
    assert SCREEN.footer(press(begun(), "f3")[0])[0] == ("enter", "go there")
    assert SCREEN.footer(press(begun(), "f4")[0])[0] == ("s", "side by side")
    assert SCREEN.footer(press(begun(), "f4", "c")[0])[0] == ("enter", "compare")
    assert {row.keys[0] for row in KEYS} >= {"f2", "f3", "f4", "f5", "f6", "f7", "f8", "ctrl z"}


def test_the_list_lies_over_the_text_also_at_its_end() -> None:
    editor, _ = press(begun(replace(INPUTS, edits={"INCAR": "\n" * 40 + "E"})), "ctrl end", "tab")
    lines = view(editor, CONTEXT)
    assert any(span.style.startswith("bar.strong") for line in lines for span in line)
    assert sum(span == Span("cursor", " ") for line in lines for span in line) == 1
