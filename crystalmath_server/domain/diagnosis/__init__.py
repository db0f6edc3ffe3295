"""Diagnosis: why a job waits, failed or needs a person."""
