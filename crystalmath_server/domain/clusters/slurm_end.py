"""How SLURM reports the end of a job or refuses a submission; pure."""

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
"""Signs of temporary trouble that a later attempt by AiiDA may not meet."""
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
"""SLURM state → message that replaces the exit status's own."""


def end(name: str) -> tuple[ExitStatus, str] | None:
    """Exit status and reason for a job's final state; None if the state explains nothing."""
    status = _STATUSES.get(name)
    return (status, _WORDS.get(name, status.message)) if status else None


def state(text: str) -> str:
    """Job state from `scontrol show job --oneliner` or `sacct --parsable` output; empty if absent."""
    found = _STATE.search(text)
    if found:
        return found[1]
    lines = [line.split("|") for line in text.splitlines()[:2]]
    if len(lines) < 2 or "State" not in lines[0]:
        return ""
    return dict(zip(*lines, strict=False)).get("State", "").partition(" ")[0]


def refusal(stderr: str) -> str:
    """The reason sbatch gives for a permanent refusal; empty if another attempt may succeed."""
    said = " ".join(stderr.split())
    if "sbatch: error" not in said or any(sign in said.lower() for sign in _PASSING):
        return ""
    return re.sub(r"sbatch: error: (?:Batch job submission failed: )?", "", said)
