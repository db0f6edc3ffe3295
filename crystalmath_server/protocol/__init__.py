"""The contract between client and server; standard library only."""
