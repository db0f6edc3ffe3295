"""Jobs side by side: columns, units, order."""

import anyio
import pytest

from crystalmath_server.handlers import compare
from crystalmath_server.protocol.compare import CompareColumn, CompareParams
from crystalmath_server.protocol.errors import InvalidForm, NotFound
from crystalmath_server.protocol.jobs import JobState
from tests import fakes
from tests.fake_jobs import FakeJobs


def world():  # noqa: ANN201
    """A running job, and two that finished."""
    jobs = FakeJobs()
    ports = fakes.ports(jobs=jobs)
    for label in ("one", "two"):
        jobs.add(JobState.FINISHED, label=label)
    return ports


def test_columns_have_units_and_a_job_without_a_value_has_none() -> None:
    found = anyio.run(compare.compare, world(), CompareParams((1, 2, 2)))
    energy = CompareColumn("energy_per_atom", "energy per atom", "eV/atom")
    assert energy in found.columns
    place = found.columns.index(energy)
    assert [(row.pk, row.values[place]) for row in found.rows] == [(1, None), (2, -3.5)]
    assert [column.name for column in found.columns][:3] == ["state", "formula", "template"]
    assert all(len(row.values) == len(found.columns) for row in found.rows)


def test_columns_are_chosen_and_rows_sorted_with_what_lacks_last() -> None:
    params = CompareParams((1, 2, 3), ("energy_per_atom", "state"), "state", descending=True)
    found = anyio.run(compare.compare, world(), params)
    assert [column.name for column in found.columns] == ["energy_per_atom", "state"]
    assert [row.values[1] for row in found.rows] == ["running", "finished", "finished"]
    by_energy = CompareParams((1, 2), sort="energy_per_atom", descending=True)
    assert [row.pk for row in anyio.run(compare.compare, world(), by_energy).rows] == [2, 1]


@pytest.mark.parametrize(
    "params, error, field",
    [
        (CompareParams((1, 99)), NotFound, "pks"),
        (CompareParams((1,), ("stat",)), InvalidForm, "columns"),
        (CompareParams((1,), sort="gap"), InvalidForm, "sort"),
    ],
)
def test_what_is_not_there_is_refused(params: CompareParams, error: type[Exception], field: str) -> None:
    with pytest.raises(error) as caught:
        anyio.run(compare.compare, world(), params)
    assert caught.value.data.field == field  # type: ignore[attr-defined]
