"""The codec by example: what fits, and what an error names."""

from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

from crystalmath_server.protocol.codec import from_json, to_json
from crystalmath_server.protocol.errors import ErrorCode, InvalidParams
from crystalmath_server.protocol.jobs import JobRow, JobsPage, JobState, ListJobsParams, NodeLink
from crystalmath_server.protocol.method import Bound, Length
from crystalmath_server.protocol.series import Curve
from crystalmath_server.protocol.structures import Lattice, Site
from crystalmath_server.protocol.system import CancelParams

ROW = JobRow(7, "u", "silicon", JobState.RUNNING, "emt.relax", "Si2", "localhost", 1.0, 2.5)


@dataclass(frozen=True, slots=True)
class Every:
    """One field of every kind."""

    number: float | None
    choice: Literal["a", 1]
    pair: tuple[int, str]
    names: Annotated[list[str], Length(0, 2)]
    bounded: Annotated[float, Bound(0, 1)]
    table: dict[str, NodeLink]
    anything: object = None


GOOD = {"number": 1, "choice": "a", "pair": [1, "x"], "names": [], "bounded": 0.5, "table": {}}


def test_a_page_comes_back_whole() -> None:
    page = JobsPage(3, (ROW,), 1, {"running": 1}, "")
    assert from_json(JobsPage, to_json(page)) == page


def test_an_unknown_field_is_ignored() -> None:
    assert from_json(JobRow, {**to_json(ROW), "later": 1}) == ROW


def test_a_missing_field_takes_its_default() -> None:
    assert from_json(ListJobsParams, {}) == ListJobsParams()


def test_an_integer_is_a_float_where_a_float_is_due() -> None:
    decoded = from_json(Every, GOOD)
    assert (decoded.number, type(decoded.number)) == (1.0, float)


def test_a_union_takes_each_member() -> None:
    assert [from_json(CancelParams, {"id": value}).id for value in (1, "x")] == [1, "x"]


@pytest.mark.parametrize(
    "change,field",
    [
        ({"number": "1"}, "number"),
        ({"number": True}, "number"),
        ({"number": 10**400}, "number"),
        ({"choice": "b"}, "choice"),
        ({"choice": True}, "choice"),
        ({"choice": []}, "choice"),
        ({"pair": [1]}, "pair"),
        ({"pair": [1, 2]}, "pair.1"),
        ({"pair": "1x"}, "pair"),
        ({"names": ["a", 1]}, "names.1"),
        ({"names": ["a", "b", "c"]}, "names"),
        ({"bounded": 1.5}, "bounded"),
        ({"bounded": float("nan")}, "bounded"),
        ({"table": []}, "table"),
        ({"table": {"out": {"label": "x"}}}, "table.out.pk"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        from_json(Every, {**GOOD, **change})
    assert (caught.value.code, caught.value.data.field) == (ErrorCode.INVALID_PARAMS, field)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidParams, match="frac: is missing"):
        from_json(Site, {"species": "Si"})


def test_a_long_value_is_cut_in_the_error() -> None:
    with pytest.raises(InvalidParams) as caught:
        from_json(Lattice, {"a": "x" * 10_000})
    assert len(str(caught.value)) < 120


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidParams, match="set"):
        to_json({"a": {1}})


@pytest.mark.parametrize("rows", [(1.0, None, -2.5), (), (1.0, 2.0)])
def test_a_row_of_numbers_comes_as_it_is(rows: tuple[float | None, ...]) -> None:
    found = from_json(Curve, {"name": "a", "unit": "eV", "y": list(rows)})
    assert found.y == rows


def test_a_row_of_numbers_is_still_looked_at() -> None:
    mixed = from_json(Curve, {"name": "a", "unit": "eV", "y": [1.5, 2, None]})
    assert [type(value) for value in mixed.y] == [float, float, type(None)]
    for wrong in ("x", True, []):
        with pytest.raises(InvalidParams) as caught:
            from_json(Curve, {"name": "a", "unit": "eV", "y": [1.5, wrong]})
        assert caught.value.data.field == "y.1"
