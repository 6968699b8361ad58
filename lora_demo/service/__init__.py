"""What a visitor can do, without a page: no gradio, no HTML."""
