"""Connections to clusters: hosts, links and what goes wrong on them."""
