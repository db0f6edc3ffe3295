"""How SLURM says that a job ended, or will not begin."""

import pytest

from crystalmath_server.domain.clusters.slurm_end import end, refusal, state

PARTITION = """\
sbatch: error: invalid partition specified: nowhere
sbatch: error: Batch job submission failed: Invalid partition name specified
"""
SCONTROL = "JobId=7 JobName=a UserId=me(1) JobState={} Reason=None Dependency=(null) ExitCode=0:0"
SACCT = "Account|JobID|State|User|\nphysics|7|{}|me|\nphysics|7.batch|FAILED||\n"


@pytest.mark.parametrize("text", [SCONTROL, SACCT])
@pytest.mark.parametrize("name", ["TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "COMPLETED"])
def test_state(text: str, name: str) -> None:
    assert state(text.format(name)) == name


def test_sacct_tells_by_whom_it_was_cancelled() -> None:
    assert state(SACCT.format("CANCELLED by 0")) == "CANCELLED"


@pytest.mark.parametrize("text", ["", "slurm_load_jobs error: Invalid job id specified", "a|b\n"])
def test_no_state(text: str) -> None:
    assert state(text) == ""


@pytest.mark.parametrize(
    "stderr,words",
    [
        (
            PARTITION,
            "invalid partition specified: nowhere Invalid partition name specified",
        ),
        ("sbatch: error: Batch job submission failed: Requested time limit is invalid", "time limit"),
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", ""),
        ("sbatch: error: Batch job submission failed: Unable to contact slurm controller", ""),
        ("bash: sbatch: command not found", ""),
    ],
)
def test_refusal(stderr: str, words: str) -> None:
    assert words in refusal(stderr)
    assert bool(words) == bool(refusal(stderr))


@pytest.mark.parametrize(
    "name, status, words",
    [
        ("TIMEOUT", 120, "it reached its time limit"),
        ("DEADLINE", 120, "it reached its deadline"),
        ("PREEMPTED", 146, "a job of higher priority took its place"),
    ],
)
def test_a_state_ends_a_job_with_a_status_and_a_reason(name: str, status: int, words: str) -> None:
    assert end(name) == (status, words)


@pytest.mark.parametrize("name", ["", "COMPLETED", "FAILED"])
def test_other_states_tell_nothing(name: str) -> None:
    assert end(name) is None
