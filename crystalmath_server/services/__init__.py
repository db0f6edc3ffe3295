"""Services with state between calls: progress of runs, and files being followed."""
