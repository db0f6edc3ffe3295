"""How SLURM says that a job ended, and what it says when it refuses one; pure."""

import re

from crystalmath_server.domain.exit_status import ExitStatus

_STATE = re.compile(r"^JobId=.*?\bJobState=([A-Z_]+)", re.MULTILINE)
_PASSING = (
    "timed out",
    "unable to contact",
    "temporarily",
    "zero bytes",
    "connection refused",
    "communication",
    "try again",
    "backup controller",
)
"""Signs of trouble that may be over when AiiDA tries again."""
_STATUSES = {
    "OUT_OF_MEMORY": ExitStatus.OUT_OF_MEMORY,
    "TIMEOUT": ExitStatus.OUT_OF_WALLTIME,
    "DEADLINE": ExitStatus.OUT_OF_WALLTIME,
    "NODE_FAIL": ExitStatus.NODE_FAILURE,
    "BOOT_FAIL": ExitStatus.NODE_FAILURE,
    "CANCELLED": ExitStatus.CANCELLED,
    "REVOKED": ExitStatus.CANCELLED,
    "PREEMPTED": ExitStatus.PREEMPTED,
}
_WORDS = {
    "DEADLINE": "it reached its deadline",
    "BOOT_FAIL": "its node did not boot",
    "REVOKED": "it was revoked on the cluster",
}
"""What is told in place of the status's own message."""


def end(name: str) -> tuple[ExitStatus, str] | None:
    """Exit status and reason of a job that ended in a state; None where the state tells nothing."""
    status = _STATUSES.get(name)
    return (status, _WORDS.get(name, status.message)) if status else None


def state(text: str) -> str:
    """State of a job in the output of `scontrol show job --oneliner` or `sacct --parsable`; empty: none."""
    found = _STATE.search(text)
    if found:
        return found[1]
    lines = [line.split("|") for line in text.splitlines()[:2]]
    if len(lines) < 2 or "State" not in lines[0]:
        return ""
    return dict(zip(*lines, strict=False)).get("State", "").partition(" ")[0]


def refusal(stderr: str) -> str:
    """Why sbatch will never take a job, in its own words; empty where it may when tried again."""
    said = " ".join(stderr.split())
    if "sbatch: error" not in said or any(sign in said.lower() for sign in _PASSING):
        return ""
    return re.sub(r"sbatch: error: (?:Batch job submission failed: )?", "", said)
