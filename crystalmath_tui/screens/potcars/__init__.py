"""Potcars: the potentials that a cluster has."""

from crystalmath_tui.screens.potcars.view import SCREEN

__all__ = ["SCREEN"]
