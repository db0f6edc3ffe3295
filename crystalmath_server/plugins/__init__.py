"""AiiDA entry points, imported by AiiDA's daemon."""
