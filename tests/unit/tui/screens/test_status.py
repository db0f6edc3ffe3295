"""Progress of calls under way: where it is shown, and for how long."""

import math

import pytest

from crystalmath_server.protocol.errors import ConnectionLost
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Say
from crystalmath_tui.core.formatting import progress_text
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Disconnected, Progress, Progressed
from crystalmath_tui.screens import status

ONLINE = status.Slice(phase="online", profile="p")
TOLD = Progressed((Progress("new submit", "submitting", 0.25),))


def shown(link: status.Slice, cols: int = 80) -> str:
    return "".join(span.text for span in status.view(link, 0.0, cols))


@pytest.mark.parametrize(
    "fraction, words",
    [(None, "reading …"), (0.5, "reading … 50%"), (7.0, "reading … 100%"), (math.nan, "reading …")],
)
def test_progress_in_words(fraction: float | None, words: str) -> None:
    assert progress_text(Progress("", "reading", fraction)) == words


def test_the_status_line_shows_the_newest_until_there_is_none() -> None:
    told, _ = status.update(ONLINE, TOLD, 0.0)
    assert "submitting … 25%" in shown(told)
    assert "submitting" not in shown(status.update(told, Progressed(()), 0.0)[0])
    assert not status.update(told, Disconnected(ConnectionLost("gone")), 0.0)[0].progress


def test_an_error_stays_over_progress_and_a_word_does_not() -> None:
    told, _ = status.update(ONLINE, TOLD, 0.0)
    assert "submitting" in shown(status.with_note(told, Say("Copied 12"), 0.0))
    assert "It failed." in shown(status.with_note(told, Say("It failed.", "error"), 0.0))


def test_a_screen_finds_its_own() -> None:
    context = Context(Size(21, 80), progress=TOLD.calls)
    assert context.progress_of("new ") == "submitting … 25%"
    assert context.progress_of("setup") == ""
