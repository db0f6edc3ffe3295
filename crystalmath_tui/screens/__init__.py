"""Screens of the terminal interface: each has a model slice, an update function and a view."""
