"""The new-job screen: steps forth and back, nothing lost, one key for all attempts."""

from dataclasses import replace
from typing import Any

from crystalmath_server.protocol.again import JobDraft, LeftOut
from crystalmath_server.protocol.errors import ConnectionLost, InvalidForm, InvalidStructure
from crystalmath_server.protocol.job_spec import JobSpec
from crystalmath_server.protocol.jobs import JobState, Submitted
from crystalmath_server.protocol.resources import Resources
from crystalmath_server.protocol.structures import Lattice, StructureDetail, StructurePage, StructureRow
from crystalmath_server.protocol.templates import (
    FieldType,
    FormField,
    InputFile,
    Rendered,
    Restart,
    Takes,
    TemplateDetail,
    TemplateList,
    TemplateRow,
)
from crystalmath_tui.core import form
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Back, Call, FindPath, ListFolder, NewKey, Open, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, MousePressed, Pasted, Refused
from crystalmath_tui.core.path_prompt import prompt_of
from crystalmath_tui.screens.new.model import (
    INPUTS,
    SETTINGS,
    STRUCTURE,
    SUBMIT,
    TEMPLATE,
    Slice,
)
from crystalmath_tui.screens.new.update import update
from crystalmath_tui.screens.new.view import SCREEN, view

CONTEXT = Context(Size(20, 80))
ROW = StructureRow(3, "u3", "copper", "Cu4", 4, 0.0)
COPPER = StructureDetail(ROW, Lattice(3.6, 3.6, 3.6, 90, 90, 90, 46.7), "Fm-3m (225)", 9.0, (), "")
RELAX = TemplateRow("emt.relax", "Relax with EMT", "emt", "relax", "", "", runnable=True)
VASP = TemplateRow("vasp.relax", "Relax", "vasp", "relax", "", "", runnable=False, reason="no cluster yet")
FMAX = FormField("relax_kwargs.fmax", FieldType.NUMBER, "force tolerance", 0.01, "eV/Å", 1e-6, 10)
CELL = FormField("relax_cell", FieldType.BOOLEAN, "relax the cell", default=True)
RARE = FormField("symprec", FieldType.NUMBER, "symmetry tolerance", 0.01, advanced=True)
FORM = TemplateDetail(RELAX, (FMAX, CELL, RARE))
RENDERED = Rendered("emt.relax", (InputFile("POSCAR", "Cu4\n1.0"), InputFile("maker.json", "{}")), (), "d1")


def press(new: Slice, *keys: str) -> tuple[Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        new, effects = update(new, KeyPressed(key), CONTEXT)
    return new, effects


def told(new: Slice, *messages: Any) -> Slice:
    for message in messages:
        new = update(new, message, CONTEXT)[0]
    return new


def calls(effects: tuple[Any, ...]) -> list[str]:
    return [effect.method.name for effect in effects if isinstance(effect, Call)]


def words(new: Slice) -> str:
    return "\n".join("".join(span.text for span in line) for line in view(new, CONTEXT))


def at_settings() -> Slice:
    return told(Slice(), Answered("new structure", COPPER), Answered("new form", FORM))


def at_inputs() -> Slice:
    return told(at_settings(), Answered("new inputs", RENDERED, 3), Answered("new key", "key-0001", "d1"))


def test_entering_fetches_the_lists() -> None:
    assert calls(update(Slice(), Entered("new"), CONTEXT)[1]) == ["structures.list", "templates.list"]
    _, effects = update(Slice(), Entered("new", ("3",)), CONTEXT)
    assert calls(effects)[-1] == "structures.show"
    _, effects = update(Slice(), Entered("new", ("~/cu.cif",)), CONTEXT)
    assert effects[-1] == FindPath("~/cu.cif", "new path")


def test_a_path_is_completed_then_read() -> None:
    new, effects = press(Slice(), "/", "t", "m", "tab")
    assert isinstance(effects[0], ListFolder)
    new = told(new, Answered("path names", ("/tmp/a.cif", "/tmp/a.vasp"), ("new", "/tm")))
    assert new.path.text == "/tmp/a."
    assert "/tmp/a.vasp" in words(new)
    new, effects = press(new, "c", "i", "f", "enter")
    assert effects == (FindPath("/tmp/a.cif", "new path"),)
    new, (read,) = update(new, Answered("new path", "/tmp/a.cif"), CONTEXT)
    assert isinstance(read, Call)
    assert (read.method.name, read.params.path) == ("structures.import", "/tmp/a.cif")


def test_typing_searches_the_stored_ones() -> None:
    new, effects = press(Slice(), "c")
    assert (calls(effects), effects[0].params.search) == (["structures.list"], "c")
    late = Answered("new stored", StructurePage((ROW,), ""), "co")
    assert told(new, late) == new
    new = told(new, Answered("new stored", StructurePage((ROW,), ""), "c"))
    _, effects = press(new, "enter")
    assert (calls(effects), effects[0].params.pk) == (["structures.show"], 3)


def test_a_refused_file_keeps_what_was_typed() -> None:
    new = replace(Slice(), path=prompt_of("new", "/tmp/bad.cif"))
    new = told(new, Refused("new structure", InvalidStructure("it is disordered", field="path")))
    assert (new.step, new.path.text) == (STRUCTURE, "/tmp/bad.cif")
    assert "it is disordered" in words(new)


def test_a_template_is_chosen_and_one_that_cannot_run_says_why() -> None:
    new = told(
        Slice(), Answered("new structure", COPPER), Answered("new templates", TemplateList((RELAX, VASP)))
    )
    assert new.step == TEMPLATE
    _, effects = press(new, "enter")
    assert effects[0].params.name == "emt.relax"
    assert "no cluster yet" in words(press(new, "down")[0])


def test_templates_are_searched_while_typing() -> None:
    new = told(
        Slice(), Answered("new structure", COPPER), Answered("new templates", TemplateList((RELAX, VASP)))
    )
    new, _ = press(new, "down", "/", *"VASP")
    assert SCREEN.typing(new)
    assert "1 of 2" in words(new)
    assert RELAX.name not in words(new)
    new, effects = press(new, "enter", "enter")
    assert effects[0].params.name == VASP.name
    assert not SCREEN.typing(new)
    none, effects = press(new, "/", "?", "enter", "enter", "down")
    assert (effects, "no template has all these words" in words(none)) == ((), True)
    again, _ = press(none, "/", "esc")
    assert (again.template_search, RELAX.name in words(again)) == ("", True)
    pasted = told(press(again, "/")[0], Pasted(RELAX.name))
    assert "1 of 2" in words(pasted)
    assert RELAX.title in words(pasted)


def test_settings_are_edited_checked_and_reset() -> None:
    new, _ = press(at_settings(), "enter", "ctrl u", "x", "enter")
    assert new.texts == {"relax_kwargs.fmax": "x"}
    assert "give a number" in words(new)
    _, effects = press(new, "tab")
    assert isinstance(effects[0], Say)
    new, effects = press(new, "u", "enter", "ctrl u", "0", ".", "5", "enter", "tab")
    assert effects[0].params.values == {"relax_kwargs.fmax": 0.5}
    new, _ = press(at_settings(), "down", "enter")
    assert new.texts == {"relax_cell": "no"}
    assert press(new, "enter")[0].texts == {}
    assert "symmetry tolerance" not in words(at_settings())
    assert "symmetry tolerance" in words(press(at_settings(), "a")[0])


def test_the_field_that_the_server_refuses_is_selected() -> None:
    error = InvalidForm("too small", field="values.symprec")
    new = told(at_settings(), Refused("new inputs", error))
    assert (new.step, new.setting_at.index) == (SETTINGS, 2)
    assert "too small" in words(new)


def test_inputs_are_shown_and_get_a_key() -> None:
    new, effects = update(at_settings(), Answered("new inputs", RENDERED, 3), CONTEXT)
    assert (new.step, isinstance(effects[0], NewKey)) == (INPUTS, True)
    assert "POSCAR" in words(new)
    assert "{}" in words(press(new, "right")[0])
    late = Answered("new inputs", RENDERED, 4)
    assert told(at_settings(), late) == at_settings()


def test_every_attempt_sends_the_same_key() -> None:
    new, effects = press(at_inputs(), "enter", "m", "y", "enter")
    assert (new.step, effects[0].params.key, effects[0].params.label) == (SUBMIT, "key-0001", "my")
    assert press(new, "enter")[1] == (), "one attempt at a time"
    new = told(new, Refused("new submit", ConnectionLost("gone")))
    again, effects = press(new, "enter")
    assert (effects[0].params.key, effects[0].params.digest) == ("key-0001", "d1")
    same = told(again, Refused("new submit", ConnectionLost("gone")), Answered("new inputs", RENDERED, 3))
    assert same.key == "key-0001"


def test_a_submitted_job_is_shown_and_its_key_is_spent() -> None:
    done = Submitted(9, "u", JobState.CREATED, "emt.relax", reused=False)
    new, effects = update(at_inputs(), Answered("new submit", done), CONTEXT)
    assert effects[:2] == (Back(), Open("job", ("9",)))
    assert (new.key, new.texts, new.structure) == ("", {}, COPPER)


def test_a_template_that_does_not_run_is_not_submitted() -> None:
    new = replace(at_inputs(), template=TemplateDetail(VASP, ()))
    new, effects = press(new, "enter")
    assert (new.step, isinstance(effects[0], Say)) == (INPUTS, True)


def test_steps_back_lose_nothing() -> None:
    new, _ = press(at_inputs(), "enter", "esc", "esc", "esc", "esc")
    assert (new.step, new.structure, new.template) == (STRUCTURE, COPPER, FORM)
    assert press(new, "esc")[1] == (Back(),)


def test_the_mouse_walks_the_steps_and_selects() -> None:
    new = update(at_inputs(), MousePressed(0, 2, 1), CONTEXT)[0]
    assert new.step == STRUCTURE
    new = update(at_settings(), MousePressed(4, 5, 1), CONTEXT)[0]
    assert new.setting_at.index == 1
    assert update(new, MousePressed(4, 5, 1), CONTEXT)[0].texts == {"relax_cell": "no"}


LIKE = JobSpec(
    "emt.relax",
    (3,),
    {"relax_kwargs.fmax": 0.05, "relax_cell": False},
    label="mine",
    cluster="hpc",
    code="vasp_std",
    resources=Resources(partition="short", walltime_s=3600),
)
DRAFT = JobDraft(12, LIKE, (LeftOut("values.gone", "emt.relax no longer has a setting gone."),))


def like(draft: JobDraft, *messages: Any) -> tuple[Slice, tuple[Any, ...]]:
    new, _ = update(Slice(), Entered("new", ("like", "12")), CONTEXT)
    effects: tuple[Any, ...] = ()
    for message in (Answered("new draft", draft), *messages):
        new, effects = update(new, message, CONTEXT)
    return new, effects


def test_a_new_job_like_another_is_filled_in() -> None:
    _, effects = update(Slice(), Entered("new", ("like", "12")), CONTEXT)
    assert "jobs.clone" in calls(effects)
    assert calls(like(DRAFT)[1]) == ["structures.show"]
    assert calls(like(DRAFT, Answered("new structure", COPPER))[1]) == ["templates.show"]
    new, _ = like(DRAFT, Answered("new structure", COPPER), Answered("new form", FORM))
    assert (new.step, new.texts) == (SETTINGS, {"relax_kwargs.fmax": "0.05", "relax_cell": "no"})
    given = form.values(new.job)
    assert [given[name] for name in ("label", "cluster", "code", "partition", "walltime_s")] == [
        "mine", "hpc", "vasp_std", "short", "1:00:00",
    ]  # fmt: skip
    assert SCREEN.title(new) == "new job like 12"
    shown = "\n".join("".join(span.text for span in line) for line in view(new, CONTEXT))
    assert "not as in job 12" in shown
    assert "no longer has a setting gone" in shown


def test_a_job_that_went_on_from_another_does_so_again() -> None:
    spec = JobSpec("vasp.non_scf", (3,), restart_pk=42, retrieve=("CHGCAR",), corrections=2)
    new, _ = like(
        JobDraft(12, spec),
        Answered("new structure", COPPER),
        Answered("new form", TemplateDetail(BANDS, (CELL,))),
    )
    assert new.texts == {"restart_pk": "42"}
    given = form.values(new.job)
    assert (given["corrections"], given["retrieve"], given["retrieve_mb"]) == ("2", "CHGCAR", "50")


def test_what_is_missing_is_chosen_by_hand() -> None:
    new, effects = like(replace(DRAFT, spec=replace(LIKE, structures=())))
    assert (new.step, effects) == (STRUCTURE, ())
    assert calls(update(new, Answered("new structure", COPPER), CONTEXT)[1]) == ["templates.show"]
    new, effects = like(replace(DRAFT, spec=replace(LIKE, template="")), Answered("new structure", COPPER))
    assert (new.step, effects) == (TEMPLATE, ())
    assert update(new, Answered("new form", FORM), CONTEXT)[0].texts == {}


def test_a_wrong_pk_leaves_what_was_typed() -> None:
    typed = Slice(path=prompt_of("new", "si"), step=STRUCTURE)
    new, effects = update(typed, Entered("new", ("like", "x")), CONTEXT)
    assert new.path == typed.path
    assert isinstance(effects[-1], Say)


BANDS = replace(VASP, name="vasp.non_scf", runnable=True, restart=Restart.REQUIRED)


def test_an_earlier_job_is_a_setting_of_templates_that_go_on_from_one() -> None:
    at_template = Slice(TEMPLATE, structure=COPPER)
    new = told(at_template, Answered("new form", TemplateDetail(BANDS, (CELL,))))
    assert "restart from job" in words(new)
    typed, _ = press(new, "enter", "backspace", "backspace", "backspace", "backspace", "4", "2", "enter")
    _, (call,) = press(typed, "tab")
    assert (call.params.restart_pk, call.params.values) == (42, {})
    gone = InvalidForm("Job 42 has not ended", field="restart_pk", hint="Wait for its end.")
    refused = told(typed, Refused("new submit", gone))
    assert refused.step == SETTINGS
    assert "has not ended" in words(refused)
    kept = told(
        typed, Answered("new form", TemplateDetail(replace(BANDS, name="vasp.dense_uniform"), (CELL,)))
    )
    assert kept.texts == {"restart_pk": "42"}
    assert "restart from job" not in words(told(at_template, Answered("new form", FORM)))


BAND = replace(VASP, name="vasp.neb_from_images", runnable=True, takes=Takes("images", 3, 100, "In order."))


def test_a_template_of_several_structures_asks_for_them_among_the_settings() -> None:
    new = told(Slice(TEMPLATE, structure=COPPER), Answered("new form", TemplateDetail(BAND, (CELL,))))
    assert "images" in words(new)
    typed, _ = press(new, "enter", *"3, 4 5", "enter")
    _, (call,) = press(typed, "tab")
    assert (call.params.structures, call.params.values) == ((3, 4, 5), {})
    for wrong in ("4 3 5", "3 x", "99999999999"):
        other, _ = press(new, "enter", *wrong, "enter")
        assert "pks, 3 first" in words(other)
        assert isinstance(press(other, "tab")[1][0], Say)
    few = InvalidForm("vasp.neb_from_images takes 3 to 100 images, and one was given", field="structures")
    refused = told(new, Refused("new inputs", few))
    assert "takes 3 to 100 images" in words(refused)


def test_a_band_like_another_has_its_images() -> None:
    draft = JobDraft(12, JobSpec(BAND.name, (3, 4, 5)))
    new, _ = like(
        draft, Answered("new structure", COPPER), Answered("new form", TemplateDetail(BAND, (CELL,)))
    )
    assert new.texts == {"structures": "3 4 5"}
    assert press(new, "tab")[1][0].params.structures == (3, 4, 5)
