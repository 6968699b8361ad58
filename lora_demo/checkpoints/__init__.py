"""Files in Hugging Face's formats: base models, PEFT adapters, tokenizers."""
