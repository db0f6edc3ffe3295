"""Excerpts of long data: byte ranges as text, rows thinned out."""

import base64
from collections.abc import Sequence
from typing import Literal, TypeVar

T = TypeVar("T")

_LONGEST_CHARACTER = 4


def as_text(data: bytes, *, at_end: bool) -> tuple[Literal["utf-8", "base64"], str, int]:
    """Encoding, content and number of bytes used of a range.

    A character cut at the end of the range is left for the next range; data that is not UTF-8 becomes base64.

    Parameters
    ----------
    at_end
        Whether the range reaches the end of the file; a cut character there means invalid UTF-8.
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


def last_line(text: str | None) -> str:
    """The last line that is not empty, such as the error in a traceback; empty if there is none."""
    lines = (text or "").strip().splitlines()
    return lines[-1] if lines else ""


def thin(rows: Sequence[T], most: int) -> list[T]:
    """At most `most` evenly spaced rows, including the first and last."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
