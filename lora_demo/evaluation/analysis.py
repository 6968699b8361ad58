"""Where systems differ: flaws that can be counted, buckets of sentences, words right and missed, the largest wins and losses."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lora_demo.checkpoints.pair_hashes import normalised
from lora_demo.evaluation.scores import Scorer
from lora_demo.evaluation.sets import SentenceSet

WORD = re.compile(r"\w+(?:['’-]\w+)*")
UNKNOWN = re.compile("⁇|<unk>|\ufffd")
LENGTHS = (5, 10, 15, 20, 30, 50)
LENGTH_NAMES = (
    "up to 5 words",
    "6-10 words",
    "11-15 words",
    "16-20 words",
    "21-30 words",
    "31-50 words",
    "over 50 words",
)
FREQUENCIES = (0, 1, 5, 20, 100)
FREQUENCY_NAMES = ("never", "once", "2-5 times", "6-20 times", "21-100 times", "over 100 times")
CHRF_STEPS = (20, 40, 60, 80)
MAX_ORDER = 4
LISTED = 15
EXAMPLES = 10
ROWS_KEPT = 200
"""A row of a table leads to this many of its sentences."""


def from_one(i: int) -> int:
    """What to call a sentence of a set that is whole."""
    return i + 1


@dataclass(frozen=True)
class Flaws:
    """What can be seen without a judge; shares are of all sentences, from 0 to 1.

    `length_ratio` is output tokens / tokens of the nearest reference, as BLEU counts them.
    """

    length_ratio: float
    exact: list[int]
    empty: list[int]
    copied: list[int]
    repeated: list[int]
    unknown: list[int]
    n: int

    KINDS = ("exact", "empty", "copied", "repeated", "unknown")

    def to_json(self, number: Callable[[int], int] = from_one) -> dict:
        return {
            "length_ratio": self.length_ratio,
            **{
                kind: {
                    "share": len(rows) / self.n,
                    "count": len(rows),
                    "sentences": numbers(rows, number),
                }
                for kind in self.KINDS
                for rows in [getattr(self, kind)]
            },
        }


def numbers(rows: Sequence[int], number: Callable[[int], int]) -> list[int]:
    """The first of them, as `number` calls them."""
    return [number(i) for i in rows[:ROWS_KEPT]]


def find_flaws(
    sentences: SentenceSet, outputs: Sequence[str], bleu: Sequence[Sequence[float]]
) -> Flaws:
    """Counts a system's exact matches and visible flaws.

    Args:
        bleu: BLEU's statistics, which hold the lengths.
    """
    written, wanted = (sum(row[k] for row in bleu) for k in (0, 1))
    rows = lambda test: [i for i, text in enumerate(outputs) if test(i, text)]
    return Flaws(
        written / wanted if wanted else 0.0,
        exact=rows(
            lambda i, text: (
                text.strip() and text.strip() in (ref.strip() for ref in sentences.references_of(i))
            )
        ),
        empty=rows(lambda i, text: not text.strip()),
        copied=rows(
            lambda i, text: is_copied(sentences.sources[i], text, sentences.references_of(i))
        ),
        repeated=rows(
            lambda i, text: repeats(text) and not any(map(repeats, sentences.references_of(i)))
        ),
        unknown=rows(lambda i, text: UNKNOWN.search(text)),
        n=len(outputs),
    )


def is_copied(source: str, text: str, references: Sequence[str]) -> bool:
    """Whether the output is the German source, where the reference is not."""
    return (
        bool(text.strip())
        and normalised(text) == normalised(source)
        and all(normalised(ref) != normalised(source) for ref in references)
    )


def repeats(text: str, most: int = 3) -> bool:
    """Whether some run of one to eight words comes at least `most` times in a row."""
    words = [word.lower() for word in WORD.findall(text)]
    for size in range(1, 9):
        run = 0
        for i in range(size, len(words)):
            run = run + 1 if words[i] == words[i - size] else 0
            if run >= size * (most - 1):
                return True
    return False


@dataclass(frozen=True)
class Bucket:
    """Sentences of a kind: its name, which, and what each system scores there; n counts sentences, or words.

    `of` are each system's sentences, where its outputs decide which these are; `rows` are then all of those.
    """

    name: str
    n: int
    rows: list[int]
    scores: dict[str, dict[str, float]]
    of: dict[str, list[int]] = field(default_factory=dict)

    def to_json(self, number: Callable[[int], int]) -> dict:
        of = (
            {"sentences_of": {system: numbers(rows, number) for system, rows in self.of.items()}}
            if self.of
            else {}
        )
        return {
            "name": self.name,
            "n": self.n,
            "sentences": numbers(self.rows, number),
            "systems": self.scores,
        } | of


def by_length(sentences: SentenceSet, scorer: Scorer, counted: dict[str, dict]) -> list[Bucket]:
    """Scores by the number of words of the source."""
    rows = defaultdict(list)
    for i, source in enumerate(sentences.sources):
        rows[sum(len(source.split()) > edge for edge in LENGTHS)].append(i)
    return [
        Bucket(
            name,
            len(rows[k]),
            rows[k],
            {system: scorer.part(parts, rows[k]) for system, parts in counted.items()},
        )
        for k, name in enumerate(LENGTH_NAMES)
        if rows[k]
    ]


def by_chrf(chrf: dict[str, list[float]]) -> list[Bucket]:
    """Which sentences of each system have a chrF of about so much."""
    place = lambda score: sum(score >= edge for edge in CHRF_STEPS)
    names = [f"{low} to {high}" for low, high in zip((0, *CHRF_STEPS), (*CHRF_STEPS, 100))]
    buckets = []
    for k, name in enumerate(names):
        of = {
            system: [i for i, score in enumerate(scores) if place(score) == k]
            for system, scores in chrf.items()
        }
        rows = sorted({i for found in of.values() for i in found})
        buckets.append(
            Bucket(
                name,
                len(rows),
                rows,
                {system: {"sentences": len(found)} for system, found in of.items()},
                of,
            )
        )
    return buckets


def by_frequency(
    sentences: SentenceSet, outputs: dict[str, Sequence[str]], training: Sequence[str]
) -> list[Bucket]:
    """F1 of words by how often they occur in the training data's English.

    A system's word is right as often as the sentence's first reference has it.
    """
    seen = Counter(word for text in training for word in words(text))
    place = lambda word: sum(seen[word] > edge for edge in FREQUENCIES)
    wanted, rows = Counter(), defaultdict(list)
    references = [Counter(words(sentences.references_of(i)[0])) for i in range(len(sentences))]
    for i, reference in enumerate(references):
        for k in {place(word) for word in reference}:
            rows[k].append(i)
        wanted.update({place(word): 0 for word in reference})
        for word, count in reference.items():
            wanted[place(word)] += count
    scores = {
        system: _word_f1(texts, references, place, wanted) for system, texts in outputs.items()
    }
    return [
        Bucket(name, wanted[k], rows[k], {system: {"f1": f1[k]} for system, f1 in scores.items()})
        for k, name in enumerate(FREQUENCY_NAMES)
        if wanted[k]
    ]


def _word_f1(
    texts: Sequence[str], references: Sequence[Counter], place, wanted: Counter
) -> dict[int, float]:
    written, right = Counter(), Counter()
    for text, reference in zip(texts, references):
        for word, count in Counter(words(text)).items():
            written[place(word)] += count
            right[place(word)] += min(count, reference[word])
    return {
        k: 200 * right[k] / (written[k] + wanted[k]) if written[k] + wanted[k] else 0.0
        for k in wanted
    }


def words(text: str) -> list[str]:
    """Lower-case words, without punctuation."""
    return [word.lower() for word in WORD.findall(unicodedata.normalize("NFKC", text))]


@dataclass(frozen=True)
class Gain:
    """Words that one system gets right where the other misses them: in which sentences."""

    ngram: str
    rows: list[int]
    lost: int

    def to_json(self, number: Callable[[int], int]) -> dict:
        return {
            "ngram": self.ngram,
            "right_here_only": len(self.rows),
            "right_there_only": self.lost,
            "sentences": numbers(self.rows, number),
        }


def gains(
    sentences: SentenceSet, base: Sequence[str], other: Sequence[str]
) -> tuple[list[Gain], list[Gain]]:
    """N-grams of the references that `other` has and `base` lacks, and the reverse.

    N-grams that say the same as a longer one that is listed are left out.
    """
    won, lost = defaultdict(list), defaultdict(list)
    for i in range(len(sentences)):
        if base[i] != other[i]:
            wanted = {gram for ref in sentences.references_of(i) for gram in ngrams(ref)}
            there, here = ngrams(base[i]) & wanted, ngrams(other[i]) & wanted
            for gram in here - there:
                won[gram].append(i)
            for gram in there - here:
                lost[gram].append(i)
    return _largest(won, lost), _largest(lost, won)


def ngrams(text: str) -> set[tuple[str, ...]]:
    """All runs of one to four words."""
    found = words(text)
    return {
        tuple(found[i : i + size])
        for size in range(1, MAX_ORDER + 1)
        for i in range(len(found) - size + 1)
    }


def _largest(won: dict, lost: dict) -> list[Gain]:
    """By the balance in standard errors, so that a word that is often right and often wrong stands below one that is only right."""
    balance = lambda gram: (
        (len(won[gram]) - len(lost.get(gram, ())))
        / math.sqrt(len(won[gram]) + len(lost.get(gram, ())) + 1)
    )
    order = sorted(won, key=lambda gram: (-balance(gram), -len(gram), gram))
    chosen: list[tuple] = []
    for gram in order:
        if len(chosen) == LISTED or len(won[gram]) <= len(lost.get(gram, ())):
            break
        if not any(
            won[gram] == won[longer] and f" {' '.join(gram)} " in f" {' '.join(longer)} "
            for longer in chosen
        ):
            chosen.append(gram)
    return [Gain(" ".join(gram), won[gram], len(lost.get(gram, ()))) for gram in chosen]


def extremes(base: Sequence[float], other: Sequence[float]) -> tuple[list[int], list[int]]:
    """The sentences where `other` wins most and loses most, by sentence chrF."""
    order = sorted(range(len(base)), key=lambda i: base[i] - other[i])
    wins = [i for i in order[:EXAMPLES] if other[i] > base[i]]
    return wins, [i for i in order[::-1][:EXAMPLES] if other[i] < base[i]]
