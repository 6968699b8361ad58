"""Values as HTML or figures, without gradio."""
