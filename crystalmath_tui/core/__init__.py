"""Plain data and pure functions of the interface."""
