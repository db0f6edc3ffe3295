"""Pause and play of the rows that are chosen."""

from dataclasses import replace

import pytest

from crystalmath_server.protocol.again import JOBS_RESTART, RestartJobParams, RetryJobParams
from crystalmath_server.protocol.errors import ConnectionLost, NotAllowed
from crystalmath_server.protocol.jobs import JobRow, JobState, Submitted
from crystalmath_tui.core.control import (
    pause_or_play,
    restart,
    retry,
)
from crystalmath_tui.core.effects import Ask, Call, NewKey, Say
from crystalmath_tui.core.messages import Answered, Connected, Refused
from crystalmath_tui.screens import retries
from tests.built_rows import hello

ROW = JobRow(7, "u", "silicon", JobState.RUNNING, "emt.relax", "Si2", "hpc", 0.0, 0.0)
PAUSED = replace(ROW, pk=8, state=JobState.PAUSED)
FAILED = replace(ROW, pk=4, state=JobState.FAILED, label="broken")
ASKED = (4, "key-0001")
CONNECTED = Connected(hello())
HELD_BACK = replace(ROW, pk=9, state=JobState.CREATED, held=True)


@pytest.mark.parametrize(
    "rows,method,pks",
    [
        ([ROW], "jobs.pause", [7]),
        ([ROW, PAUSED], "jobs.play", [8]),
        ([ROW, HELD_BACK], "jobs.play", [9]),
        ([PAUSED, HELD_BACK], "jobs.play", [8, 9]),
    ],
)
def test_what_waits_goes_on_else_what_goes_on_pauses(rows: list[JobRow], method: str, pks: list[int]) -> None:
    calls = [effect for effect in pause_or_play(rows) if isinstance(effect, Call)]
    assert {call.method.name for call in calls} == {method}
    assert [call.params.pk for call in calls] == pks


def test_jobs_that_ended_run_again_after_a_question_with_names() -> None:
    (ask,) = retry([FAILED, ROW])
    assert isinstance(ask, Ask)
    assert "1 job" in ask.title
    words = ["".join(span.text for span in line) for line in ask.details]
    assert "broken" in words[0]
    assert "1 job of these have not ended" in words[1]
    (key,) = ask.yes
    assert isinstance(key, NewKey)
    assert key.answer("key-0001") == Answered("retry key", ASKED[1], ASKED[0])


@pytest.mark.parametrize("rows, words", [([ROW], "has not ended"), ([], "no job is selected")])
def test_what_does_not_run_again_is_said(rows: list[JobRow], words: str) -> None:
    (say,) = retry(rows)
    assert isinstance(say, Say)
    assert words in say.text


def test_a_retry_keeps_its_key_until_it_is_answered() -> None:
    pending, (call,) = retries.update(retries.START, Answered("retry key", ASKED[1], ASKED[0]))
    assert isinstance(call, Call)
    assert call.params == RetryJobParams(*ASKED)
    lost, effects = retries.update(pending, Refused("retry", ConnectionLost("gone"), ASKED))
    assert not effects
    assert retries.update(lost, CONNECTED)[1] == (call,), "sent again under the same key"
    done, (say,) = retries.update(
        lost, Answered("retry", Submitted(9, "u", JobState.CREATED, "t", reused=False), ASKED)
    )
    assert say == Say("Job 9 runs job 4 again.")
    assert retries.update(done, CONNECTED)[1] == ()


def test_a_retry_that_is_refused_is_told() -> None:
    pending, _ = retries.update(retries.START, Answered("retry key", ASKED[1], ASKED[0]))
    after, (say,) = retries.update(
        pending, Refused("retry", NotAllowed("It was imported", hint="Clone it."), ASKED)
    )
    assert after == retries.START
    assert isinstance(say, Say)
    assert "It was imported. Clone it." in say.text


def test_going_on_asks_first_and_keeps_its_key_until_it_is_answered() -> None:
    (ask,) = restart(4)
    assert isinstance(ask, Ask)
    (key,) = ask.yes
    assert isinstance(key, NewKey)
    assert key.answer("key-0001") == Answered("restart key", "key-0001", 4)
    pending, (call,) = retries.update(retries.START, Answered("restart key", "key-0001", 4))
    assert isinstance(call, Call)
    assert (call.method, call.params) == (JOBS_RESTART, RestartJobParams(4, "key-0001"))
    assert retries.update(pending, CONNECTED)[1] == (call,)
    _, (say,) = retries.update(
        pending, Answered("retry", Submitted(9, "u", JobState.CREATED, "t", reused=False), ASKED)
    )
    assert say == Say("Job 9 continues from job 4.")
