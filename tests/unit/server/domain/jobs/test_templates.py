"""domain/templates.py: names, values, words."""

import pytest

from crystalmath_server.domain.jobs.templates import (
    check_elements,
    check_value,
    check_values,
    nest,
    resolve,
    without_replaced,
)
from crystalmath_server.protocol.errors import InvalidForm, InvalidTemplate, NotFound
from crystalmath_server.protocol.templates import FieldType, FormField, TemplateRow

FMAX = FormField("relax_kwargs.fmax", FieldType.NUMBER, "force tolerance", 0.01, "eV/Å", 1e-6, 10)
STEPS = FormField("steps", FieldType.INTEGER, "most steps", 500, minimum=2)
CELL = FormField("relax_cell", FieldType.BOOLEAN, "relax the cell", True)
KIND = FormField("ensemble", FieldType.CHOICE, "ensemble", "nvt", choices=("nve", "nvt"))
TAGS = FormField("user_incar_settings", FieldType.JSON, "INCAR settings", {})
SEED = FormField("seed", FieldType.INTEGER, "seed", optional=True)
FIELDS = (FMAX, STEPS, CELL, KIND, TAGS, SEED)


def row(name: str, *, runnable: bool = True) -> TemplateRow:
    engine, kind = name.split(".")
    return TemplateRow(name, name, engine, kind, "", "", runnable=runnable)


def test_defaults_fill_what_is_not_given() -> None:
    values = check_values(FIELDS, {"relax_kwargs.fmax": 1})
    assert values == {
        "relax_kwargs.fmax": 1.0, "steps": 500, "relax_cell": True, "ensemble": "nvt",
        "user_incar_settings": {}, "seed": None,
    }  # fmt: skip


def test_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(InvalidForm) as caught:
        check_values(FIELDS, {"relax_kwargs.fmx": 1})
    assert caught.value.data.field == "values.relax_kwargs.fmx"
    assert caught.value.data.hint == "Did you mean relax_kwargs.fmax?"


@pytest.mark.parametrize(
    "field, value, words",
    [
        (FMAX, "a", "'a' is not a number"),
        (FMAX, True, "True is not a number"),
        (FMAX, float("nan"), "nan is not a number"),
        (FMAX, 0, "0 is below 1e-06"),
        (FMAX, 11, "11 is above 10"),
        (FMAX, None, "None is not a number"),
        (STEPS, 1.5, "1.5 is not a whole number"),
        (STEPS, 1, "1 is below 2"),
        (CELL, 1, "1 is not true or false"),
        (KIND, "npt", "'npt' is none of nve, nvt"),
        (TAGS, [], "[] is not of the kind of {}"),
    ],
)
def test_wrong_values_are_refused(field: FormField, value: object, words: str) -> None:
    with pytest.raises(InvalidForm, match=r".") as caught:
        check_value(field, value)
    assert words in caught.value.data.detail
    assert caught.value.data.hint.startswith("Give ")


def test_null_is_taken_where_optional() -> None:
    assert check_value(SEED, None) is None


def test_a_kind_alone_takes_the_best_engine_that_runs() -> None:
    rows = [row("emt.relax"), row("chgnet.relax"), row("vasp.relax", runnable=False)]
    assert resolve("relax", rows).name == "chgnet.relax"
    rows = [row("emt.relax"), row("chgnet.relax", runnable=False)]
    assert resolve("relax", rows).name == "emt.relax"
    assert resolve("chgnet.relax", rows).name == "chgnet.relax"


def test_unknown_template_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        resolve("emt.relx", [row("emt.relax")])
    assert caught.value.data.hint == "Did you mean emt.relax?"
    assert caught.value.data.field == "name"


def test_elements_that_the_engine_lacks_are_named() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        check_elements("EMT", ("Si", "Cu", "O"), ("Cu",), ("chgnet.relax",))
    assert caught.value.data.detail == "EMT does not know O, Si"
    assert "chgnet.relax" in caught.value.data.hint
    check_elements("EMT", ("Cu",), ("Cu",), ())


def test_dotted_names_become_nested() -> None:
    assert nest({"a.b": 1, "a.c.d": 2, "e": 3}) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}


def test_a_setting_takes_the_place_of_the_default_of_another() -> None:
    pairs = (("mesh", "density"),)
    assert without_replaced({"mesh": [4, 4, 4]}, pairs) == {"mesh": [4, 4, 4], "density": None}
    assert without_replaced({"mesh": None, "density": 3}, pairs) == {"mesh": None, "density": 3}
    assert without_replaced({}, pairs) == {}
    with pytest.raises(InvalidForm) as caught:
        without_replaced({"mesh": [4, 4, 4], "density": 3}, pairs)
    assert caught.value.data.field == "values.mesh"
    assert caught.value.data.hint == "Leave out mesh or density."
