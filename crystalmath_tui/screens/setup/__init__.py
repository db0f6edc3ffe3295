"""Setup: a new cluster or code, and the settings of a cluster."""

from crystalmath_tui.screens.setup.view import SCREEN

__all__ = ["SCREEN"]
