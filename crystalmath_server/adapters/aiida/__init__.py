"""AiiDA's profile, computers, codes and structures; its functions run on the AiiDA thread."""
