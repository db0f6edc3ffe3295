"""Excerpts of long data."""

import pytest

from crystalmath_server.domain.results.excerpts import last_line


@pytest.mark.parametrize(
    "text, line",
    [("Traceback:\n  in f\nValueError: no\n\n", "ValueError: no"), ("one", "one"), (" \n", ""), (None, "")],
)
def test_the_last_line_that_says_something(text: str | None, line: str) -> None:
    assert last_line(text) == line
