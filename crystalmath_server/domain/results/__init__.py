"""Results: quantities with units, steps and curves, read from job documents."""
