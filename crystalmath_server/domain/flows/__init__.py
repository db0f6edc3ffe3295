"""jobflow's flows as plain data: jobs, references, and which job may run next; pure."""
