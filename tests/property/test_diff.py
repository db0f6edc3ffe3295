"""Diffs of keyed rows: they apply, and they are small."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.protocol.diff import apply, diff


@dataclass(frozen=True, slots=True)
class Row:
    """A row with a content."""

    pk: int
    text: str


ROWS = st.lists(st.builds(Row, st.integers(0, 12), st.sampled_from("abc")), unique_by=lambda row: row.pk)


@given(ROWS, ROWS)
def test_apply_of_diff_is_new(old: list[Row], new: list[Row]) -> None:
    assert apply(old, diff(old, new)) == new


@given(ROWS)
def test_no_diff_where_nothing_changed(rows: list[Row]) -> None:
    assert not diff(rows, rows)


@given(ROWS, ROWS)
def test_each_row_is_sent_at_most_once(old: list[Row], new: list[Row]) -> None:
    found = diff(old, new)
    sent = [row.pk for row in found.changed] + [placed.row.pk for placed in found.placed]
    assert len(sent) == len(set(sent))
    assert set(found.removed).isdisjoint(sent)


@given(ROWS, st.data())
def test_a_single_move_places_one_row(rows: list[Row], data: st.DataObject) -> None:
    if not rows:
        return
    moved = list(rows)
    row = moved.pop(data.draw(st.integers(0, len(rows) - 1)))
    moved.insert(data.draw(st.integers(0, len(rows) - 1)), row)
    assert len(diff(rows, moved).placed) <= 1
