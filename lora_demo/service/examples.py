"""The examples of Compare: sentences that the shipped adapters translate well."""

EXAMPLES = [
    (
        "Nach dem Essen gehen wir oft im Park spazieren.",
        "We often go for a walk in the park after dinner.",
    ),
    (
        "Die Kinder haben den ganzen Tag im Garten gespielt.",
        "The children played in the garden all day.",
    ),
    ("Die Waschmaschine ist schon wieder kaputt.", "The washing machine is broken again."),
    ("Wer wohnt in dem gelben Haus?", "Who lives in the yellow house?"),
    ("Es ist zu kalt, um im See zu schwimmen.", "It's too cold to swim in the lake."),
]
"""Sentences that the page offers, and a reference translation of each."""
