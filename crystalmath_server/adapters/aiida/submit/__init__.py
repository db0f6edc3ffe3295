"""Submission of jobs to AiiDA: builders, resubmission, and the job cap of each cluster."""
