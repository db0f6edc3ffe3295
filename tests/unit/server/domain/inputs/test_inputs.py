"""Reading of input files: INCAR as VASP reads it, and what inputs.check takes."""

import anyio
import pytest

from crystalmath_server.domain.inputs import diff as inputs_diff
from crystalmath_server.domain.inputs import incar_text, potcar_text
from crystalmath_server.domain.inputs.incar_catalog import KnownTag
from crystalmath_server.domain.inputs.incar_help import MEANINGS, SUMMARIES
from crystalmath_server.domain.inputs.incar_values import numbers, real, whole
from crystalmath_server.domain.inputs.problems import ERROR, NOTE, in_file, in_order, sentence
from crystalmath_server.handlers import inputs
from crystalmath_server.protocol.errors import InvalidForm, RpcError
from crystalmath_server.protocol.inputs import (
    INPUTS_CHECK,
    CheckInputsParams,
    DiffInputsParams,
    InputDiff,
    InputSource,
    ListTagsParams,
    TagChange,
)
from tests import fakes
from tests.fake_jobs import FakeJobs

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
    late = in_file("POSCAR", 2, ERROR, "x", "two", "Fix.")
    soon = in_file("INCAR", 0, NOTE, "x", "one", "Look?")
    assert in_order((late, soon, late)) == (soon, late)
    assert sentence(late) == "POSCAR:2: error: two. Fix."
    assert sentence(soon) == "INCAR: note: one. Look?"


@pytest.mark.parametrize("files", [{}, {"OUTCAR": ""}])
def test_files_of_no_inputs_are_refused(files: dict[str, str]) -> None:
    with pytest.raises(InvalidForm) as caught:
        anyio.run(inputs.check, fakes.ports(), CheckInputsParams(files))
    assert caught.value.data.field == "files"
    assert "INCAR" in caught.value.data.hint


def test_the_example_finds_its_fault() -> None:
    params = CheckInputsParams(dict(INPUTS_CHECK.example.params["files"]))  # type: ignore[call-overload]
    report = anyio.run(inputs.check, fakes.ports(), params)
    assert next((row.line, row.code) for row in report.problems) == (1, "incar.unknown_tag")


LEFT = {"INCAR": "EDIFF = 1e-5 ; ENCUT = 520\nMAGMOM = 2*0.6\n", "KPOINTS": "a\n0\nGamma\n4 4 4\n"}
RIGHT = {
    "INCAR": "# other order\nMAGMOM = 0.6 0.6\nEDIFF = 0.00001\nISMEAR = 0\n",
    "KPOINTS": "b\n0\nG\n4 4 4\n",
}


def compared(left: InputSource, right: InputSource) -> InputDiff:
    return anyio.run(inputs.diff, fakes.ports(), DiffInputsParams(left, right))


def test_inputs_are_compared_by_meaning() -> None:
    catalogue = {"EDIFF": KnownTag("float"), "ENCUT": KnownTag("float"), "MAGMOM": KnownTag("list")}
    found = inputs_diff.diff(LEFT, RIGHT, catalogue, None)
    assert found.tags == (
        TagChange("ENCUT", "removed", "520", ""),
        TagChange("ISMEAR", "added", "", "0"),
    )
    assert found.kpoints is None
    assert not found.same
    assert set(found.texts) == {"INCAR", "KPOINTS"}
    assert inputs_diff.diff(LEFT, {**RIGHT, "INCAR": LEFT["INCAR"]}, catalogue, None).same
    coarse = {**LEFT, "KPOINTS": "a\n0\nGamma\n2 2 2\n"}
    assert inputs_diff.diff(LEFT, coarse, catalogue, None).kpoints == ("Gamma mesh 4×4×4", "Gamma mesh 2×2×2")


def test_a_template_is_compared_with_texts() -> None:
    prepared = InputSource(template="vasp.static", structure_pk=1)
    found = compared(prepared, InputSource({"INCAR": "ENCUT = 400\nISMEAR = 0\n"}))
    assert [(row.tag, row.left, row.right) for row in found.tags] == [("ENCUT", "520", "400")]


def test_a_job_is_compared_by_what_it_was_sent() -> None:
    jobs = FakeJobs()
    jobs.add().files[("inputs", "INCAR")] = b"ENCUT = 400\n"
    params = DiffInputsParams(InputSource(job_pk=1), InputSource({"INCAR": "ENCUT = 4e2\n"}))
    assert anyio.run(inputs.diff, fakes.ports(jobs=jobs), params).same


@pytest.mark.parametrize(
    "source, field",
    [
        (InputSource(), "right"),
        (InputSource({"INCAR": ""}, job_pk=1), "right"),
        (InputSource(template="vasp.static"), "right"),
        (InputSource({"OUTCAR": ""}), "right.files"),
        (InputSource(job_pk=1), "right.job_pk"),
        (InputSource(job_pk=99), "right.job_pk"),
        (InputSource(template="emt.relax", structure_pk=1), "right.template"),
        (InputSource(template="vasp.static", structure_pk=99), "right.structure_pk"),
        (InputSource(template="nonsense", structure_pk=1), "right.template"),
    ],
)
def test_what_is_no_inputs_is_refused(source: InputSource, field: str) -> None:
    with pytest.raises(RpcError) as caught:
        compared(InputSource({"INCAR": ""}), source)
    assert caught.value.data.field == field
    assert caught.value.data.hint


def tags(search: str) -> list[str]:
    return [row.name for row in anyio.run(inputs.tags, fakes.ports(), ListTagsParams(search)).rows]


def test_tags_are_found_by_name_else_by_their_words() -> None:
    assert tags(" ismear ") == ["ISMEAR"]
    assert "ENCUT" in tags("plane waves")
    assert tags("no such tag anywhere") == []
    assert {"ENCUT", "EDIFF", "ISMEAR", "KSPACING"} <= set(tags(""))
    assert tags("") == sorted(tags(""))


def test_a_tag_is_told_with_kind_values_and_what_they_mean() -> None:
    (row,) = anyio.run(inputs.tags, fakes.ports(), ListTagsParams("ISMEAR")).rows
    assert (row.kind, row.default, row.group) == ("int", "1", "smearing")
    assert row.meanings["0"].startswith("Gaussian")
    assert "Fermi level" in row.summary


def test_words_are_whole_sentences() -> None:
    assert len(SUMMARIES) >= 60
    assert [text for text in SUMMARIES.values() if not text.endswith(".") or len(text) > 100] == []
    assert set(MEANINGS) <= set(SUMMARIES)
    assert [words for rows in MEANINGS.values() for words in rows.values() if not 0 < len(words) < 60] == []
