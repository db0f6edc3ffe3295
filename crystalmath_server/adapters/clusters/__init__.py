"""Cluster operations over our own connections: queues, tests, codes, folders and potentials."""
