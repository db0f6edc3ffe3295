"""Editor: edit the input files of a new job."""

from crystalmath_tui.screens.editor.view import SCREEN

__all__ = ["SCREEN"]
