"""German-English pairs of a few words, which a small model learns in a few steps."""

import itertools

from lora_demo.assets.corpus.grammar import sentence

SUBJECTS = {
    "der Hund": "the dog",
    "die Katze": "the cat",
    "das Kind": "the child",
    "der Koch": "the cook",
    "die Frau": "the woman",
    "der Mann": "the man",
    "die Kuh": "the cow",
    "der Sohn": "the son",
}
ADJECTIVES = {
    "müde": "tired",
    "groß": "big",
    "alt": "old",
    "jung": "young",
    "hier": "here",
    "krank": "ill",
    "reich": "rich",
    "frei": "free",
}
PATTERNS = {
    "{} ist {}.": "{} is {}.",
    "ist {} {}?": "is {} {}?",
    "{} ist nicht {}.": "{} is not {}.",
    "{} ist sehr {}.": "{} is very {}.",
}
PAIRS = [
    (
        sentence(pattern.format(subject, adjective)),
        sentence(PATTERNS[pattern].format(SUBJECTS[subject], ADJECTIVES[adjective])),
    )
    for subject, adjective, pattern in itertools.product(SUBJECTS, ADJECTIVES, PATTERNS)
]
