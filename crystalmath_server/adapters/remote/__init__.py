"""Connections to clusters: SSH hosts, links and connection errors."""
