"""Why a job left no response: what its output and the scheduler's tell."""

_SIGNS = (
    ("type information on POSCAR and POTCAR", "POTCAR has other elements than POSCAR, or another order"),
    ("No space left on device", "the disk of the computer is full"),
    ("Disk quota exceeded", "the disk quota on the computer is used up"),
    ("Permission denied", "a program, file or folder on the computer may not be used"),
    ("oom-kill", "it needed more memory than it was given"),
    ("Out of memory", "it needed more memory than it was given"),
    ("OUT_OF_MEMORY", "it needed more memory than it was given"),
    ("MemoryError", "it needed more memory than it was given"),
    ("DUE TO TIME LIMIT", "it reached its time limit"),
    ("Segmentation fault", "the engine crashed (segmentation fault)"),
    ("Illegal instruction", "the engine does not fit the processor of the computer (illegal instruction)"),
    ("error while loading shared libraries", "a library that the program needs is not there"),
    ("syntax error", "a shell line of its script is wrong"),
    ("gamma-only version", "this build of VASP computes the Γ point alone"),
    ("Aborted", "the engine crashed (aborted)"),
    ("No such file or directory", "a program or file is not there on the computer"),
    ("command not found", "a program is not there on the computer"),
    ("Exec format error", "the program does not fit the computer"),
    ("Terminated", "it was terminated from outside"),
    ("Killed", "it was killed from outside, or needed more memory than there is"),
)
UNKNOWN = "it was killed, or ran out of memory or time; its output does not tell which"


def why_silent(text: str) -> str:
    """The first sign that is known, with the line that holds it."""
    for sign, words in _SIGNS:
        line = next((line.strip() for line in text.splitlines() if sign in line), None)
        if line is not None:
            return f"{words} ({line[:200]})"
    return UNKNOWN
