"""diff(old, new) and apply(rows, diff) of ordered rows keyed by pk."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from crystalmath_server.protocol.record import record


class Keyed(Protocol):
    """A row identified by its pk."""

    @property
    def pk(self) -> int:
        """The key, unique in each list."""
        ...


RowT = TypeVar("RowT", bound=Keyed)


@record
class Placed(Generic[RowT]):
    """A new or moved row and its index in the new list."""

    index: int
    row: RowT


@record
class Diff(Generic[RowT]):
    """The changes that turn one list of rows into another.

    Attributes
    ----------
    removed
        Keys of removed rows.
    changed
        Rows with new content that keep their place relative to the other unmoved rows.
    placed
        New or moved rows, by ascending index.
    """

    removed: tuple[int, ...] = ()
    changed: tuple[RowT, ...] = ()
    placed: tuple[Placed[RowT], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.removed or self.changed or self.placed)


def diff(old: Sequence[RowT], new: Sequence[RowT]) -> Diff[RowT]:
    """The smallest difference, moving as few rows as possible.

    Parameters
    ----------
    old, new
        Rows with unique pks.
    """
    before = {row.pk: row for row in old}
    after = {row.pk for row in new}
    position = {pk: index for index, pk in enumerate(before)}
    common = [row.pk for row in new if row.pk in before]
    staying = {common[index] for index in _longest_rising([position[pk] for pk in common])}
    return Diff(
        removed=tuple(pk for pk in before if pk not in after),
        changed=tuple(row for row in new if row.pk in staying and row != before[row.pk]),
        placed=tuple(Placed(index, row) for index, row in enumerate(new) if row.pk not in staying),
    )


def apply(rows: Sequence[RowT], difference: Diff[RowT]) -> list[RowT]:
    """The new list; `apply(old, diff(old, new)) == list(new)`."""
    gone = {*difference.removed, *(placed.row.pk for placed in difference.placed)}
    changed = {row.pk: row for row in difference.changed}
    result = [changed.get(row.pk, row) for row in rows if row.pk not in gone]
    for placed in difference.placed:
        result.insert(placed.index, placed.row)
    return result


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """Indices of a longest rising subsequence of distinct numbers, by patience sorting."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, number in enumerate(numbers):
        pile = bisect_left(tails, number)
        tails[pile : pile + 1] = [number]
        ends[pile : pile + 1] = [index]
        previous.append(ends[pile - 1] if pile else -1)
    chain: list[int] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(index)
        index = previous[index]
    return chain
