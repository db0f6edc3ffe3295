"""A VASP run in its folder: files, progress and continuation."""
