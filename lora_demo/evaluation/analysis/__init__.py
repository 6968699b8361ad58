"""Differences between systems: flaws, scores of kinds of sentences, words right and missed."""
