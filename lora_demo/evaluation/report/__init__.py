"""The report of an evaluation: its data, its words, its plots and its HTML."""
