"""Input VASP files: parsed, checked, edited and compared."""
