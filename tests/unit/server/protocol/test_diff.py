"""Diffs of keyed rows by example."""

from dataclasses import dataclass

from crystalmath_server.protocol.diff import Diff, Placed, apply, diff


@dataclass(frozen=True, slots=True)
class Row:
    """A row with a content."""

    pk: int
    text: str = ""


def test_content_alone_is_a_change_in_place() -> None:
    assert diff([Row(1), Row(2)], [Row(1), Row(2, "x")]) == Diff(changed=(Row(2, "x"),))


def test_a_new_row_on_top_moves_nothing() -> None:
    assert diff([Row(1), Row(2)], [Row(3), Row(1), Row(2)]) == Diff(placed=(Placed(0, Row(3)),))


def test_a_row_that_is_gone_is_named_by_its_key() -> None:
    assert diff([Row(1), Row(2)], [Row(2)]) == Diff(removed=(1,))


def test_a_row_that_moves_and_changes_is_placed_with_its_content() -> None:
    old, new = [Row(1), Row(2), Row(3)], [Row(3, "x"), Row(1), Row(2)]
    assert diff(old, new) == Diff(placed=(Placed(0, Row(3, "x")),))
    assert apply(old, diff(old, new)) == new


def test_apply_leaves_its_argument_alone() -> None:
    rows = [Row(1)]
    assert apply(rows, Diff(removed=(1,))) == []
    assert rows == [Row(1)]
