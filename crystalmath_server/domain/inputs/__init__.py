"""VASP input files: parsing, checks, edits and comparison."""
