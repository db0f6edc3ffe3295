"""Reading of decks: INCAR as VASP reads it, and what decks.check takes."""

import anyio
import pytest

from crystalmath_server.domain import incar_text, potcar_text
from crystalmath_server.domain.deck_problem import ERROR, NOTE, in_file, in_order, sentence
from crystalmath_server.domain.incar_values import numbers, real, whole
from crystalmath_server.handlers import decks
from crystalmath_server.protocol.decks import DECKS_CHECK, CheckDeckParams
from crystalmath_server.protocol.errors import InvalidForm
from tests import fakes

INCAR = """# all of it
ENCUT = 520 ; ismear=0 ! two on a line
MAGMOM = 4*5.0 \\
  4*0.6
SYSTEM = "a title; with = signs
and two lines"
LWAVE = .FALSE.
"""


def test_an_incar_is_read_as_vasp_reads_it() -> None:
    tags, problems = incar_text.read(INCAR)
    assert problems == ()
    assert [(tag.name, tag.line, tag.column) for tag in tags] == [
        ("ENCUT", 2, 1),
        ("ISMEAR", 2, 15),
        ("MAGMOM", 3, 1),
        ("SYSTEM", 5, 1),
        ("LWAVE", 7, 1),
    ]
    assert [tag.value for tag in tags[:3]] == ["520", "0", "4*5.0    4*0.6"]


@pytest.mark.parametrize(
    "text, value",
    [("520", 520.0), ("1d-5", 1e-5), (".5", 0.5), ("5.", 5.0), ("abc", None), ("1e999", None), ("", None)],
)
def test_numbers_of_fortran(text: str, value: float | None) -> None:
    assert real(text) == value


def test_lists_and_whole_numbers() -> None:
    assert numbers("2*3*-1 0.5") == (*[-1.0] * 6, 0.5)
    assert numbers("99999999*1") is None
    assert numbers("4*Ni") is None
    assert (whole("+3"), whole("1.5"), whole("9" * 30)) == (3, None, None)


def test_potcars_are_told_by_symbols_or_by_their_headers() -> None:
    assert [row.symbol for row in potcar_text.read("Fe_pv\nO # oxygen\n")] == ["Fe_pv", "O"]
    header = "TITEL = PAW_PBE Fe_pv 02Aug2007\n ZVAL = 14.000 mass\n ENMAX = 293.238; ENMIN\n"
    (iron,) = potcar_text.read(header)
    assert (iron.element, iron.zval, iron.enmax) == ("Fe", 14.0, 293.238)


def test_problems_are_in_order_and_in_words() -> None:
    late = in_file("POSCAR", 2, ERROR, "x", "two", "Mend.")
    soon = in_file("INCAR", 0, NOTE, "x", "one", "Look?")
    assert in_order((late, soon, late)) == (soon, late)
    assert sentence(late) == "POSCAR:2: error: two. Mend."
    assert sentence(soon) == "INCAR: note: one. Look?"


@pytest.mark.parametrize("files", [{}, {"OUTCAR": ""}])
def test_files_of_no_deck_are_refused(files: dict[str, str]) -> None:
    with pytest.raises(InvalidForm) as caught:
        anyio.run(decks.check, fakes.ports(), CheckDeckParams(files))
    assert caught.value.data.field == "files"
    assert "INCAR" in caught.value.data.hint


def test_the_example_finds_its_fault() -> None:
    params = CheckDeckParams(dict(DECKS_CHECK.example.params["files"]))  # type: ignore[call-overload]
    report = anyio.run(decks.check, fakes.ports(), params)
    assert next((row.line, row.code) for row in report.problems) == (1, "incar.unknown_tag")
