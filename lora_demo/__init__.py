"""LoRA adapters for FLAN-T5 German->English translation: train, compare, evaluate and share, in Keras 3."""

__version__ = "0.1.0"
