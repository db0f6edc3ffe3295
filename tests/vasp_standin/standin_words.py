"""What VASP says when it stops: the boxed words, and the error that carries them."""

import sys

EMBLEM = (
    "EEEEEEE  RRRRRR   RRRRRR   OOOOOOO  RRRRRR      ###     ###     ###",
    "E        R     R  R     R  O     O  R     R     ###     ###     ###",
    "EEEEE    RRRRRR   RRRRRR   O     O  RRRRRR       #       #       #",
    "E        R   R    R   R    O     O  R   R",
    "EEEEEEE  R     R  R     R  OOOOOOO  R     R     ###     ###     ###",
)
REFUSAL = "  ---->  I REFUSE TO CONTINUE WITH THIS SICK JOB ... BYE!!! <----"
_WIDTH = 77


class VaspStopError(Exception):
    """VASP ends here, with these lines in a box."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def box(*lines: str) -> str:
    """The box of an error."""
    rows = ["", *EMBLEM, "", *lines, "", REFUSAL, ""]
    rule = " " + "-" * _WIDTH
    return "\n".join((rule, *(f"|     {row:<{_WIDTH - 5}}|" for row in rows), rule, ""))


def say(*lines: str) -> None:
    """To standard output, at once."""
    print("\n".join(lines), flush=True)


def complain(*lines: str) -> None:
    """To standard error, at once."""
    print("\n".join(lines), file=sys.stderr, flush=True)
