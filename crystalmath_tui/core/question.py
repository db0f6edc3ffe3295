"""A confirmation question, shown over the lower part of a screen."""

from crystalmath_tui.core.effects import Ask
from crystalmath_tui.core.lines import Line, fit_line, line, restyle


def overlay(shown: tuple[Line, ...], question: Ask, cols: int) -> tuple[Line, ...]:
    """The question over the lower part of the body."""
    rows = (line(("warn", "─" * cols)), line(("strong", f" {question.title}")), (), *question.details, ())
    panel = rows[: max(1, len(shown))] if len(shown) > 1 else rows[1:2]
    dimmed = tuple(restyle(each, "dim") for each in shown[: len(shown) - len(panel)])
    return (*dimmed, *(fit_line(each, cols) for each in panel))
