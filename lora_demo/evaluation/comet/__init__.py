"""COMET, which scores single sentences with a neural model, in an environment of its own."""
