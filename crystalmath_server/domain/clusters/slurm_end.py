"""How SLURM says that a job ended, and what it says when it refuses one; pure."""

import re

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
REFUSED = 132
"""Exit status of a job that SLURM refused; beside AiiDA's own 131 for an account."""

ENDS: dict[str, tuple[int, str]] = {
    "OUT_OF_MEMORY": (110, "it needed more memory than it was given"),
    "TIMEOUT": (120, "it reached its time limit"),
    "DEADLINE": (120, "it reached its deadline"),
    "NODE_FAIL": (140, "its node failed"),
    "BOOT_FAIL": (140, "its node did not boot"),
    "CANCELLED": (145, "it was cancelled on the computer, not from here"),
    "REVOKED": (145, "it was revoked on the computer"),
    "PREEMPTED": (146, "a job of higher priority took its place"),
}
"""State → AiiDA's exit status (145 and 146 are ours) and the reason in words."""


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
