"""A VASP run in its folder: its files, its progress, and how it continues."""
