"""The examples of Compare: sentences that the shipped adapters translate well."""

EXAMPLES = [
    (
        "Die Kinder spielen im Garten hinter dem Haus.",
        "The children are playing in the garden behind the house.",
    ),
    (
        "Als ich nach Hause kam, schliefen die Kinder schon.",
        "When I came home, the children were already asleep.",
    ),
    ("Heute Abend koche ich für meine Freunde.", "I'm cooking for my friends tonight."),
    ("Wer wohnt in dem gelben Haus?", "Who lives in the yellow house?"),
    ("Er hat seine Hausaufgaben noch nicht gemacht.", "He hasn't done his homework yet."),
]
"""Sentences that the page offers, and a reference translation of each."""
