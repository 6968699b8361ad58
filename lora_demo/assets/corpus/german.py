"""German declension, as far as the grammars of the built-in corpus need it."""

import re

CASES = ("nom", "acc", "dat", "gen")
ARTICLES = {
    "der": {
        "m": "der den dem des",
        "f": "die die der der",
        "n": "das das dem des",
        "p": "die die den der",
    },
    "ein": {"m": "ein einen einem eines", "f": "eine eine einer einer", "n": "ein ein einem eines"},
}
ADJECTIVE_ENDINGS = {
    "": {"m": "er en em en", "f": "e e er er", "n": "es es em en", "p": "e e en er"},
    "der": {"m": "e en en en", "f": "e e en en", "n": "e e en en", "p": "en en en en"},
    "ein": {"m": "er en en en", "f": "e e en en", "n": "es es en en"},
}


def article(kind: str, gender: str, case: str) -> str:
    """The form of `der` or `ein` for a gender (m, f, n or p for plural) and a case."""
    return ARTICLES[kind][gender].split()[CASES.index(case)]


def ending(kind: str, gender: str, case: str) -> str:
    """The ending of an adjective after `der`, `ein` or no article."""
    return ADJECTIVE_ENDINGS[kind][gender].split()[CASES.index(case)]


def dative_plural(noun: str) -> str:
    """The plural with the dative's n, which Zucchini and Steaks do without."""
    return re.sub(r"\b[A-ZÄÖÜ]\w*[^nsi\W]\b", r"\g<0>n", noun)
