import re
from dataclasses import replace
from typing import Any

import pytest

from crystalmath_server.domain.jobs.index import JobIndex
from crystalmath_server.domain.jobs.patterns import compile_pattern, is_tame
from crystalmath_server.protocol.errors import InvalidForm
from crystalmath_server.protocol.jobs import JobRow, JobState, ListJobsParams


def row(pk: int, state: JobState = JobState.FINISHED, label: str = "", **held: Any) -> JobRow:
    made = JobRow(pk, f"uuid-{pk}", label, state, "emt.relax", "Cu4", "localhost", 100.0 + pk, 200.0 + pk)
    return replace(made, **held)


def index(*rows: JobRow) -> JobIndex:
    made = JobIndex()
    made.upsert(rows)
    return made


def pks(found: JobIndex, **params: Any) -> list[int]:
    return [job.pk for job in found.page(ListJobsParams(**params)).rows]


THREE = (
    row(1, label="Copper", formula="Cu4", template="emt.static"),
    row(2, JobState.RUNNING, "Silicon", formula="Si2", cluster="daint"),
    row(3, JobState.FAILED, "salt", formula="NaCl", template="chgnet.relax"),
)


def test_newest_first_with_counts() -> None:
    page = index(*THREE).page(ListJobsParams())
    assert [job.pk for job in page.rows] == [3, 2, 1]
    assert (page.total, page.next_cursor) == (3, "")
    assert page.counts == {"finished": 1, "running": 1, "failed": 1}


@pytest.mark.parametrize(
    "params,expected",
    [
        ({"label": "SIL"}, [2]),
        ({"label": "nacl"}, [3]),
        ({"label": "sil", "invert": True}, [3, 1]),
        ({"template": "emt.static"}, [1]),
        ({"cluster": "daint"}, [2]),
        ({"created_after": 102.0}, [3, 2]),
        ({"created_before": 102.0}, [2, 1]),
        ({"states": (JobState.RUNNING, JobState.FAILED)}, [3, 2]),
        ({"states": (JobState.FAILED,), "label": "copper"}, []),
        ({"descending": False}, [1, 2, 3]),
        ({"sort": "label"}, [2, 3, 1]),
        ({"sort": "formula", "descending": False}, [1, 3, 2]),
        ({"sort": "modified", "descending": False}, [1, 2, 3]),
    ],
)
def test_filters_and_orders(params: dict[str, object], expected: list[int]) -> None:
    assert pks(index(*THREE), **params) == expected


def test_counts_leave_out_the_filter_of_the_state_alone() -> None:
    page = index(*THREE).page(ListJobsParams(states=(JobState.FAILED,), label="s"))
    assert page.total == 1
    assert page.counts == {"running": 1, "failed": 1}


def test_revision_grows_with_real_changes_only() -> None:
    found = index(*THREE)
    before = found.revision
    assert found.upsert(THREE) == 0
    found.upsert([replace(THREE[0], modified_at=999.0)])
    assert found.revision == before
    found.upsert([replace(THREE[0], state=JobState.KILLED)])
    assert found.revision == before + 1
    assert found.remove([1, 99]) == 1
    assert found.remove([99]) == 0
    assert found.revision == before + 2


def test_pages_are_stable_while_jobs_come() -> None:
    found = index(*(row(pk) for pk in range(1, 8)))
    first = found.page(ListJobsParams(limit=3))
    found.upsert([row(8), row(9)])
    second = found.page(ListJobsParams(limit=3, cursor=first.next_cursor))
    assert [job.pk for job in (*first.rows, *second.rows)] == [7, 6, 5, 4, 3, 2]


@pytest.mark.parametrize(
    "cursor", ["x", "é", "bnVsbA==", "WzEsMiwzXQ==", "WyJwayIsdHJ1ZSwieCIsMV0=", "[" * 9999]
)
def test_bad_cursor(cursor: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        index(*THREE).page(ListJobsParams(cursor=cursor))
    assert refused.value.data.field == "cursor"


def test_cursor_of_another_order() -> None:
    found = index(*THREE)
    cursor = found.page(ListJobsParams(limit=1)).next_cursor
    with pytest.raises(InvalidForm):
        found.page(ListJobsParams(sort="label", cursor=cursor))


@pytest.mark.parametrize("pattern", ["(", "*", "a{99999999999999999999}", "[z-a]", "(?P<x>a)(?P<x>b)"])
def test_bad_pattern(pattern: str) -> None:
    with pytest.raises(InvalidForm) as refused:
        compile_pattern(pattern)
    assert refused.value.data.field == "label"


def test_patterns() -> None:
    found = index(*THREE)
    search = compile_pattern("^s.*n$").search
    page = found.page(ListJobsParams(label="^s.*n$", regex=True), lambda text: search(text) is not None)
    assert [job.pk for job in page.rows] == [2]
    assert isinstance(compile_pattern("[[a]"), re.Pattern)


@pytest.mark.parametrize(
    "pattern,tame", [("copper", True), ("^cu.*", True), ("(a+)+", False), ("a*b*", False)]
)
def test_patterns_that_may_never_end(pattern: str, tame: bool) -> None:  # noqa: FBT001
    assert is_tame(pattern) is tame
