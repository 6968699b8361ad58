"""Files of the package: the embedded base model and the built-in corpus."""
