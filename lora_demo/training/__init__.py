"""Training: batches, LoRA runs and the pre-training of the embedded base."""
