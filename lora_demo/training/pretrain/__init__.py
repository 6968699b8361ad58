"""Pre-training of the embedded base: `python -m lora_demo.training.pretrain`."""
