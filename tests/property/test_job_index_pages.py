from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.domain.jobs.index import JobIndex, searched_text
from crystalmath_server.protocol.jobs import JobRow, JobState, ListJobsParams

ROWS = st.builds(
    JobRow,
    pk=st.integers(1, 12),
    uuid=st.just("u"),
    label=st.sampled_from(["", "a", "Ab", "ß"]),
    state=st.sampled_from(list(JobState)),
    template=st.sampled_from(["emt.relax", "emt.static"]),
    formula=st.sampled_from(["Cu", "Si2"]),
    cluster=st.sampled_from(["here", "there"]),
    created_at=st.floats(0, 9),
    modified_at=st.floats(0, 9),
    held=st.booleans(),
)
CHANGES = st.lists(st.one_of(st.lists(ROWS), st.frozensets(st.integers(1, 12))))
PARAMS = st.builds(
    ListJobsParams,
    states=st.lists(st.sampled_from(list(JobState)), max_size=3).map(tuple),
    label=st.sampled_from(["", "a", "SS", "cu"]),
    invert=st.booleans(),
    template=st.sampled_from(["", "emt.relax"]),
    cluster=st.sampled_from(["", "here"]),
    held=st.booleans(),
    created_after=st.one_of(st.none(), st.floats(0, 9)),
    created_before=st.one_of(st.none(), st.floats(0, 9)),
    sort=st.sampled_from(["pk", "modified", "state", "label", "formula", "template", "cluster"]),
    descending=st.booleans(),
    limit=st.integers(1, 5),
)


def apply(changes: list[list[JobRow] | frozenset[int]]) -> tuple[JobIndex, dict[int, JobRow]]:
    """The index, and what it should hold."""
    index, model = JobIndex(), dict[int, JobRow]()
    for change in changes:
        if isinstance(change, frozenset):
            index.remove(change)
            model = {pk: row for pk, row in model.items() if pk not in change}
        else:
            index.upsert(change)
            model |= {row.pk: row for row in change}
    return index, model


def passes(row: JobRow, params: ListJobsParams) -> bool:
    found = params.label.casefold() in searched_text(row)
    return (
        (not params.label or found != params.invert)
        and params.template in {"", row.template}
        and params.cluster in {"", row.cluster}
        and (row.held or not params.held)
        and (params.created_after is None or row.created_at >= params.created_after)
        and (params.created_before is None or row.created_at <= params.created_before)
    )


def walk(index: JobIndex, params: ListJobsParams) -> list[JobRow]:
    """All pages, one after another."""
    rows, cursor = list[JobRow](), ""
    while True:
        page = index.page(replace(params, cursor=cursor))
        assert len(page.rows) <= params.limit
        rows += page.rows
        cursor = page.next_cursor
        if not cursor:
            assert page.total == len(rows)
            return rows


@given(CHANGES, PARAMS)
def test_pages_are_what_a_plain_list_gives(
    changes: list[list[JobRow] | frozenset[int]], params: ListJobsParams
) -> None:
    index, model = apply(changes)
    among = [row for row in model.values() if passes(row, params)]
    wanted = [row for row in among if not params.states or row.state in params.states]
    rows = walk(index, params)
    assert sorted(row.pk for row in rows) == sorted(row.pk for row in wanted)
    states = list(JobState)
    keys = {
        "pk": lambda row: row.pk,
        "modified": lambda row: row.modified_at,
        "state": lambda row: states.index(row.state),
        "label": lambda row: row.label.casefold(),
    }
    key = keys.get(params.sort, lambda row: getattr(row, params.sort))
    assert rows == sorted(wanted, key=lambda row: (key(row), row.pk), reverse=params.descending)
    counts = index.page(params).counts
    assert counts == {s: n for s in states if (n := sum(row.state is s for row in among))}


@given(CHANGES)
def test_index_holds_what_it_was_told(changes: list[list[JobRow] | frozenset[int]]) -> None:
    index, model = apply(changes)
    assert list(index) == [model[pk] for pk in sorted(model)]
    assert list(index.pks) == sorted(model)
