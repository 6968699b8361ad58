"""The model alone: T5 in Keras 3, its LoRA slots, decoding and exact parameter counts; knows neither text nor files."""
