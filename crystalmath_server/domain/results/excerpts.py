"""Parts of what is long: byte ranges as text, rows thinned out."""

import base64
from collections.abc import Sequence
from typing import Literal, TypeVar

T = TypeVar("T")

_LONGEST_CHARACTER = 4


def as_text(data: bytes, *, at_end: bool) -> tuple[Literal["utf-8", "base64"], str, int]:
    """Encoding, content and the number of bytes used of a range.

    A character that the range cuts at its end is left for the next range; what is not UTF-8 is in base64.

    Parameters
    ----------
    at_end
        Whether the range reaches the end of the file, where a cut character is no accident.
    """
    for cut in range(1 if at_end else _LONGEST_CHARACTER):
        used = len(data) - cut
        if cut and used <= 0:
            break
        try:
            return "utf-8", data[:used].decode(), used
        except UnicodeDecodeError:
            continue
    return "base64", base64.b64encode(data).decode(), len(data)


def thinned(rows: Sequence[T], most: int) -> list[T]:
    """At most `most` rows, evenly spread, the first and the last among them."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
