"""VASP potentials: where they are, which ones a calculation needs, and what is licensed."""
