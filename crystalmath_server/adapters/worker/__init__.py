"""Runs in the worker process: atomate2, pymatgen and custodian; no AiiDA."""
