"""Input files of VASP: parsed, checked, edited and compared."""
