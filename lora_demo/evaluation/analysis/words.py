"""Words and n-grams of a text, without punctuation and in lower case."""

import re
import unicodedata

WORD = re.compile(r"\w+(?:['’-]\w+)*")
MAX_ORDER = 4
"""Words of the longest n-gram."""


def split_words(text: str) -> list[str]:
    """Split a text into lower-case words in Unicode's normal form NFKC.

    Args:
        text: A text in German or English. Its punctuation is dropped.
    """
    return [word.lower() for word in WORD.findall(unicodedata.normalize("NFKC", text))]


def ngrams(text: str) -> set[tuple[str, ...]]:
    """Collect all runs of 1 to `MAX_ORDER` words of a text.

    Args:
        text: A text in German or English. `split_words` splits it.
    """
    words = split_words(text)
    result = set()
    for size in range(1, MAX_ORDER + 1):
        for start in range(len(words) - size + 1):
            result.add(tuple(words[start : start + size]))
    return result
