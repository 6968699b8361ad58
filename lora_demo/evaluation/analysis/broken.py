"""Signs that one translation in Compare is broken, found without a reference."""

import re
from collections import Counter

from lora_demo.evaluation.analysis.flaws import MIN_REPEATS, repeats
from lora_demo.evaluation.analysis.words import split_words
from lora_demo.language import N_

EMPTY = N_("This translation is empty.")
REPEATED = N_("This translation repeats itself.")
CUT = N_("This translation was cut at the maximum length.")
TOO_LONG = N_("This translation is several times longer than the sentence.")

MAX_LENGTH_RATIO = 3
MAX_EXTRA_WORDS = 8
"""A translation may have this many words more than `MAX_LENGTH_RATIO` times those of the source."""
RUN_WORDS = 3
MAX_RUN_COUNT = 3
"""Times that the same `RUN_WORDS` words may occur anywhere in a translation."""
MIN_RUN_SHARE = 1 / 3
"""Share of the words that they must be; long texts repeat phrases such as `one of the`."""
STUTTER = re.compile(r"([^\W\d]{1,6}?)\1{5,}|([^\w\s]{1,3}?)\2{11,}")
"""The same letters six times without a space, or the same signs twelve times."""


def describe_broken(source: str, output: str, is_cut: bool = False) -> str:
    """Describe why a translation looks broken.

    Repetition counts only as far as the source does not repeat itself in the same way.

    Args:
        source: The German text.
        output: The translation.
        is_cut: True if the translation has as many tokens as the limit allows.

    Returns:
        One sentence; empty if nothing looks broken.
    """
    words = split_words(output)
    source_words = split_words(source)
    if not output.strip() or (source_words and not words):
        return EMPTY
    if _repeats_itself(source, output):
        return REPEATED
    if is_cut:
        return CUT
    if len(words) > MAX_LENGTH_RATIO * len(source_words) + MAX_EXTRA_WORDS:
        return TOO_LONG
    return ""


def _repeats_itself(source: str, output: str) -> bool:
    if repeats(output, max(MIN_REPEATS, _times_in_a_row(source) + 2)):
        return True
    count = _most_frequent_run(output)
    covers_much = count * RUN_WORDS >= MIN_RUN_SHARE * len(split_words(output))
    if covers_much and count > max(MAX_RUN_COUNT, 2 * _most_frequent_run(source)):
        return True
    return bool(STUTTER.search(output)) and not STUTTER.search(source)


def _times_in_a_row(text: str) -> int:
    """Count how often a text repeats a run of words in a row; 1 if it does not."""
    times = 1
    while repeats(text, times + 1):
        times += 1
    return times


def _most_frequent_run(text: str) -> int:
    """Count how often the most frequent run of `RUN_WORDS` words occurs."""
    words = split_words(text)
    runs = Counter(zip(*(words[start:] for start in range(RUN_WORDS)), strict=False))
    return max(runs.values(), default=0)
