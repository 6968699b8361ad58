"""The Hugging Face Hub: push and pull adapters, deploy a Space, train on Jobs."""
