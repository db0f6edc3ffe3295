"""Compare: several jobs side by side."""

from crystalmath_tui.screens.compare.view import SCREEN

__all__ = ["SCREEN"]
