"""A job that corrects itself: what follows from a run, and the words for its user."""

import pytest

from crystalmath_server.adapters.aiida.daemon.control import KILL, PAUSE, PLAY, JobSnapshot, Part
from crystalmath_server.domain.diagnosis.diagnosis import diagnose
from crystalmath_server.domain.diagnosis.explain import ASKS, Facts, explain
from crystalmath_server.domain.diagnosis.self_correction import (
    CorrectionReport,
    NextAction,
    from_dict,
    next_action,
    question,
    summary,
    to_dict,
)
from crystalmath_server.domain.diagnosis.symptoms import Correction, Symptoms, Text
from crystalmath_server.domain.vasp_run.continuation import EndedRun, next_inputs
from crystalmath_server.protocol.jobs import JobRun, JobState

BRMIX = Correction(
    "VaspErrorHandler", ("brmix",), ("BRMIX",), ({"dict": "INCAR", "action": {"_set": {"IMIX": 1}}},)
)
LOST = Correction("VaspErrorHandler", ("set_core_wf",))
RUN, JOB = 12, 10


@pytest.mark.parametrize(
    "found,ended,made,follows",
    [
        ((BRMIX,), "failed", 0, NextAction.CORRECT),
        ((BRMIX,), "failed", 2, NextAction.ASK),
        ((BRMIX,), "well", 1, NextAction.CORRECT),
        ((BRMIX,), "well", 2, NextAction.DONE),
        ((BRMIX, LOST), "failed", 0, NextAction.ASK),
        ((), "failed", 0, NextAction.ASK),
        ((), "well", 0, NextAction.DONE),
    ],
)
def test_what_follows(found: tuple[Correction, ...], ended: str, made: int, follows: NextAction) -> None:
    assert (
        next_action(CorrectionReport(found), ended_well=ended == "well", n_corrections=made, most=2)
        is follows
    )


def test_it_is_kept_as_it_was() -> None:
    look = CorrectionReport(
        (BRMIX,), {"V": {"error_count": {"brmix": 1}}}, {"INCAR": "+IMIX = 1"}, ("WAVECAR",)
    )
    assert from_dict(to_dict(look)) == look


@pytest.mark.parametrize(
    "look,said",
    [
        (
            CorrectionReport((BRMIX,)),
            "the limit of corrections is reached; the next would be brmix: INCAR: IMIX = 1",
        ),
        (CorrectionReport((BRMIX, LOST)), "custodian knows no correction for set_core_wf"),
        (CorrectionReport(), "custodian knows no correction for it"),
        (
            CorrectionReport(failure="it took more than 900 s"),
            "custodian could not look at it: it took more than 900 s",
        ),
    ],
)
def test_the_question_begins_with_what_there_is_to_decide(look: CorrectionReport, said: str) -> None:
    asked = question(RUN, "exit status 300: VASP left no result", look, 1)
    assert asked.startswith(f"{ASKS}{said}. Run 12 failed after 1 correction: exit status 300")


def test_who_asks_tells_how_to_answer() -> None:
    asked = question(RUN, "exit status 300: x failed", CorrectionReport(), 0)
    told = explain(Facts(JOB, JobState.PAUSED, process_status=asked))
    assert told.explanation == asked
    assert "crystalmath jobs play 10" in told.hint
    assert "crystalmath jobs cancel 10" in told.hint


def test_what_asks_is_diagnosed_as_its_last_run_and_answered_by_play() -> None:
    facts = Facts(JOB, JobState.FAILED, "hpc", exit_status=300, exit_message="VASP left no result")
    texts = {"vasp.out": Text("BRMIX: very serious problems")}
    asked = question(RUN, "exit status 300: x", CorrectionReport((BRMIX,)), 2)
    runs = (JobRun(RUN, JobState.FAILED, correction=summary((BRMIX,))),)
    found = diagnose(Symptoms(facts, (JOB,), texts=texts, corrections=(BRMIX,), asks=asked, runs=runs))
    assert (found.cause, found.state, found.detail, found.runs) == (
        "vasp.brmix",
        JobState.PAUSED,
        asked,
        runs,
    )
    assert [step.command for step in found.steps[:2]] == [
        "crystalmath jobs play 10",
        "crystalmath jobs cancel 10",
    ]


def test_files_that_were_given_to_a_run_are_given_to_the_next() -> None:
    run = EndedRun({"INCAR": "A = 1\n"}, {"INCAR": "A = 2\n"}, copied=("WAVEDER", "CHGCAR"))
    assert next_inputs(run, {}, ["WAVEDER", "CHGCAR", "OUTCAR"]).copied == ("CHGCAR", "WAVEDER")


def test_orders_go_to_a_job_and_its_run() -> None:
    job, fresh = Part(JOB, paused=False, settled=True), Part(RUN, paused=False, settled=False)
    known = Part(RUN, paused=False, settled=True)
    assert PAUSE.sends(JobSnapshot(JobState.RUNNING, "", (job, known))) == [(PAUSE, JOB), (PAUSE, RUN)]
    assert KILL.sends(JobSnapshot(JobState.PREPARING, "", (job, fresh))) == [(PAUSE, JOB), (PAUSE, RUN)]
    assert KILL.sends(JobSnapshot(JobState.RUNNING, "", (job, known))) == [(KILL, JOB)]
    assert KILL.sends(JobSnapshot(JobState.KILLED, "", (known,))) == [(KILL, RUN)]
    halted = JobSnapshot(JobState.PAUSED, "", (job, Part(RUN, paused=True, settled=True)))
    assert PLAY.sends(halted) == [(PLAY, RUN)]
    assert not PLAY.shows(halted)
    assert not KILL.shows(JobSnapshot(JobState.KILLED, "", (known,)))
    assert KILL.shows(JobSnapshot(JobState.KILLED, ""))
