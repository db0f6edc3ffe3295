"""A line of INCAR under the cursor: tag, value, what completes it; and a diff as lines."""

import pytest

from crystalmath_server.domain.inputs.edits import unified_diff
from crystalmath_server.protocol.inputs import KnownTag
from crystalmath_tui.core.diff_lines import rows_of, side_by_side, unified_lines
from crystalmath_tui.core.incar_line import assignments, choices, completion_text, paint_line, spot
from crystalmath_tui.core.lines import line_width

TAGS = {
    "ISMEAR": KnownTag(
        "ISMEAR", "int", ("-5", "0", "1"), "1", "smearing", "How states are filled.", {"0": "Gaussian"}
    ),
    "ISIF": KnownTag("ISIF", "int", ("2", "3"), "0", "", "What may change."),
    "LWAVE": KnownTag("LWAVE", "bool"),
    "ENCUT": KnownTag("ENCUT", "float"),
    "ISYMX": KnownTag("ISYMX", ""),
}


@pytest.mark.parametrize(
    "line, col, part, tag, word",
    [
        ("ISMEAR = 0", 3, "name", "ISMEAR", "ISMEAR"),
        ("ISMEAR = 0", 10, "value", "ISMEAR", "0"),
        ("ISMEAR = ", 9, "value", "ISMEAR", ""),
        ("ISM", 3, "name", "ISM", "ISM"),
        ("", 0, "name", "", ""),
        ("A = 1; nsw = 5", 13, "value", "NSW", "5"),
        ("A = 1; nsw = 5", 8, "name", "NSW", "nsw"),
        ("A = 1 # nsw = 5", 12, "nothing", "", ""),
        ("MAGMOM = 2 1", 12, "value", "MAGMOM", "1"),
    ],
)
def test_the_cursor_is_in(line: str, col: int, part: str, tag: str, word: str) -> None:
    found = spot(line, col)
    assert (found.part, found.tag, line[found.start : found.end]) == (part, tag, word)


def test_names_are_completed_the_usual_ones_first() -> None:
    assert [each.text for each in choices("is", 2, TAGS)] == ["ISIF", "ISMEAR", "ISYMX"]
    assert [each.text for each in choices("smear", 5, TAGS)] == ["ISMEAR"]
    assert completion_text(spot("is", 2), choices("is", 2, TAGS)[0]) == "ISIF = "
    assert completion_text(spot("is = 3", 2), choices("is", 2, TAGS)[0]) == "ISIF"


def test_values_are_completed_those_with_a_meaning_first() -> None:
    assert [(each.text, each.meaning) for each in choices("ISMEAR = ", 9, TAGS)] == [
        ("0", "Gaussian"), ("-5", ""), ("1", "default"),
    ]  # fmt: skip
    assert [each.text for each in choices("LWAVE = .f", 10, TAGS)] == [".FALSE."]
    assert choices("ENCUT = 5", 9, TAGS) == choices("# IS", 4, TAGS) == choices("QQ = ", 5, TAGS) == ()


@pytest.mark.parametrize("line", ["ENCUT = 520 ! eV", "", "# all", "A=1; B = 2", "words", "日 = 1"])
def test_painting_changes_no_letter(line: str) -> None:
    assert "".join(span.text for span in paint_line(line)) == line


def test_assignments_of_a_text() -> None:
    text = "SYSTEM = a # b = c\nENCUT=520; NSW = 3\nencut = 400\nloose"
    assert assignments(text) == {"SYSTEM": "a", "ENCUT": "520", "NSW": "3"}


DIFF = unified_diff("a\nb\nc\nd\n" + "x\n" * 9 + "e\n", "a\nB\nC\nnew\nd\n" + "x\n" * 9 + "f\n", "l", "r")


def test_both_sides_stand_beside_one_another() -> None:
    rows = rows_of(DIFF)
    pairs = [(row.left, row.right) for row in rows if row is not None]
    assert pairs[1:4] == [("b", "B"), ("c", "C"), ("", "new")]
    assert pairs[-1] == ("e", "f")
    assert rows.count(None) == 1
    assert [(row.left_number, row.right_number) for row in rows if row is not None][-1] == (14, 15)


def test_a_diff_is_told_by_signs_and_fits() -> None:
    words = ["".join(span.text for span in row) for row in unified_lines(DIFF)]
    assert " -b" in words
    assert " +new" in words
    for row in side_by_side(DIFF, 41):
        assert line_width(row) <= 41
