"""crystalmath: terminal interface and command line."""
