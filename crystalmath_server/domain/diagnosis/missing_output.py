"""Why a program left no result, according to its output and the scheduler's; pure."""

from crystalmath_server.domain.exit_status import ExitStatus

NO_LIBRARY = "a shared library that the program needs is missing"
BAD_SCRIPT = "the job script has a shell syntax error"
_MEMORY = ExitStatus.OUT_OF_MEMORY.message
_SIGNS = (
    ("type information on POSCAR and POTCAR", "POTCAR has other elements than POSCAR, or another order"),
    ("No space left on device", "the disk of the cluster is full"),
    ("Disk quota exceeded", "the disk quota on the cluster is used up"),
    ("Permission denied", "a program, file or folder on the cluster may not be used"),
    ("oom-kill", _MEMORY),
    ("Out of memory", _MEMORY),
    ("OUT_OF_MEMORY", _MEMORY),
    ("MemoryError", _MEMORY),
    ("DUE TO TIME LIMIT", ExitStatus.OUT_OF_WALLTIME.message),
    ("Segmentation fault", "the engine crashed (segmentation fault)"),
    ("Illegal instruction", "the engine was built for a different processor (illegal instruction)"),
    ("error while loading shared libraries", NO_LIBRARY),
    ("syntax error", BAD_SCRIPT),
    ("gamma-only version", "this build of VASP computes only the Γ point"),
    ("Aborted", "the engine crashed (aborted)"),
    ("No such file or directory", "a program or file is missing on the cluster"),
    ("command not found", "a program is missing on the cluster"),
    ("Exec format error", "the program cannot run on this kind of machine"),
    ("Terminated", "it was terminated from outside"),
    ("Killed", "it was killed from outside, or needed more memory than available"),
)
UNKNOWN = "it was killed, or ran out of memory or time; its output does not tell which"
"""A guess that names several causes, so it must never be matched as evidence."""


def explain(text: str) -> str:
    """The meaning of the first known sign, with the line that contains it."""
    for sign, words in _SIGNS:
        line = next((line.strip() for line in text.splitlines() if sign in line), None)
        if line is not None:
            return f"{words} ({line[:200]})"
    return UNKNOWN
