"""Symptoms become one cause with its evidence and steps; the table of causes holds together."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystalmath_server.domain.clusters.holding import over_cap
from crystalmath_server.domain.diagnosis.causes import (
    BY_OUTPUT,
    BY_PLUGIN,
    BY_SCHEDULER,
    UNKNOWN,
    WAITING,
    title_of_exit,
)
from crystalmath_server.domain.diagnosis.diagnosis import action_words, diagnose
from crystalmath_server.domain.diagnosis.explain import Facts
from crystalmath_server.domain.diagnosis.symptoms import Correction, Symptoms, Text
from crystalmath_server.protocol.jobs import JobState

S = JobState
CAUSES = (*WAITING, *BY_SCHEDULER, *BY_PLUGIN, *BY_OUTPUT, UNKNOWN)
NAMES = st.sampled_from(["vasp.out", "OUTCAR", "job.out"])
WORDS = st.text(max_size=40) | st.sampled_from(
    ["ZBRENT: fatal error in bracketing", "No space left on device", "Killed", "failed 5 times", ""]
)
FACTS = st.builds(
    Facts,
    st.integers(1, 99),
    st.sampled_from(JobState),
    *[WORDS] * 5,
    st.none()
    | st.sampled_from([0, 110, 120, 131, 132, 140, 145, 146, 300, 301, 310, 320, 330, 331, 335, 340]),
    *[WORDS] * 3,
)
CORRECTIONS = st.builds(
    Correction,
    WORDS,
    st.lists(WORDS, max_size=2).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
    st.lists(
        st.dictionaries(st.sampled_from(["dict", "file", "action"]), WORDS | st.dictionaries(WORDS, WORDS)),
        max_size=2,
    ).map(tuple),
)
SYMPTOMS = st.builds(
    Symptoms,
    FACTS,
    st.just((3, 7)),
    WORDS,
    st.lists(WORDS, max_size=3).map(tuple),
    st.dictionaries(NAMES, st.builds(Text, WORDS, st.integers(1, 9999)), max_size=2),
    st.lists(CORRECTIONS, max_size=2).map(tuple),
    WORDS,
)


def symptoms(state: JobState, exit_status: int | None = None, **more: object) -> Symptoms:
    facts = {name: more.pop(name) for name in list(more) if name in Facts.__dataclass_fields__}
    made = Facts(7, state, "hpc", exit_status=exit_status)
    return replace(Symptoms(replace(made, **facts), (7,)), **more)


@given(SYMPTOMS)
def test_any_job_gets_an_answer(given: Symptoms) -> None:
    found = diagnose(given)
    assert found.title
    assert (found.pk, found.step_pk, found.state) == (3, given.facts.pk, given.facts.state)
    assert all(step.command or step.action == "wait" for step in found.steps)


@pytest.mark.parametrize(
    "status, ours, title",
    [
        (110, False, "It needed more memory than it was given"),
        (131, False, "The scheduler refused it"),
        (320, True, "It did not converge"),
        (320, False, ""),
        (300, True, ""),
        (None, True, ""),
    ],
)
def test_an_exit_status_alone_tells_a_cause_where_it_can(
    status: int | None, title: str, *, ours: bool
) -> None:
    assert title_of_exit(status, "VASP ended", ours=ours) == title


def test_the_message_of_an_exit_status_tells_more() -> None:
    message = "sbatch: error: Requested node configuration is not available"
    assert title_of_exit(131, message, ours=True) == "No node can give what it asks for"
    message = "the job raised KohnShamConvergenceError: Did not converge in 3 iterations!"
    assert title_of_exit(310, message, ours=True) == "GPAW's density did not converge"
    message = 'the job raised FileNotFoundError: Could not find required PAW dataset file "U.PBE".'
    assert title_of_exit(310, message, ours=True) == "GPAW finds no PAW dataset for an element"
    assert title_of_exit(310, "ValueError: x", ours=True).startswith("The engine or its Python wrapper")
    message = "VASP left no result: env: /x/vasp: No such file or directory"
    assert title_of_exit(300, message, ours=True) == "A program is missing on the cluster"


@pytest.mark.parametrize("state", S)
def test_every_state_has_a_cause_that_needs_no_sign(state: JobState) -> None:
    assert any(state in cause.states and not cause.sign and not cause.exits for cause in CAUSES)


@pytest.mark.parametrize(
    "given,cause,action",
    [
        (
            symptoms(S.FAILED, 310, texts={"job.out": Text("gpaw.KohnShamConvergenceError: Did not")}),
            "gpaw.unconverged",
            "clone",
        ),
        (
            symptoms(S.FAILED, 310, texts={"job.out": Text("gpaw.new.symmetry.SymmetryBrokenError")}),
            "gpaw.symmetry",
            "clone",
        ),
        (
            symptoms(S.FAILED, 310, texts={"job.out": Text("numpy._core._exceptions._ArrayMemoryError: Un")}),
            "memory",
            "clone",
        ),
        (symptoms(S.CREATED, process_status=over_cap("hpc", 20), held=True), "held", "wait"),
        (symptoms(S.CREATED), "worker", "wait"),
        (symptoms(S.QUEUED, queue_reason="Priority"), "queue.turn", "wait"),
        (symptoms(S.QUEUED, queue_reason="PartitionTimeLimit"), "queue.too_much", "clone"),
        (symptoms(S.QUEUED, queue_reason="ReqNodeNotAvail"), "queue.nodes_down", "queue"),
        (symptoms(S.QUEUED, queue_reason="AssocGrpCpuLimit"), "queue.limit", "wait"),
        (symptoms(S.QUEUED, scheduler_state="queued held"), "queue.held", "queue"),
        (symptoms(S.RUNNING), "running", "wait"),
        (symptoms(S.RUNNING, stuck="No new step for 9 min"), "stuck", "file"),
        (symptoms(S.RUNNING, daemon="it is stopped"), "daemon", "status"),
        (symptoms(S.FINISHED, daemon="it is stopped"), "finished", ""),
        (symptoms(S.PAUSED, process_status="upload_task failed 5 times"), "connection", "test cluster"),
        (symptoms(S.FAILED, 110), "memory", "clone"),
        (symptoms(S.FAILED, 146), "preempted", "retry"),
        (symptoms(S.FAILED, 131, exit_message="Invalid account"), "refused.account", "clone"),
        (symptoms(S.FAILED, 310, exit_message="the job raised ValueError"), "raised", "log"),
        (symptoms(S.EXCEPTED, exception="ConnectionError: gone"), "connection", "test cluster"),
        (symptoms(S.EXCEPTED, exception="KeyError: 1"), "bug", "log"),
        (symptoms(S.FAILED, 999), "unknown", "log"),
    ],
)
def test_the_cause_and_the_first_step(given: Symptoms, cause: str, action: str) -> None:
    found = diagnose(given)
    assert found.cause == cause
    assert (found.steps[0].action if found.steps else "") == action


def test_the_scheduler_counts_more_than_the_output_and_custodian_more_than_signs() -> None:
    correction = Correction("VaspErrorHandler", ("zbrent",), ("ZBRENT: fatal error in",))
    said = {"vasp.out": Text("one\n ZBRENT: fatal error in bracketing\nKilled\n", first_line=40)}
    given = symptoms(S.FAILED, 300, corrections=(correction,), texts=said)
    found = diagnose(given)
    assert found.cause == "vasp.zbrent"
    assert (found.evidence[0].source, found.evidence[0].line) == ("vasp.out", 41)
    assert diagnose(replace(given, facts=replace(given.facts, exit_status=120))).cause == "walltime"
    assert diagnose(replace(given, corrections=())).cause == "ended"


def test_what_follows_from_other_errors_is_not_the_cause() -> None:
    unconverged, potim = Correction("U", ("Unconverged",)), Correction("P", ("POTIM",))
    given = symptoms(S.FAILED, 320, corrections=(unconverged, potim))
    assert diagnose(given).cause == "vasp.POTIM"
    advice = Correction("L", ("LargeSigma",))
    assert diagnose(replace(given, corrections=(advice,))).cause == "unconverged"


def test_our_own_guess_is_no_sign() -> None:
    guess = "VASP left no result: it was killed, or ran out of memory or time; its output does not tell which"
    assert diagnose(symptoms(S.FAILED, 300, exit_message=guess)).cause == "unknown"


@pytest.mark.parametrize(
    "action,words",
    [
        (
            {"dict": "INCAR", "action": {"_set": {"ALGO": "All", "ISEARCH": 1}}},
            "INCAR: ALGO = All, ISEARCH = 1",
        ),
        ({"dict": "INCAR", "action": {"_unset": {"NCORE": 1}}}, "INCAR: NCORE left out"),
        ({"file": "CONTCAR", "action": {"_file_copy": {"dest": "POSCAR"}}}, "CONTCAR: copied to POSCAR"),
        ({"file": "WAVECAR", "action": {"_file_delete": {"mode": "actual"}}}, "WAVECAR: deleted"),
    ],
)
def test_actions_of_custodian_in_words(action: dict[str, object], words: str) -> None:
    assert action_words(action) == words
