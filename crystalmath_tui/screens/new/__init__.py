"""New job: choose a structure and a template, edit the settings and submit."""

from crystalmath_tui.screens.new.view import SCREEN

__all__ = ["SCREEN"]
