"""The page. Only this folder imports gradio; what needs no widgets is in the service."""
