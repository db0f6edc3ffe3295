"""Fields of a form, from the dataclass fields of a Maker."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from crystalmath_server.adapters.worker.forms import form


class Kpoints:
    """A default that no form can edit, as a molecule's Maker has it."""


@dataclass
class Generator:
    """An input set generator."""

    user_incar_settings: dict[str, Any] = field(default_factory=dict)
    user_kpoints_settings: Any = field(default_factory=Kpoints)


@dataclass
class Maker:
    """A Maker."""

    input_set_generator: Generator = field(default_factory=Generator)


SHOWN = ("input_set_generator.user_incar_settings", "input_set_generator.user_kpoints_settings")


def test_a_default_that_is_an_object_is_left_out_of_the_form() -> None:
    fields = form(Maker(), SHOWN, frozenset())
    assert [each.name for each in fields] == [SHOWN[0]]
    orjson.dumps(fields)


def test_what_is_shown_comes_first_and_the_rest_is_advanced() -> None:
    fields = form(Maker(), (), frozenset())
    assert [(each.name, each.advanced) for each in fields] == [(SHOWN[0], True)]
