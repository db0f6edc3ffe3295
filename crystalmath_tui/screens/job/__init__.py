"""Job: the summary, inputs, files, log and results of one job."""

from crystalmath_tui.screens.job.update import SCREEN

__all__ = ["SCREEN"]
