"""Blind tests: a visitor judges two unnamed systems, then a sign test and chrF say who wins."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import comb

from lora_demo.data.sources import load_test
from lora_demo.evaluation.scores import Scorer, bootstrap_test, sentence_scores
from lora_demo.evaluation.significance import LEVEL, PairedTest
from lora_demo.language import N_, _
from lora_demo.service.comparison import DEFAULT_TOKENS, Comparisons, split_sentences
from lora_demo.service.references import find_references

BASE = "-base-"
"""Stands for the base in a choice of systems; no adapter has this id."""
EVERYDAY = "builtin:everyday"
COUNT = 10
"""Everyday sentences of a test."""
MAX_COUNT = 20
"""Sentences of a visitor in a test."""
METRIC = "chrf"
ALL_EQUAL = N_(
    "Both systems translate everything the same (sentences: {count}). Choose other systems or "
    "sentences."
)
TOO_MANY = N_(
    "The text has {count} lines. A blind test has at most {maximum} lines. Remove some lines."
)
FIRST, SECOND, NEITHER = 0, 1, None
Vote = int | None
"""The system that a visitor preferred; NEITHER for a tie."""


@dataclass(frozen=True)
class BlindTest:
    """A test and its votes so far.

    Args:
        names: Names of the two systems.
        sentences: German sentences whose two translations differ.
        references: Their reference translations; None where none is known.
        outputs: For each sentence, its translation by each system.
        swapped: For each sentence, True if the second system is shown on the left.
        equal: Number of further sentences, which both systems translate the same.
        votes: One for each sentence that was judged.
        is_stopped: True if the visitor ended the test before the last sentence.
    """

    names: tuple[str, str]
    sentences: tuple[str, ...]
    references: tuple[str | None, ...]
    outputs: tuple[tuple[str, str], ...]
    swapped: tuple[bool, ...]
    equal: int
    votes: tuple[Vote, ...] = ()
    is_stopped: bool = False

    @property
    def has_ended(self) -> bool:
        """True after the last vote."""
        return self.is_stopped or len(self.votes) == len(self.sentences)

    @property
    def shown(self) -> tuple[str, str]:
        """The two translations to judge now, left and right."""
        i = len(self.votes)
        first, second = self.outputs[i]
        return (second, first) if self.swapped[i] else (first, second)

    def vote(self, side: int | None) -> "BlindTest":
        """Judge the present sentence.

        Args:
            side: 0 if the left translation is better, 1 for the right one, None for neither.
        """
        if self.has_ended:
            return self
        is_swapped = self.swapped[len(self.votes)]
        system = side if side is None else side ^ is_swapped
        return replace(self, votes=(*self.votes, system))

    def stop(self) -> "BlindTest":
        """End the test; the sentences that were not judged do not count."""
        return replace(self, is_stopped=True)

    def outcome(self) -> "Outcome":
        """Count the votes, and score what was judged."""
        counts = Counter(self.votes)
        wins = (counts[FIRST], counts[SECOND])
        return Outcome(wins, counts[NEITHER], sign_test(*wins), *self._score())

    def _score(self) -> tuple["Scores | None", tuple[int, int] | None]:
        """Score the judged sentences that have a reference, and count where a vote agrees."""
        judged = zip(self.votes, self.references, self.outputs, strict=False)
        known = [(vote, text, outputs) for vote, text, outputs in judged if text is not None]
        if not known:
            return None, None
        votes = [row[0] for row in known]
        references = [row[1] for row in known]
        first = [row[2][FIRST] for row in known]
        second = [row[2][SECOND] for row in known]
        preferred = _preferred(first, second, references)
        decided = [
            vote == better
            for vote, better in zip(votes, preferred, strict=True)
            if vote is not NEITHER and better is not NEITHER
        ]
        return _corpus_scores(first, second, references), (sum(decided), len(decided))


@dataclass(frozen=True)
class Scores:
    """Scores of the two systems on the judged sentences that have a reference.

    Args:
        values: The score of each system.
        test: Paired bootstrap between them.
        signature: sacreBLEU's signature.
        count: Number of sentences.
    """

    values: tuple[float, float]
    test: PairedTest
    signature: str
    count: int


@dataclass(frozen=True)
class Outcome:
    """The outcome of a test.

    Args:
        wins: Votes for each system.
        ties: Votes for neither.
        p: Two-sided p-value of the sign test.
        scores: chrF; None without references.
        agreement: Number of votes for the system with the higher chrF, and number of votes for
            either system on sentences with different chrF; None without references.
    """

    wins: tuple[int, int]
    ties: int
    p: float
    scores: Scores | None
    agreement: tuple[int, int] | None

    @property
    def winner(self) -> Vote:
        """The system with significantly more votes; NEITHER if there is none."""
        if self.p >= LEVEL:
            return NEITHER
        return FIRST if self.wins[FIRST] > self.wins[SECOND] else SECOND


def sign_test(first: int, second: int) -> float:
    """Return the exact two-sided p-value of a sign test.

    Args:
        first: Wins of the first system.
        second: Wins of the second system; ties are left out.
    """
    n = first + second
    tail = sum(comb(n, k) for k in range(min(first, second) + 1))
    return min(1.0, 2 * tail / 2**n)


def _preferred(first: list[str], second: list[str], references: list[str]) -> list[Vote]:
    """Return the system that sentence-level chrF prefers for each sentence."""
    first_scores, _signature = sentence_scores(first, references)[METRIC]
    second_scores, _signature = sentence_scores(second, references)[METRIC]
    return [_vote(a, b) for a, b in zip(first_scores, second_scores, strict=True)]


def _vote(first: float, second: float) -> Vote:
    if first == second:
        return NEITHER
    return FIRST if first > second else SECOND


def _corpus_scores(first: list[str], second: list[str], references: list[str]) -> Scores:
    scorer = Scorer([references], metrics=[METRIC])
    counts = [scorer.count(outputs) for outputs in (first, second)]
    a, b = (scorer.score(statistics)[METRIC] for statistics in counts)
    test = bootstrap_test(a, b, counts[0][METRIC], counts[1][METRIC])
    return Scores((a.score, b.score), test, a.signature, len(references))


class BlindTests:
    """Starts blind tests.

    Args:
        comparisons: Translates with the base and adapters.
    """

    def __init__(self, comparisons: Comparisons) -> None:
        self.comparisons = comparisons

    def start(
        self,
        systems: Sequence[str],
        visitor: str,
        text: str | None = None,
        *,
        beams: int = 1,
        max_tokens: int = DEFAULT_TOKENS,
        seed: int | None = None,
    ) -> BlindTest:
        """Translate sentences with two systems.

        Args:
            systems: Two of BASE and ids of adapters.
            visitor: The visitor's key; empty for shipped adapters only.
            text: German, one sentence per line. None: some everyday sentences.
            beams: Beams of the search.
            max_tokens: Limit for one translation.
            seed: Seed of the choice and order of sentences and sides; None for a new one.

        Raises:
            ValueError: If the systems are the same or unknown, there are too many sentences, or
                all translations are the same.
        """
        first, second = systems
        if first == second:
            raise ValueError(_("Choose two different systems for the blind test."))
        chance = random.Random(seed)
        pairs = _choose_pairs(text, chance)
        comparison = self.comparisons.compare(
            "\n".join(pair[0] for pair in pairs),
            [id for id in systems if id != BASE],
            visitor,
            beams=beams,
            max_tokens=max_tokens,
        )
        by_id = {system.id or BASE: system for system in comparison.systems}
        chosen = [by_id[id] for id in systems]
        rows = [
            (german, reference, outputs)
            for (german, reference), *outputs in zip(
                pairs, *(system.texts for system in chosen), strict=True
            )
            if outputs[FIRST] != outputs[SECOND]
        ]
        if not rows:
            raise ValueError(_(ALL_EQUAL, count=len(pairs)))
        return BlindTest(
            names=(chosen[FIRST].name, chosen[SECOND].name),
            sentences=tuple(row[0] for row in rows),
            references=tuple(row[1] for row in rows),
            outputs=tuple((row[2][FIRST], row[2][SECOND]) for row in rows),
            swapped=tuple(chance.random() < 0.5 for row in rows),
            equal=len(pairs) - len(rows),
        )


def _choose_pairs(text: str | None, chance: random.Random) -> Sequence[tuple[str, str | None]]:
    """Return the visitor's sentences, or some everyday ones, with references where known."""
    if text is None:
        return chance.sample(load_test(EVERYDAY), COUNT)
    sentences = split_sentences(text)
    if len(sentences) > MAX_COUNT:
        raise ValueError(_(TOO_MANY, count=len(sentences), maximum=MAX_COUNT))
    return list(zip(sentences, find_references(sentences, ""), strict=True))
