"""Pks of nodes, as people type them."""

_MOST_DIGITS = 18


def pk_of(text: str) -> int:
    """The pk as a number, or 0 if the text is not a pk."""
    fits = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if fits else 0
