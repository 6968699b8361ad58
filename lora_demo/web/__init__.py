"""The page: the only place that imports gradio, one file per tab; what is logic stands in files without gradio."""
