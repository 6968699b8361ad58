"""German-English pairs: where they come from, how they are cleaned, split and encoded."""
