"""T5 and LoRA in Keras 3; of this package it imports only `checks`."""
