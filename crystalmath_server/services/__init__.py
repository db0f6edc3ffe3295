"""What keeps state between calls or goes on after one: how far runs were read, files that are followed."""
