"""Settings of submit: short names stand for nested ones where only one can be meant."""

from typing import Any

import pytest

from crystalmath_server.protocol.templates import FieldType, FormField, TemplateDetail, TemplateRow
from crystalmath_tui.cli.parser import parse
from crystalmath_tui.cli.running import SUBMIT_OPTIONS, full_names
from crystalmath_tui.cli.session import Session

ROW = TemplateRow("emt.relax", "Relax", "emt", "relax", "", "", runnable=True)
NAMES = ("steps", "relax_kwargs.fmax", "relax_kwargs.steps", "first.seed", "second.seed")


class Form(Session):
    """A session whose server knows one form."""

    def call(self, method: Any, params: Any) -> Any:
        assert (method.name, params.name) == ("templates.show", "relax")
        return TemplateDetail(ROW, tuple(FormField(name, FieldType.NUMBER, name) for name in NAMES))


@pytest.mark.parametrize(
    "given,meant",
    [
        ("fmax", "relax_kwargs.fmax"),
        ("relax_kwargs.fmax", "relax_kwargs.fmax"),
        ("steps", "steps"),
        ("seed", "seed"),  # two fields end so: the server refuses it by its name
        ("unknown", "unknown"),
    ],
)
def test_a_short_name_is_taken_where_it_is_clear(given: str, meant: str) -> None:
    assert full_names(Form(), "relax", {given: 1}) == {meant: 1}


def test_submit_takes_program_resources_and_reuse() -> None:
    words = ["POSCAR", "--template", "emt.relax", "--cluster", "hpc", "--code", "py", "--reuse"]
    found = parse(SUBMIT_OPTIONS, [*words, "--resource", "nodes=2", "--resource", "partition=short"])
    given = {name: found[name] for name in ("cluster", "code", "reuse", "resources")}
    asked = {"nodes": 2, "partition": "short"}
    assert given == {"cluster": "hpc", "code": "py", "reuse": True, "resources": asked}
