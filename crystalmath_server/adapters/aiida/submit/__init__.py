"""Jobs written to AiiDA: builders, submission, resubmission and the cap on each cluster."""
