"""The jobs screen: filters, sort, paging, selection and marks."""

from dataclasses import replace
from typing import Any

import pytest

from crystalmath_server.protocol.errors import InvalidForm, StorageUnreachable
from crystalmath_server.protocol.jobs import JobsPage, JobState, ListJobsParams
from crystalmath_tui.core import filters
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Copy, Open, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, KeyPressed, Message, MousePressed, Refused
from crystalmath_tui.core.scroll import Scroll
from crystalmath_tui.screens.jobs import update as jobs
from crystalmath_tui.screens.jobs import view as jobs_view
from crystalmath_tui.screens.jobs.query import EVERYTHING, Query
from crystalmath_tui.screens.jobs.update import Want, update
from tests.built_rows import job_row as row
from tests.built_rows import status

CONTEXT = Context(Size(12, 80), now=1000.0)


def page(pks: range, cursor: str = "", total: int = 0) -> JobsPage:
    return JobsPage(1, tuple(map(row, pks)), total or len(pks), {}, cursor)


def filled(pks: range, cursor: str = "") -> jobs.Slice:
    return update(jobs.Slice(), Answered("jobs page", page(pks, cursor), Want(EVERYTHING, (), 1)), CONTEXT)[0]


def sent(screen: jobs.Slice, message: Message) -> tuple[jobs.Slice, tuple[Any, ...]]:
    return update(screen, message, CONTEXT)


def press(screen: jobs.Slice, *keys: str) -> tuple[jobs.Slice, tuple[Any, ...]]:
    effects: tuple[Any, ...] = ()
    for key in keys:
        screen, effects = update(screen, KeyPressed(key), CONTEXT)
    return screen, effects


@pytest.mark.parametrize(
    "text,expected",
    [
        ("", filters.Filter()),
        ("si", filters.Filter(label="si")),
        ("/^Si", filters.Filter(label="^Si", regex=True)),
        ("/^Si/", filters.Filter(label="^Si", regex=True)),
        ("!si", filters.Filter(label="si", invert=True)),
        ("!/a b/", filters.Filter(label="a b", regex=True, invert=True)),
        ("!", filters.Filter()),
        ("/", filters.Filter()),
        ("is:held", filters.Filter(held=True)),
        ("is:else", filters.Filter()),
        ("state:fail", filters.Filter(states=(JobState.FAILED,))),
        ("a state:killed,paused b", filters.Filter(label="a b", states=(JobState.PAUSED, JobState.KILLED))),
        ("template:emt.relax cluster:hpc", filters.Filter(template="emt.relax", cluster="hpc")),
        ("unknown:x", filters.Filter(label="unknown:x")),
    ],
)
def test_what_people_type(text: str, expected: filters.Filter) -> None:
    assert filters.parse(text) == expected


def test_typing_filters_at_once_and_esc_takes_it_back() -> None:
    screen, effects = press(filled(range(3)), "/", "s", "i")
    assert effects[0].params == ListJobsParams(label="si")
    assert effects[0].slot == "jobs page"
    screen, effects = press(screen, "esc")
    assert effects[0].params == ListJobsParams()
    assert screen.typed is None


def test_an_answer_to_an_older_filter_is_dropped() -> None:
    screen, _ = press(filled(range(3)), "/", "s")
    late = Answered("jobs page", page(range(9)), Want(EVERYTHING, (), 1))
    assert update(screen, late, CONTEXT)[0] == screen


def test_s_goes_through_the_groups_of_states() -> None:
    _, effects = press(filled(range(3)), "s", "s", "s", "s")
    assert effects[0].params.states == (JobState.FAILED, JobState.EXCEPTED)


def test_shift_letters_sort_and_turn() -> None:
    _, effects = press(filled(range(3)), "L")
    assert (effects[0].params.sort, effects[0].params.descending) == ("label", False)
    _, effects = press(filled(range(3)), "L", "L")
    assert effects[0].params.descending
    _, effects = press(filled(range(3)), "M")
    assert (effects[0].params.sort, effects[0].params.descending) == ("modified", True)


def test_the_selection_stays_on_its_job() -> None:
    screen, _ = press(filled(range(5)), "j", "j")
    newer = Answered(
        "jobs page", JobsPage(2, tuple(map(row, (9, 8, 0, 1, 2, 3))), 6, {}, ""), Want(EVERYTHING, (), 1)
    )
    screen, _ = update(screen, newer, CONTEXT)
    assert screen.rows[screen.scroll.index].pk == 2
    gone = Answered("jobs page", JobsPage(3, (row(9),), 1, {}, ""), Want(EVERYTHING, (), 1))
    assert update(screen, gone, CONTEXT)[0].scroll == Scroll(0, 0)


def test_the_next_page_is_fetched_when_its_end_comes_near() -> None:
    screen, effects = press(filled(range(100), "more"), "j")
    assert effects == ()
    screen, effects = press(screen, "G")
    assert (effects[0].params.cursor, effects[0].params.limit) == ("more", 100)
    want = effects[0].about
    screen, effects = update(screen, Answered("jobs page", page(range(100, 150)), want), CONTEXT)
    assert (len(screen.rows), screen.scroll.index, effects) == (150, 99, ())


def test_a_refresh_brings_back_all_rows_that_were_scrolled_through() -> None:
    screen = replace(filled(range(700), "more"), scroll=Scroll(650, 645), loading=False)
    moved = status(jobs_revision=5)
    screen, effects = sent(screen, Answered("status", moved))
    assert effects[0].params.limit == 500
    screen, effects = sent(screen, Answered("jobs page", page(range(500), "second"), effects[0].about))
    assert (effects[0].params.cursor, len(screen.rows)) == ("second", 700)
    screen, _ = update(screen, Answered("jobs page", page(range(500, 700)), effects[0].about), CONTEXT)
    assert screen.rows[screen.scroll.index].pk == 650


def test_what_may_work_later_is_asked_for_again_and_what_may_not_is_not() -> None:
    for error, again in (
        (StorageUnreachable("AiiDA is loading"), True),
        (InvalidForm("no expression"), False),
    ):
        screen, _ = update(jobs.Slice(known=1), Refused("jobs page", error, Want(EVERYTHING, (), 1)), CONTEXT)
        _, effects = update(screen, Answered("status", status()), CONTEXT)
        assert bool(effects) == again


def test_marks_are_what_actions_are_for() -> None:
    screen, effects = press(filled(range(5)), " ", " ", "y")
    assert screen.marked == {0, 1}
    assert effects == (Copy("0 1"), Say("Copied 0 1"))
    assert press(filled(range(5)), "j", "Y")[1] == (Copy("u1"), Say("Copied u1"))
    assert press(screen, "esc")[0].marked == frozenset()


def test_enter_opens_and_n_prepares() -> None:
    assert press(filled(range(5)), "j", "enter")[1] == (Open("job", ("1",)),)
    assert press(jobs.Slice(), "enter")[1] == ()
    assert press(filled(range(5)), "n")[1] == (Open("new"),)


def test_a_click_selects_a_second_one_opens() -> None:
    click = MousePressed(4, 10, 1)
    screen, effects = update(filled(range(5)), click, CONTEXT)
    assert (screen.scroll.index, effects) == (2, ())
    assert update(screen, click, CONTEXT)[1] == (Open("job", ("2",)),)
    assert update(screen, MousePressed(11, 10, 1), CONTEXT)[1] == ()


@pytest.mark.parametrize("cols,columns", [(30, "pk state"), (80, "pk state label formula template age")])
def test_columns_are_chosen_by_width(cols: int, columns: str) -> None:
    context = Context(Size(12, cols), now=1000.0)
    lines = jobs_view.view(filled(range(3)), context)
    title = "".join(span.text for span in lines[1])
    assert title.replace("↓", "").split()[: len(columns.split())] == columns.split()


def test_an_empty_table_says_why() -> None:
    def words(screen: jobs.Slice, **changes: object) -> str:
        lines = jobs_view.view(screen, replace(CONTEXT, **changes))
        return "".join(span.text for line in lines for span in line)

    assert "Loading" in words(jobs.Slice())
    assert "no server" in words(jobs.Slice(), online=False, connection_error="no server")
    assert "Press n" in words(jobs.Slice(revision=1))
    assert "No job matches" in words(jobs.Slice(revision=1, query=Query(text="x")))
    assert "AiiDA is loading" in words(jobs.Slice(error=StorageUnreachable("AiiDA is loading")))
