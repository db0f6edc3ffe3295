"""Cluster: the settings, codes, queue and test of one cluster."""

from crystalmath_tui.screens.cluster.view import SCREEN

__all__ = ["SCREEN"]
