from dataclasses import replace

import pytest

from crystalmath_server.domain.diagnosis.explain import REASON_LENGTH, Facts, explain, reason
from crystalmath_server.protocol.jobs import JobState

FACTS = Facts(pk=7, state=JobState.PAUSED, cluster="daint")
RETRIES = "Pausing after failed transport task: upload_calculation failed 5 times consecutively"


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_is_explained(state: JobState) -> None:
    assert explain(replace(FACTS, state=state)).explanation


def test_failed_transport_names_step_cluster_and_way_out() -> None:
    words = explain(replace(FACTS, transport_state="uploading", process_status=RETRIES))
    assert "uploading the inputs on daint" in words.explanation
    assert RETRIES in words.explanation
    assert "by itself when daint answers" in words.hint
    assert "crystalmath jobs play 7" in words.hint


@pytest.mark.parametrize(
    "raised,words",
    [
        ("asyncssh.sftp.SFTPNoSuchFile: No such file", "is the work folder right?"),
        ("asyncssh.sftp.SFTPFailure: Failure", "disk is full"),
        ("OSError: Error while uploading file /tmp/calcinfo.json:", "disk is full"),
        ("asyncssh.misc.HostKeyNotVerifiable: Host key is not trusted", "known_hosts"),
        ("ValueError: something else", "again and again: ValueError: something else"),
    ],
)
def test_a_pause_tells_what_was_raised_and_what_it_means(raised: str, words: str) -> None:
    words_of = explain(replace(FACTS, process_status=RETRIES, trouble=raised))
    assert words in words_of.explanation
    assert raised in words_of.explanation
    assert "uploading the inputs on daint failed" in words_of.explanation
    assert "clusters test daint" in words_of.hint


def test_paused_by_hand_is_played() -> None:
    assert explain(FACTS).hint == "Let it go on: crystalmath jobs play 7"


def test_queue_names_the_scheduler_job() -> None:
    words = explain(replace(FACTS, state=JobState.QUEUED, scheduler_job_id="4711"))
    assert words.explanation == "Waits in the queue on daint as job 4711"
    held = explain(replace(FACTS, state=JobState.QUEUED, scheduler_state="queued held"))
    assert "held" in held.explanation
    assert held.hint


def test_failure_tells_exit_status_and_message() -> None:
    facts = replace(FACTS, state=JobState.FAILED, exit_status=120, exit_message="out of walltime")
    words = explain(facts)
    assert words.explanation == "Failed with exit status 120: out of walltime"
    assert "walltime" in words.hint


def test_exception_is_told_by_its_last_line() -> None:
    facts = replace(FACTS, state=JobState.EXCEPTED, exception="Traceback\n  ...\nValueError: no such\n")
    assert "ValueError: no such" in explain(facts).explanation


def test_a_failure_is_listed_by_its_cause() -> None:
    message = "VASP was cut off: it reached its time limit; whole ionic steps: 2"
    facts = replace(FACTS, state=JobState.FAILED, exit_status=340, exit_message=message)
    assert reason(replace(facts, cause="It reached its time limit")) == "It reached its time limit"
    assert reason(facts) == message
    assert reason(replace(facts, exit_message="")) == "Failed with exit status 340: no message was left"
    assert "340" in explain(replace(facts, cause="It reached its time limit")).explanation


def test_a_cause_is_that_of_a_failure_alone() -> None:
    facts = replace(FACTS, state=JobState.QUEUED, cause="It reached its time limit")
    assert reason(facts) == "Waits in the queue on daint"


def test_reason_is_one_short_line() -> None:
    facts = replace(FACTS, state=JobState.FAILED, exit_status=1, exit_message="long\n" * 200)
    assert len(reason(facts)) <= REASON_LENGTH
    assert "\n" not in reason(facts)
    assert not reason(replace(FACTS, state=JobState.FINISHED))
