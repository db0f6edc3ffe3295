"""Jobs read from AiiDA: the index, rows, details, results, files and exports."""
