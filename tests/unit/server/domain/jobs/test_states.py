import itertools

import pytest

from crystalmath_server.domain.jobs.states import job_state
from crystalmath_server.protocol.jobs import ENDED, JobState

PROCESS = (None, "", "created", "running", "waiting", "finished", "excepted", "killed", "unheard of")
TRANSPORT = (
    None,
    "unstashing",
    "uploading",
    "submitting",
    "withscheduler",
    "stashing",
    "retrieving",
    "parsing",
    "unheard of",
)
SCHEDULER = (None, "undetermined", "queued", "queued held", "running", "suspended", "done", "unheard of")
EXIT = (None, 0, 1, 410)


def state(process: str | None, **held: object) -> JobState:
    known: dict[str, object] = {
        "paused": False,
        "exit_status": None,
        "transport_state": None,
        "scheduler_state": None,
    }
    return job_state(process_state=process, **{**known, **held})  # pyright: ignore[reportArgumentType]


def test_every_combination_has_a_state() -> None:
    for process, paused, exit_status, transport, scheduler, calcjob in itertools.product(
        PROCESS, (False, True), EXIT, TRANSPORT, SCHEDULER, (False, True)
    ):
        found = job_state(
            process_state=process,
            paused=paused,
            exit_status=exit_status,
            transport_state=transport,
            scheduler_state=scheduler,
            on_computer=calcjob,
        )
        assert isinstance(found, JobState)
        assert (found in ENDED) == (process in {"finished", "excepted", "killed"})
        assert (found is JobState.FINISHED) == (process == "finished" and exit_status == 0)


@pytest.mark.parametrize(
    "process,held,expected",
    [
        ("created", {}, JobState.CREATED),
        ("running", {}, JobState.PREPARING),
        ("waiting", {"transport_state": "uploading"}, JobState.PREPARING),
        ("waiting", {"transport_state": "withscheduler"}, JobState.QUEUED),
        ("waiting", {"transport_state": "withscheduler", "scheduler_state": "running"}, JobState.RUNNING),
        ("waiting", {"transport_state": "withscheduler", "scheduler_state": "done"}, JobState.COLLECTING),
        ("running", {"transport_state": "parsing"}, JobState.COLLECTING),
        ("waiting", {"on_computer": False}, JobState.RUNNING),
        ("waiting", {"paused": True, "transport_state": "uploading"}, JobState.PAUSED),
        ("killed", {"paused": True}, JobState.KILLED),
        ("finished", {"exit_status": 0, "paused": True}, JobState.FINISHED),
        ("finished", {"exit_status": 310}, JobState.FAILED),
    ],
)
def test_states(process: str, held: dict[str, object], expected: JobState) -> None:
    assert state(process, **held) is expected
