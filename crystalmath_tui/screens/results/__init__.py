"""Results: the numbers, plots, document and structure of one job."""

from crystalmath_tui.screens.results.update import SCREEN

__all__ = ["SCREEN"]
