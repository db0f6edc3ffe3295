"""AiiDA entry points, loaded by AiiDA's daemon."""
