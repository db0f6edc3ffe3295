"""Complete lines from text that arrives in arbitrary chunks; pure."""

LONGEST = 65_536
"""Longest line kept [bytes]; the beginning of a longer line is dropped."""


class Lines:
    """Splitter of chunks into lines; an incomplete line waits for the next chunk."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines completed by a chunk, without line ends."""
        *whole, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-LONGEST:]
        return [line.decode(errors="replace") for line in whole]


def number(text: str) -> float | None:
    """A number in Fortran notation; None for asterisks, infinities and other text."""
    try:
        found = float(text.replace("D", "E").replace("d", "e"))
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None
