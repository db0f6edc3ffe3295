"""Jobs: specifications, states and the index of all jobs."""
