"""Runs in the reading process: documents and vasprun.xml files; no AiiDA."""
