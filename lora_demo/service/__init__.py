"""The services behind the page, without gradio and HTML."""
