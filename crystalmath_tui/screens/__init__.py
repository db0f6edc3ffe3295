"""One screen a file: its slice of the model, its update, its view."""
