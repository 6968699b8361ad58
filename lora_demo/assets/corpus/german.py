"""German declension, as much as the grammars of the built-in corpus need."""

import re

CASES = ("nom", "acc", "dat", "gen")
"""The order of the forms in all tables below."""
ARTICLES = {
    "der": {
        "m": "der den dem des",
        "f": "die die der der",
        "n": "das das dem des",
        "p": "die die den der",
    },
    "ein": {"m": "ein einen einem eines", "f": "eine eine einer einer", "n": "ein ein einem eines"},
}
"""Forms by article and gender; p is the plural."""
ADJECTIVE_ENDINGS = {
    "": {"m": "er en em en", "f": "e e er er", "n": "es es em en", "p": "e e en er"},
    "der": {"m": "e en en en", "f": "e e en en", "n": "e e en en", "p": "en en en en"},
    "ein": {"m": "er en en en", "f": "e e en en", "n": "es es en en"},
}
"""Endings of an adjective by the article before it, "" for none, and by gender."""
DER_ENDINGS = {"m": "er en em es", "f": "e e er er", "n": "es es em es", "p": "e e en er"}
"""Endings of words that are declined like `der`, such as `dieser`."""


def article(kind: str, gender: str, case: str) -> str:
    """Return a form of `der` or `ein`.

    Args:
        kind: `der` or `ein`.
        gender: m, f, n, or p for plural.
        case: One of `CASES`.
    """
    return ARTICLES[kind][gender].split()[CASES.index(case)]


def ending(kind: str, gender: str, case: str) -> str:
    """Return the ending of an adjective.

    Args:
        kind: The article before it: `der`, `ein`, or "" for none.
        gender: m, f, n, or p for plural.
        case: One of `CASES`.
    """
    return ADJECTIVE_ENDINGS[kind][gender].split()[CASES.index(case)]


def dative_plural(noun: str) -> str:
    """Add the dative's n to a plural, unless it ends in n, s or i, as Steaks and Zucchini do.

    Args:
        noun: The plural in the nominative. Each capitalised word counts as a noun.
    """
    return re.sub(r"\b[A-ZÄÖÜ]\w*[^nsi\W]\b", r"\g<0>n", noun)


def inflected(adjective: str) -> str:
    """Return the stem that an adjective's endings follow: `teur` of `teuer`, `hoh` of `hoch`.

    Args:
        adjective: The adjective without an ending.
    """
    e_before_r_or_l = r"(?<=[au])e(?=r$)|e(?=l$)"
    return re.sub(e_before_r_or_l, "", adjective).replace("hoch", "hoh")
