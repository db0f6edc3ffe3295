"""Connections to clusters: SSH hosts, shared connections and their errors."""
