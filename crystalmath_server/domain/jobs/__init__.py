"""Jobs: what is asked of one, its state, and the index of all."""
