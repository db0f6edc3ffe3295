"""Import: a folder in which VASP ran becomes a job."""

from crystalmath_tui.screens.imports.view import SCREEN

__all__ = ["SCREEN"]
