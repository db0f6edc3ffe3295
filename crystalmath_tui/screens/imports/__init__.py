"""Import: turn a VASP run folder into a job."""

from crystalmath_tui.screens.imports.view import SCREEN

__all__ = ["SCREEN"]
