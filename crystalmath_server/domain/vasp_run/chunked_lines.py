"""Whole lines of a text that comes in chunks, cut anywhere; pure."""

LONGEST = 65_536
"""A line that is longer is not a line of a text; its beginning is let go [bytes]."""


class Lines:
    """Cuts chunks into lines; what has no end yet waits for the next chunk."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Lines that are complete now, without their ends."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-LONGEST:]
        return [line.decode(errors="replace") for line in whole]


def number(text: str) -> float | None:
    """A number as Fortran writes it; None for stars, infinities and what is none."""
    try:
        found = float(text.replace("D", "E").replace("d", "e"))
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None
