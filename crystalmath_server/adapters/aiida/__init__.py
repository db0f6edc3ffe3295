"""AiiDA profiles, computers, codes and structures; functions run on the AiiDA thread."""
