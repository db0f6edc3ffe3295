"""Potcars: the POTCARs available on a cluster."""

from crystalmath_tui.screens.potcars.view import SCREEN

__all__ = ["SCREEN"]
