"""Download: copy files of a job to this machine."""

from crystalmath_tui.screens.download.view import SCREEN

__all__ = ["SCREEN"]
