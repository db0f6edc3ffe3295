"""Forms: places, choices, complaints, clicks; resources as texts."""

import pytest

from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.resources import Resources
from crystalmath_tui.core import resources as texts
from crystalmath_tui.core.form import (
    EMPTY_FORM,
    Form,
    click,
    form_lines,
    new_field,
    paste_text,
    press_key,
    values,
    with_error,
)
from crystalmath_tui.core.lines import Line

FIELDS = (
    new_field("label", "label", "hpc", "Its name."),
    new_field("kind", "kind", "b", "One of three.", ("a", "b", "c")),
    new_field("path", "path"),
)
FORM = Form(FIELDS, "Save")


def press(form: Form, *keys: str) -> Form:
    for key in keys:
        form = press_key(form, key) or form
    return form


def words(lines: tuple[Line, ...]) -> list[str]:
    return ["".join(span.text for span in each).rstrip() for each in lines]


def test_keys_edit_the_selected_field_and_walk_round() -> None:
    form = press(FORM, "2", "down", "right", "enter", "/", "x")
    assert values(form) == {"label": "hpc2", "kind": "c", "path": "/x"}
    assert press(form, "tab").at_button
    assert press(form, "tab", "tab").scroll.index == 0
    assert press(FORM, "up").at_button
    assert press_key(press(FORM, "up"), "x") is None


def test_a_choice_takes_no_other_value() -> None:
    form = press(FORM, "down", "z", "left", "left")
    assert values(form)["kind"] == "c"
    assert paste_text(form, "free") == form
    odd = Form((new_field("kind", "kind", "odd", choices=("a", "b")),))
    assert values(press(odd, "right"))["kind"] == "a"


def test_pasted_text_goes_into_the_field() -> None:
    assert values(paste_text(FORM, "-1\n"))["label"] == "hpc-1"


def test_a_complaint_goes_to_its_field_and_ends_with_an_edit() -> None:
    form = with_error(FORM, "path", "It must begin at the root.")
    assert form.scroll.index == 2
    assert " It must begin at the root." in words(form_lines(form, 12, 60))
    assert press(form, "/").complaint == ("", "")
    assert with_error(FORM, "nobody", "No.").scroll.index == 0


def test_help_is_below_and_the_selected_field_in_sight() -> None:
    many = Form(tuple(new_field(f"f{i}", f"field {i}", str(i), f"Help {i}.") for i in range(30)))
    shown = words(form_lines(press(many, *["down"] * 20), 10, 60))
    assert len(shown) == 9
    assert any("field 20" in each for each in shown)
    assert " Help 20." in shown
    assert words(form_lines(EMPTY_FORM, 5, 20))[1].strip() == "Save"


def test_a_click_selects_takes_the_next_choice_and_presses_the_button() -> None:
    form, pressed = click(FORM, 1, 12, 60)
    assert (form.scroll.index, pressed) == (1, False)
    assert values(click(form, 1, 12, 60)[0])["kind"] == "c"
    assert click(FORM, 4, 12, 60)[1], "the button is two lines below the last field"
    assert click(FORM, 3, 12, 60) == (FORM, False)
    assert click(FORM, 40, 12, 60) == (FORM, False)


@pytest.mark.parametrize(
    "text, seconds", [("", 0), ("90", 90), ("1:30", 90), ("1:00:00", 3600), ("2-01:00:00", 176400)]
)
def test_a_walltime_is_read_in_every_way(text: str, seconds: int) -> None:
    assert texts.seconds(text) == seconds
    assert texts.seconds(texts.text_of("walltime_s", seconds)) == seconds


@pytest.mark.parametrize(
    "name, text",
    [("walltime_s", "1h"), ("nodes", "-1"), ("nodes", "٣"), ("gpus", "1.5"), ("memory_mb", "9" * 20)],
)
def test_a_text_that_is_no_number_is_told_with_its_field(name: str, text: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        texts.resources({name: text})
    assert refused.value.data.field == name


def test_resources_come_back_as_they_were_shown() -> None:
    given = Resources("short", "proj", "", 5400, 2, 16, 1, 4000, 0, ("vasp/6", "mkl"), "a=1\nb=2", "")
    shown = {each.name: each.text.text for each in texts.resource_fields(given, "asked for")}
    assert shown["modules"] == "vasp/6 mkl"
    assert texts.resources(shown) == given


def test_only_what_differs_from_the_defaults_is_asked_for() -> None:
    defaults = Resources(partition="short", nodes=2, modules=("vasp/6",))
    shown = {each.name: each.text.text for each in texts.resource_fields(defaults, "")}
    assert texts.changes(shown, defaults) == Resources()
    assert texts.changes({**shown, "nodes": "4", "partition": ""}, defaults) == Resources("", nodes=4)
