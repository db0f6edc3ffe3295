"""The diagnosis: the cause, its evidence and the next steps, and what their keys do."""

from crystalmath_server.protocol.diagnosis import JOBS_DIAGNOSE, Diagnosis, Evidence, NextStep
from crystalmath_server.protocol.errors import NotFound
from crystalmath_server.protocol.jobs import JOBS_CANCEL, JOBS_PLAY, JobPk, JobState
from crystalmath_tui.core.context import Context
from crystalmath_tui.core.effects import Ask, Back, Call, Copy, Effect, Open, Say
from crystalmath_tui.core.lines import Size
from crystalmath_tui.core.messages import Answered, Entered, KeyPressed, MousePressed, Refused
from crystalmath_tui.screens.diagnosis import SCREEN, Slice, update, view

CONTEXT = Context(Size(22, 80), now=100.0)
STEPS = (
    NextStep("play", "Let it go on", "8", "crystalmath jobs play 8"),
    NextStep("cancel", "Cancel it", "8", "crystalmath jobs cancel 8"),
    NextStep("test cluster", "Test the connection to hpc", "hpc", "crystalmath clusters test hpc"),
    NextStep("file", "Read vasp.out", "vasp.out", "crystalmath jobs file 8 vasp.out"),
)
FOUND = Diagnosis(
    7,
    8,
    JobState.FAILED,
    "vasp.zbrent",
    "The line search fails",
    "custodian would correct it",
    (Evidence("vasp.out", 16, "ZBRENT: fatal error"),),
    STEPS,
    (7, 8),
)


def shown(page: Slice, size: Size = CONTEXT.size) -> str:
    rows = view(page, Context(size))
    return "\n".join("".join(span.text for span in row) for row in rows)


def pressed(key: str) -> tuple[Effect, ...]:
    return update(Slice(7, FOUND), KeyPressed(key), CONTEXT)[1]


def test_it_asks_for_the_job_it_was_opened_with() -> None:
    page, effects = update(SCREEN.initial, Entered("diagnose", ("7",)), CONTEXT)
    call = effects[0]
    assert isinstance(call, Call)
    assert (call.method, call.params) == (JOBS_DIAGNOSE, JobPk(7))
    assert "Looking" in shown(page)
    page, _ = update(page, call.answer(FOUND), CONTEXT)
    assert page.diagnosis is FOUND


def test_without_a_job_it_says_so_and_goes_back() -> None:
    _, effects = update(SCREEN.initial, Entered("diagnose", ()), CONTEXT)
    assert isinstance(effects[0], Say)
    assert effects[1] == Back()


def test_cause_evidence_and_steps_are_on_one_screen() -> None:
    text = shown(Slice(7, FOUND))
    for words in ("The line search fails", "vasp.out, line 16", "ZBRENT: fatal error", "called by 7"):
        assert words in text
    for n, step in enumerate(STEPS, 1):
        assert f"{n}  {step.title}" in text
        assert step.command in text


def test_keys_do_the_steps() -> None:
    (play,) = pressed("enter")
    assert isinstance(play, Call)
    assert (play.method, play.params.pk) == (JOBS_PLAY, 8)
    (ask,) = pressed("2")
    assert isinstance(ask, Ask)
    (cancel,) = ask.yes
    assert isinstance(cancel, Call)
    assert cancel.method is JOBS_CANCEL
    assert pressed("3") == (Open("cluster", ("hpc", "test")),)
    assert pressed("4") == (Open("job", ("8", "files")),)
    assert pressed("5") == ()
    assert pressed("o") == (Open("job", ("8",)),)
    assert pressed("y") == (Copy(STEPS[0].command), Say(f"Copied {STEPS[0].command}"))


def test_a_click_on_a_step_does_it() -> None:
    row = shown(Slice(7, FOUND)).splitlines().index(" 3  Test the connection to hpc")
    _, effects = update(Slice(7, FOUND), MousePressed(row, 5, 1), CONTEXT)
    assert effects == (Open("cluster", ("hpc", "test")),)


def test_answers_about_another_job_are_dropped_and_errors_are_told() -> None:
    page, _ = update(Slice(9), Answered("diagnose", FOUND, 7), CONTEXT)
    assert page.diagnosis is None
    page, _ = update(page, Refused("diagnose", NotFound("There is no job 9"), 9), CONTEXT)
    assert "There is no job 9" in shown(page)
