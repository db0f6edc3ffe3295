"""What keeps state between calls or continues after one: how far runs were read, files that are followed."""
