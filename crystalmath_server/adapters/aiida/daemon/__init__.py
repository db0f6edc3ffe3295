"""Starts, probes and repairs AiiDA's daemon and broker, and controls processes through them."""
