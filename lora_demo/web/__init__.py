"""The page. Only this folder imports gradio; code without widgets is in `service`."""
