"""The program as a whole: start, navigation, questions, read-only, links, by equality of data."""

from typing import Any

import pytest

from crystalmath_server.protocol.errors import ConnectionLost, InvalidForm, NotFound
from crystalmath_server.protocol.jobs import JOBS_CANCEL, ControlJobParams, JobRow, JobsPage
from crystalmath_server.protocol.method import NoParams
from crystalmath_server.protocol.system import STATUS
from crystalmath_tui import program, theme
from crystalmath_tui.core.effects import Call, Connect, Copy, Effect, Later, Quit, Redraw, Suspend
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import (
    Answered,
    CallFailed,
    Connected,
    Disconnected,
    KeyPressed,
    Message,
    MousePressed,
    Pasted,
    RetryDue,
    Ticked,
)
from crystalmath_tui.screens.jobs import query as jobs_query
from crystalmath_tui.screens.jobs import update as jobs
from tests.built_rows import hello, job_row, status

HELLO = hello()
STATE = status()
POLL = Call(STATUS, NoParams(), "status", handles_refusal=True)
ROW = job_row(7, label="silicon", created_at=1.0, modified_at=1.0)

SMALL = Size(24, 80)


def play(*sequence: Message, readonly: bool = False, size: Size = SMALL) -> tuple[program.Model, list[Any]]:
    """The model after a sequence, and the effects of its last message."""
    model, effects = program.init(size, 0.0, readonly=readonly)
    for message in sequence:
        model, effects = program.update(model, message)
    return model, list(effects)


def shown(model: program.Model) -> str:
    return "\n".join("".join(span.text for span in line) for line in program.view(model, model.size))


def page(*rows: JobRow) -> Answered:
    want = jobs.Want(jobs_query.EVERYTHING, (), 1)
    return Answered("jobs page", JobsPage(1, rows, len(rows), {"running": len(rows)}, ""), want)


def keys(text: str) -> list[Message]:
    return [KeyPressed(char) for char in text]


READY = (Connected(HELLO), Answered("status", STATE), page(ROW))


def test_the_first_effect_is_to_connect() -> None:
    assert program.init(Size(24, 80), 0.0)[1] == (Connect(),)


def test_connected_polls_and_fetches() -> None:
    _, effects = play(Connected(HELLO))
    assert effects[0] == POLL
    assert effects[1].slot == "jobs page"


def test_a_poll_waits_for_the_one_before() -> None:
    assert play(Connected(HELLO), Ticked(1.0))[1] == []
    assert POLL in play(*READY, Ticked(1.0))[1]


def test_a_moved_revision_fetches_the_page_once() -> None:
    quiet = play(*READY, Answered("status", STATE))[1]
    assert quiet == []
    moved = status(jobs_revision=2)
    assert [effect.slot for effect in play(*READY, Answered("status", moved))[1]] == ["jobs page"]
    assert play(*READY, Answered("status", moved), Answered("status", moved))[1] == []


def test_a_lost_link_is_tried_again_later_and_slower() -> None:
    lost = Disconnected(ConnectionLost("gone"), 0.0)
    assert play(*READY, lost)[1] == [Later(0.125, RetryDue(), "retry")]
    assert play(*READY, lost, RetryDue(), lost)[1] == [Later(0.25, RetryDue(), "retry")]
    assert play(lost, RetryDue())[1] == [Connect()]
    assert play(*READY, RetryDue())[1] == []
    assert "gone" in shown(play(*READY, lost)[0])


def test_cancel_asks_and_only_y_does_it() -> None:
    asked, effects = play(*READY, KeyPressed("x"))
    assert effects == []
    assert "Cancel 1 job?" in shown(asked)
    assert "silicon" in shown(asked)
    cancel = Call(JOBS_CANCEL, ControlJobParams(7), "job control", "cancelled", key="jobs.cancel 7")
    assert play(*READY, KeyPressed("x"), KeyPressed("y"))[1] == [cancel]
    for key in ("n", "esc", "q", "enter", " ", "x"):
        model, effects = play(*READY, KeyPressed("x"), KeyPressed(key))
        assert effects == []
        assert (model.question is None) == (key in {"n", "esc", "q"})


def test_readonly_answers_in_place_of_the_server() -> None:
    model, effects = play(*READY, KeyPressed("x"), KeyPressed("y"), readonly=True)
    assert effects == []
    assert "--readonly" in shown(model)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("quit", Quit()),
        ("redraw", Redraw()),
        ("sus", Suspend()),
        ("copy a b", Copy("a b")),
        ("connect", Connect()),
    ],
)
def test_commands(text: str, expected: Effect) -> None:
    assert play(*READY, *keys(":" + text), KeyPressed("enter"))[1] == [expected]


def test_another_profile_forgets_the_one_before() -> None:
    model, effects = play(*READY, *keys(":profile other"), KeyPressed("enter"))
    assert effects == [Connect("other")]
    assert "silicon" not in shown(model)


def test_an_unknown_command_tells_the_nearest() -> None:
    assert "Did you mean :quit?" in shown(play(*READY, *keys(":quti"), KeyPressed("enter"))[0])


def test_a_number_opens_that_job_and_q_goes_back_then_quits() -> None:
    model, effects = play(*READY, *keys(":7"), KeyPressed("enter"))
    assert model.stack == ("jobs", "job")
    assert [effect.slot for effect in effects] == ["job summary"]
    model, effects = program.update(model, KeyPressed("q"))
    assert (model.stack, effects) == (("jobs",), ())
    assert program.update(model, KeyPressed("q"))[1] == (Quit(),)


def test_esc_on_the_first_screen_does_nothing() -> None:
    model, effects = play(*READY, KeyPressed("esc"))
    assert (model.stack, effects) == (("jobs",), [])


def test_while_a_text_is_typed_no_global_key_takes_it() -> None:
    model, _ = play(*READY, KeyPressed("/"), KeyPressed("q"), KeyPressed("?"), Pasted("\x1b[2J:\n"))
    assert model.stack == ("jobs",)
    assert "filter q?[2J:" in shown(model)


def test_help_lists_every_key_of_the_screen_and_enter_presses_it() -> None:
    model, _ = play(*READY, KeyPressed("?"), KeyPressed("/"), *keys("cancel the job"), KeyPressed("enter"))
    assert "Cancel the job" in shown(model)
    model, _ = program.update(model, KeyPressed("enter"))
    assert model.question is not None


def test_an_error_is_shown_in_full_with_its_way_out() -> None:
    error = InvalidForm("the field is wrong " * 6, field="fmax", hint="Correct it and be glad.")
    model, _ = play(*READY, CallFailed(error))
    assert "Correct it and be glad." in shown(model)
    model, _ = program.update(program.update(model, Ticked(9.0))[0], KeyPressed("j"))
    assert "be glad" not in shown(model)


def test_a_click_in_the_footer_presses_the_key() -> None:
    model, _ = play(*READY)
    col = shown(model).splitlines()[-1].index("? help")
    clicked, _ = program.update(model, MousePressed(23, col, 1))
    assert clicked.stack == ("jobs", "help")


def test_a_missing_job_says_so_and_leads_back() -> None:
    model, _ = play(*READY, *keys(":job x"), KeyPressed("enter"))
    assert model.stack == ("jobs",)
    assert "not a pk" in shown(model)
    assert play(CallFailed(NotFound("no such job")))[1] == []


def test_no_key_of_a_screen_is_hidden_by_a_global_one() -> None:
    taken = {key for row in program.KEYS for key in row.keys}
    for screen in program.SCREENS.values():
        own = [key for row in screen.keys for key in row.keys]
        assert len(own) == len(set(own))
        always_text = screen.typing(screen.initial)
        assert not (taken - program.NO_TEXT if always_text else taken) & set(own)


def test_every_style_has_a_palette_entry() -> None:
    names = {entry[0] for entry in theme.palette()}
    assert {style + mark for style in theme.STYLES for mark in ("", "+")} <= names
    assert theme.colors({"NO_COLOR": "1"}) == 1
    assert theme.colors({"NO_COLOR": ""}) is None


def test_ctrl_z_stops_wherever_no_screen_has_a_use_for_it() -> None:
    for before in ((), keys(":"), [*keys(":new"), KeyPressed("enter")], keys("x")):
        assert play(*READY, *before, KeyPressed("ctrl z"))[1][-1] == Suspend()


def test_f1_helps_where_text_is_typed() -> None:
    model, _ = play(*READY, *keys(":new"), KeyPressed("enter"), KeyPressed("f1"))
    assert model.stack[-1] == "help"
