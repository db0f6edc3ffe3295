"""AiiDA's daemon and broker: started, probed, repaired, and asked to control processes."""
