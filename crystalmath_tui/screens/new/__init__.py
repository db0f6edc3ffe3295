"""New job: structure, template, settings, inputs, submission."""

from crystalmath_tui.screens.new.view import SCREEN

__all__ = ["SCREEN"]
