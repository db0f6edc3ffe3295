"""JSON-RPC over a Unix socket: frames in, frames out."""
