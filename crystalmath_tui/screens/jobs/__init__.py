"""Jobs: a live table of all jobs."""

from crystalmath_tui.screens.jobs.view import SCREEN

__all__ = ["SCREEN"]
