"""Setup: add a cluster or code, or edit a cluster."""

from crystalmath_tui.screens.setup.view import SCREEN

__all__ = ["SCREEN"]
