"""Pure functions; no framework."""
