"""To and from the Hugging Face Hub: push, pull, base models, a Space, a run on Jobs."""
