"""The examples of Compare: sentences that the shipped adapters translate well."""

EXAMPLES = [
    (
        "Kannst du dir vorstellen, auf dem Land zu leben?",
        "Can you imagine living in the country?",
    ),
    ("Sie hat Angst vor Spinnen.", "She is afraid of spiders."),
    ("Maria hat ihren Eltern die Wahrheit gesagt.", "Maria told her parents the truth."),
    ("Wer wohnt in dem gelben Haus?", "Who lives in the yellow house?"),
    ("Es ist zu kalt, um im See zu schwimmen.", "It's too cold to swim in the lake."),
]
"""Sentences that the page offers, and a reference translation of each."""
