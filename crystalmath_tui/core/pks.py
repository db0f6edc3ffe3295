"""Pks of nodes, as people type them."""

_MOST_DIGITS = 18


def pk_of(text: str) -> int:
    """The number; 0 where the text is not a pk."""
    fits = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if fits else 0
