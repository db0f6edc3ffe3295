"""The command line: commands derived from the method table; data on stdout, messages on stderr."""
