"""Diagnosis: why a job waits, why it failed, or why it needs the user."""
