"""Potentials of VASP: where they are, which a calculation needs, and what is licensed."""
