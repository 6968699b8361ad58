"""Where systems differ: visible flaws, scores of kinds of sentences, words right and missed."""
