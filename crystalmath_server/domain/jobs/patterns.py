"""Regular expressions of users: compiled, and told apart by what they may cost."""

import re
import warnings

from crystalmath_server.protocol.errors import InvalidForm

_BACKTRACKS = frozenset("*+?{|")


def compile_pattern(text: str) -> re.Pattern[str]:
    """The pattern; `^` and `$` stand for the ends of label and formula.

    Raises
    ------
    InvalidForm
        Where it is not a regular expression.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(text, re.IGNORECASE | re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        hint = "Correct it, or search for plain text."
        raise InvalidForm(
            f"{text!r} is not a regular expression: {error}", field="label", hint=hint
        ) from None


def is_tame(text: str) -> bool:
    """Whether matching is quick on any text: with two marks that backtrack it may never end."""
    return sum(sign in _BACKTRACKS for sign in text) < 2
