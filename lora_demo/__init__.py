"""LoRA adapters for T5 translation in Keras 3: train, compare, evaluate and share them."""

from lora_demo.version import __version__

__all__ = ["__version__"]
