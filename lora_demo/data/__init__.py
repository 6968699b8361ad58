"""German-English pairs: sources, cleaning, splits and encoding."""
