"""A new job of files edited by hand: to the editor and back, what blocks, what is confirmed."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.again import JobDraft
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.inputs import InputProblem, Severity
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.structures import Lattice, StructureDetail, StructureRow
from crystalmath_server.protocol.templates import InputFile, Rendered, TemplateDetail, TemplateRow
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Call, NewKey, Open, Say, Tell
from crystalmath_tui.core.form import Form, new_field
from crystalmath_tui.core.inputs import FileEdit, InputsEdited, InputsOpened, VaspInputs
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, Refused
from crystalmath_tui.screens.new.model import (
    INPUTS,
    SETTINGS,
    SUBMIT,
    EditsDropped,
    Slice,
    WarningsConfirmed,
)
from crystalmath_tui.screens.new.update import update
from crystalmath_tui.screens.new.view import view

CONTEXT = Context(Size(20, 80))
CELL = Lattice(3.8, 3.8, 3.8, 60, 60, 60, 40.0)
SILICON = StructureDetail(StructureRow(3, "u3", "silicon", "Si2", 2, 0.0), CELL, "Fd-3m (227)", 2.3, (), "")
RELAX = TemplateRow("vasp.relax", "Relax", "vasp", "relax", "", "", runnable=True)
MADE = ("vasp.relax", 3)
OWN = (InputFile("INCAR", "NSW = 9\n"), InputFile("KPOINTS", "mesh\n"), InputFile("POSCAR", "Si2\n"))
RENDERED = Rendered("vasp.relax", OWN, (), "d1")
HAND = "NSW = 9\nNSWW = 1\n"
DOUBT = InputProblem(
    "INCAR", 2, 1, Severity.WARNING, "incar.unknown_tag", "NSWW is not a tag", "Did you mean NSW?"
)
WRONG = InputProblem("INCAR", 2, 1, Severity.ERROR, "incar.x", "NSW takes a number", "Write one.")
EDITED = replace(
    RENDERED,
    files=(InputFile("INCAR", HAND), *OWN[1:]),
    digest="d2",
    problems=(DOUBT,),
    warnings=("INCAR:2: warning: NSWW is not a tag. Did you mean NSW?", "a word of the template"),
    edits={"INCAR": "@@ -1 +1,2 @@\n NSW = 9\n+NSWW = 1\n"},
)


def told(new: Slice, *messages: Any) -> Slice:
    for message in messages:
        new = update(new, message, CONTEXT)[0]
    return new


def press(new: Slice, *keys: str) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        new, effects = update(new, KeyPressed(key), CONTEXT)
    return new, effects


def words(new: Slice) -> str:
    return "\n".join("".join(span.text for span in line) for line in view(new, CONTEXT))


def at_inputs() -> Slice:
    form = Answered("new form", TemplateDetail(RELAX, ()))
    return told(
        Slice(),
        Answered("new structure", SILICON),
        form,
        Answered("new inputs", RENDERED, 3),
        Answered("new key", "key-0001", "d1"),
    )


def edited(rendered: Rendered = EDITED) -> Slice:
    hand = InputsEdited(MADE, {"INCAR": FileEdit(HAND, OWN[0].text)})
    return told(
        at_inputs(),
        hand,
        Answered("new edited inputs", rendered, 3),
        Answered("new key", "key-0002", rendered.digest),
    )


def at_submit(new: Slice) -> Slice:
    there, _ = press(new, "enter")
    return told(there, Refused("new target", NotFound("no settings yet"), "localhost"))


def test_e_hands_the_templates_files_to_the_editor() -> None:
    new, _ = press(at_inputs(), "right")
    _, effects = press(new, "e")
    own = {file.name: file.text for file in OWN}
    assert effects == (Tell(InputsOpened(VaspInputs(MADE, own, {}, None), "KPOINTS")), Open("editor"))
    nodes = Form((new_field("nodes", "", "2"), new_field("tasks_per_node", "", "16")))
    vasp_inputs = press(replace(at_inputs(), job=nodes), "e")[1][0].message.vasp_inputs
    assert vasp_inputs.tasks == 32


def test_other_templates_have_no_files_to_edit() -> None:
    other = replace(at_inputs(), template=TemplateDetail(replace(RELAX, name="emt.relax", engine="emt"), ()))
    (say,) = press(other, "e")[1]
    assert isinstance(say, Say)
    assert "change its settings" in say.text


def test_edits_are_rendered_marked_and_get_a_key_of_their_own() -> None:
    new, (call,) = update(at_inputs(), InputsEdited(MADE, {"INCAR": FileEdit(HAND, OWN[0].text)}), CONTEXT)
    assert isinstance(call, Call)
    assert (call.method.name, call.params.edits) == ("templates.render", {"INCAR": HAND})
    assert "INCAR as edited" in words(new)
    new, (made_key,) = update(new, Answered("new edited inputs", EDITED, 3), CONTEXT)
    assert isinstance(made_key, NewKey)
    assert "INCAR edited" in words(new)
    assert "! INCAR, line 2: NSWW is not a tag" in words(new)
    assert "a word of the template" in words(new)
    vasp_inputs = press(new, "e")[1][0].message.vasp_inputs
    assert (vasp_inputs.own["INCAR"], vasp_inputs.edits) == (OWN[0].text, {"INCAR": HAND})


def test_edits_that_came_to_nothing_are_the_templates_own() -> None:
    _, (call,) = update(at_inputs(), InputsEdited(MADE, {"INCAR": FileEdit("NSW = 9", "")}), CONTEXT)
    assert isinstance(call, Call)
    assert call.params.edits == {}


def test_an_error_blocks_with_its_line() -> None:
    new, (say,) = press(edited(replace(EDITED, problems=(WRONG, replace(WRONG, line=3)))), "enter")
    assert isinstance(say, Say)
    assert say.text == "INCAR, line 2: NSW takes a number. e edits it. And 1 other error."
    assert new.step == INPUTS
    assert "✗ INCAR, line 2" in words(new)


def test_warnings_are_confirmed_once() -> None:
    new = at_submit(edited())
    assert new.step == SUBMIT
    assert "INCAR edited by hand" in words(new)
    asked, (question,) = press(new, "enter")
    assert isinstance(question, Ask)
    assert "NSWW" in "".join(span.text for line in question.details for span in line)
    assert asked.waiting == ""
    assert question.yes == (Tell(WarningsConfirmed("d2")),)
    assert told(new, WarningsConfirmed("d1")).waiting == ""
    _, (call,) = update(new, WarningsConfirmed("d2"), CONTEXT)
    assert isinstance(call, Call)
    assert (call.params.edits, call.params.confirm, call.params.digest) == ({"INCAR": HAND}, True, "d2")


def test_a_inputs_without_warnings_is_not_asked_about() -> None:
    _, (call,) = press(at_submit(edited(replace(EDITED, problems=()))), "enter")
    assert isinstance(call, Call)
    assert call.method.name == "jobs.submit"
    _, (plain,) = press(at_submit(at_inputs()), "enter")
    assert (plain.params.edits, plain.params.confirm) == ({}, False)


def test_u_puts_a_file_back_after_a_question() -> None:
    _, (question,) = press(edited(), "u")
    assert isinstance(question, Ask)
    assert question.yes == (Tell(EditsDropped(("INCAR",))),)
    new, (call,) = update(edited(), EditsDropped(("INCAR",)), CONTEXT)
    assert (new.edits, call.params.edits) == ({}, {})  # type: ignore[attr-defined]
    assert isinstance(press(at_inputs(), "u")[1][0], Say)


def test_edits_stay_with_their_template_and_structure() -> None:
    other = replace(SILICON, row=replace(SILICON.row, pk=4))
    new = told(
        edited(),
        Answered("new structure", other),
        Answered("new form", TemplateDetail(RELAX, ())),
        Answered("new inputs", RENDERED, 4),
    )
    assert new.rendered == RENDERED
    assert "edited" not in words(new)
    back, (call,) = update(
        told(new, Answered("new structure", SILICON), Answered("new form", TemplateDetail(RELAX, ()))),
        Answered("new inputs", RENDERED, 3),
        CONTEXT,
    )
    assert (call.params.edits, back.rendered) == ({"INCAR": HAND}, None)  # type: ignore[attr-defined]


def test_settings_that_no_longer_reach_a_file_are_said() -> None:
    changed = replace(RENDERED, files=(InputFile("INCAR", "NSW = 5\n"), *OWN[1:]))
    new = told(edited(), Answered("new inputs", changed, 3), Answered("new edited inputs", EDITED, 3))
    assert "INCAR stays as you edited it" in words(new)


def test_inputs_that_cannot_be_written_leave_a_way_out() -> None:
    new = told(
        edited(),
        Answered("new inputs", RENDERED, 3),
        Refused("new edited inputs", InvalidForm("POTCAR.spec: what?", field="edits")),
    )
    assert new.rendered is None
    assert "e edits them" in words(new)
    assert "what?" in words(new)
    assert press(new, "enter")[1] == ()
    assert isinstance(press(new, "e")[1][0], Tell)
    assert press(new, "u")[1][0].yes == (Tell(EditsDropped(("INCAR",))),)


def test_e_elsewhere_says_where_files_are_edited() -> None:
    assert isinstance(press(told(Slice(), Answered("new structure", SILICON)), "e")[1][0], Say)


def test_a_clone_without_edits_gets_none_of_ours() -> None:
    new = told(
        edited(),
        Answered("new draft", JobDraft(12, JobSpec("vasp.relax", (3,)))),
        Answered("new structure", SILICON),
    )
    new = told(new, Answered("new form", TemplateDetail(RELAX, ())), Answered("new inputs", RENDERED, 3))
    assert new.rendered == RENDERED


def test_a_clone_has_the_edits_of_the_job() -> None:
    draft = JobDraft(12, JobSpec("vasp.relax", (3,), edits={"INCAR": HAND}))
    new = told(
        Slice(),
        Entered("new", ("like", "12")),
        Answered("new draft", draft),
        Answered("new structure", SILICON),
    )
    new = told(new, Answered("new form", TemplateDetail(RELAX, ())))
    assert new.step == SETTINGS
    _, (call,) = update(new, Answered("new inputs", RENDERED, 3), CONTEXT)
    assert call.params.edits == {"INCAR": HAND}  # type: ignore[attr-defined]
    assert "stays as you edited it" not in words(
        told(new, Answered("new inputs", RENDERED, 3), Answered("new edited inputs", EDITED, 3))
    )
