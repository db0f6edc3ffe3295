"""The only modules that name aiida, atomate2 or pymatgen."""
