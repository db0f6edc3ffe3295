"""Regular expressions from users: compiled, and classified by cost."""

import re
import warnings

from crystalmath_server.protocol.errors import InvalidForm

_BACKTRACKS = frozenset("*+?{|")


def compile_pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern; `^` and `$` match at the ends of label and formula.

    Raises
    ------
    InvalidForm
        The text is not a regular expression.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(text, re.IGNORECASE | re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        hint = "Correct the expression, or search for plain text."
        raise InvalidForm(
            f"{text!r} is not a regular expression: {error}", field="label", hint=hint
        ) from None


def is_tame(text: str) -> bool:
    """Whether matching is fast on any text; two backtracking operators may take forever."""
    return sum(sign in _BACKTRACKS for sign in text) < 2
