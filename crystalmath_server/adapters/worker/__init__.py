"""Code of the worker process: uses atomate2, pymatgen and custodian, but not AiiDA."""
