"""Terms of a glossary: how many of them each system translates as wanted, and where it does not.

A term counts in a sentence if its German words follow each other in the source. It is hit if the
English words follow each other in the output. Upper and lower case do not matter. A word may have
one of the usual endings of its language, and nothing else is inflected: Apfel finds Apfels but not
Äpfel.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lora_demo.data.readers import is_data_file, read_rows, supported_formats
from lora_demo.data.readers.columns import Columns
from lora_demo.evaluation.analysis.words import split_words
from lora_demo.files import expand_home
from lora_demo.language import _

COLUMNS = Columns(re.compile("term_de|term_en"), ("term_de", "term_en"))
MAX_TERMS = 20_000
MAX_WORDS = 10
"""Words of a term."""
MIN_INFLECTED = 3
"""Letters of a word that may have endings."""
ENDINGS = {
    "de": ("", "e", "n", "s", "en", "er", "es", "em", "ern", "nen", "se", "sen"),
    "en": ("", "s", "es", "'s", "’s", "d", "ed", "ing"),
}
"""Endings that a word may have in addition, by language."""
SEPARATOR = "|"
"""Between spellings of one term: Apfel|Äpfel."""
Spellings = tuple[tuple[str, ...], ...]
"""Ways to write a term, each as words in lower case."""


@dataclass(frozen=True)
class Term:
    """A German term and its wanted translation.

    Args:
        de: The German term, with `|` between spellings.
        en: The English term, in the same way.
    """

    de: str
    en: str

    @property
    def german(self) -> Spellings:
        """The spellings of the German term."""
        return _spellings(self.de)

    @property
    def english(self) -> Spellings:
        """The spellings of the English term."""
        return _spellings(self.en)


@dataclass(frozen=True)
class TermResult:
    """A term in the outputs of one system.

    Args:
        term: The term.
        hit: Rows of sentences with the term, whose output has its translation.
        missed: Rows of the other sentences with the term.
    """

    term: Term
    hit: list[int]
    missed: list[int]


def read_glossary(path: Path) -> list[Term]:
    """Read a glossary.

    Args:
        path: A file with the columns `term_de` and `term_en`, of any format that pairs have.

    Returns:
        The terms, each once.

    Raises:
        ValueError: If the file cannot be read, has no terms, or too many.
    """
    path = expand_home(path)
    if not path.is_file() or not is_data_file(path):
        raise ValueError(
            _(
                "The glossary {name} was not found, or is not a table. Give a {formats} file with "
                "the columns term_de and term_en.",
                name=path.name,
                formats=supported_formats(with_columns=True),
            )
        )
    terms: dict[Term, None] = {}
    for number, row in read_rows(path, COLUMNS):
        term = Term(row["term_de"].strip(), row["term_en"].strip())
        if not (term.german and term.english):
            continue
        if max(map(len, [*term.german, *term.english])) > MAX_WORDS:
            raise ValueError(
                _(
                    "{name}, line {number}: a term has over {max_words} words. Shorten it.",
                    name=path.name,
                    number=number,
                    max_words=MAX_WORDS,
                )
            )
        terms[term] = None
        if len(terms) > MAX_TERMS:
            raise ValueError(
                _(
                    "{name} has over {max_terms:,} terms. Use a part of it.",
                    name=path.name,
                    max_terms=MAX_TERMS,
                )
            )
    if not terms:
        raise ValueError(
            _("{name} has no terms. Fill the columns term_de and term_en.", name=path.name)
        )
    return list(terms)


def find_terms(terms: Sequence[Term], sources: Sequence[str]) -> dict[Term, list[int]]:
    """Find the sentences that have each term.

    Args:
        terms: The glossary.
        sources: The German sentences.

    Returns:
        The rows of each term that occurs.
    """
    by_first: dict[str, list[Term]] = {}
    for term in terms:
        for spelling in term.german:
            by_first.setdefault(spelling[0], []).append(term)
    found: dict[Term, list[int]] = {}
    for row, source in enumerate(sources):
        words = split_words(source)
        stems = [stem for word in words for stem in _stems(word)]
        candidates = [term for stem in stems for term in by_first.get(stem, ())]
        for term in dict.fromkeys(candidates):
            if _occurs(term.german, words, "de"):
                found.setdefault(term, []).append(row)
    return found


def check_terms(found: dict[Term, list[int]], outputs: Sequence[str]) -> list[TermResult]:
    """Check which terms a system translates as wanted.

    Args:
        found: As `find_terms` returns it.
        outputs: The system's outputs.

    Returns:
        One result for each term that occurs.
    """
    words = {row: split_words(outputs[row]) for rows in found.values() for row in rows}
    results = []
    for term, rows in found.items():
        hit = [row for row in rows if _occurs(term.english, words[row], "en")]
        results.append(TermResult(term, hit, [row for row in rows if row not in set(hit)]))
    return results


def _spellings(text: str) -> Spellings:
    spellings = (tuple(split_words(part)) for part in text.split(SEPARATOR))
    return tuple(spelling for spelling in spellings if spelling)


def _stems(word: str) -> list[str]:
    """Return the words that this German word may be a form of."""
    stems = []
    for ending in ENDINGS["de"]:
        stem = word.removesuffix(ending)
        if word.endswith(ending) and (not ending or len(stem) >= MIN_INFLECTED):
            stems.append(stem)
    return stems


def _occurs(spellings: Spellings, words: Sequence[str], language: str) -> bool:
    return any(_follows(spelling, words, language) for spelling in spellings)


def _follows(spelling: Sequence[str], words: Sequence[str], language: str) -> bool:
    size = len(spelling)
    return any(
        all(map(_is_form, words[start : start + size], spelling, [language] * size))
        for start in range(len(words) - size + 1)
    )


def _is_form(word: str, lemma: str, language: str) -> bool:
    """Check whether a word is a lemma, or the lemma with a usual ending."""
    if word == lemma:
        return True
    if len(lemma) < MIN_INFLECTED:
        return False
    if word.startswith(lemma) and word.removeprefix(lemma) in ENDINGS[language]:
        return True
    if language == "en" and lemma.endswith(("e", "y")):
        endings = ("ing",) if lemma.endswith("e") else ("ies", "ied")
        return word in [lemma[:-1] + ending for ending in endings]
    return False
