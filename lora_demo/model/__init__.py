"""T5 and LoRA in Keras 3; imports nothing else of this package."""
