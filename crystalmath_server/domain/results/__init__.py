"""Results: quantities with units, steps and curves from the documents of jobs."""
