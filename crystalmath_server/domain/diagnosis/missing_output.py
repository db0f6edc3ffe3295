"""Why a program left no result, as its output and the scheduler's tell; pure."""

from crystalmath_server.domain.exit_status import ExitStatus

NO_LIBRARY = "a library that the program needs is not there"
BAD_SCRIPT = "a shell line of its script is wrong"
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
    ("Illegal instruction", "the engine does not fit the processor of the cluster (illegal instruction)"),
    ("error while loading shared libraries", NO_LIBRARY),
    ("syntax error", BAD_SCRIPT),
    ("gamma-only version", "this build of VASP computes the Γ point alone"),
    ("Aborted", "the engine crashed (aborted)"),
    ("No such file or directory", "a program or file is not there on the cluster"),
    ("command not found", "a program is not there on the cluster"),
    ("Exec format error", "the program does not fit the cluster"),
    ("Terminated", "it was terminated from outside"),
    ("Killed", "it was killed from outside, or needed more memory than there is"),
)
UNKNOWN = "it was killed, or ran out of memory or time; its output does not tell which"
"""Names causes without a sign of any; so it must not be taken for a sign itself."""


def explain(text: str) -> str:
    """The first sign that is known, with the line that holds it."""
    for sign, words in _SIGNS:
        line = next((line.strip() for line in text.splitlines() if sign in line), None)
        if line is not None:
            return f"{words} ({line[:200]})"
    return UNKNOWN
