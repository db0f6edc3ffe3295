"""Clusters: SLURM, ssh configuration, resources and submission caps."""
