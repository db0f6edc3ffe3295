"""Threads and child processes of the server, and the programs that they run."""
