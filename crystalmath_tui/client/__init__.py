"""Client of the server: connection, transport, daemon; standard library only."""
