"""Sparklines: numbers as block characters, one cell each; pure."""

from collections.abc import Sequence
from math import isfinite, log10

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], cols: int, *, log: bool = False) -> str:
    """The last `cols` drawable values, the largest as the tallest block."""
    shown = [value for value in values if isfinite(value) and (value > 0 or not log)][-max(0, cols) :]
    if not shown or cols < 1:
        return ""
    heights = [log10(value) for value in shown] if log else shown
    low, high = min(heights), max(heights)
    span = high - low
    if not span > 0 or not isfinite(span):
        return _BLOCKS[0] * len(shown)
    return "".join(_BLOCKS[round((value - low) / span * (len(_BLOCKS) - 1))] for value in heights)
