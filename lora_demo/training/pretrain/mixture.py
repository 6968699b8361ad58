"""The pre-training mixture: pairs to examples of span corruption and of both directions."""

import math
from collections.abc import Sequence

import numpy as np

from lora_demo.checkpoints.sampling_tokenizer import SamplingTokenizer
from lora_demo.data.encoding import PREFIX, Example
from lora_demo.data.packing import Shape
from lora_demo.data.pairs import Pair
from lora_demo.training.batches import Batch, make_batch
from lora_demo.training.pretrain.config import PretrainConfig
from lora_demo.training.pretrain.spans import corrupt_spans
from lora_demo.training.pretrain.vocabulary import REVERSE_PREFIX

END = 1
"""Id of the end token."""
DENSITIES = (0.15, 0.5)
"""Range that a lone text's share of left-out tokens is drawn from; T5 has 0.15."""
PAIR_DENSITIES = (0.3, 0.9)
"""The same range beside a complete translation, which shows what is left out."""
PASSAGE = (2, 5)
"""Sentences of a passage, at least and at most."""
MAX_TOKENS = 72
"""Tokens of an example's source or target, prefix included; longer examples are left out."""
ROW = 96
"""Source tokens of a row, which several examples share."""
MAX_ROWS = 24
"""Rows of a batch: the values of a larger one no longer fit into the processor's caches."""
FILLED = 0.95
"""Share of a row's tokens that examples fill on average."""
PROBED_STEPS = 8
"""Steps whose examples decide the shape of the batches."""


class Mixture:
    """Batches of a mixture of tasks; those of a step depend on the seed and the step alone.

    Args:
        pairs: German-English training pairs; each is drawn once in an epoch.
        tokenizer: Cuts texts into ids, by the best or by a sampled segmentation.
        first_sentinel: Id of `<extra_id_0>`.
        config: The shares of the tasks, the pairs of a step, the seed.
        earlier_steps: Steps of the runs that this one started from; their batches come before.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        tokenizer: SamplingTokenizer,
        first_sentinel: int,
        config: PretrainConfig,
        earlier_steps: int = 0,
    ) -> None:
        self.pairs = pairs
        self.tokenizer = tokenizer
        self.first_sentinel = first_sentinel
        self.config = config
        self.earlier_steps = earlier_steps
        self.tasks = [task for task, share in config.mixture.items() if share > 0]
        self.shares = [config.mixture[task] for task in self.tasks]
        self._epoch = -1
        self._order = np.zeros(0, int)
        self.parts, self.shape = self._plan()

    def batches(self, step: int) -> list[Batch]:
        """The examples of a step, packed into batches of one shape whose gradients add up.

        Args:
            step: Number of the step in this run, from 0.
        """
        rows = pack_longest_first(self.examples(step), self.shape, self.parts * self.shape.rows)
        starts = range(0, len(rows), self.shape.rows)
        return [make_batch(rows[start : start + self.shape.rows], self.shape) for start in starts]

    def examples(self, step: int) -> list[Example]:
        """The examples of a step; those over MAX_TOKENS are left out.

        Args:
            step: Number of the step in this run, from 0.
        """
        step += self.earlier_steps
        random = np.random.default_rng([self.config.seed, step])
        first = step * self.config.batch_pairs
        tasks = random.choice(self.tasks, self.config.batch_pairs, p=self.shares)
        examples = []
        for place, task in enumerate(tasks):
            passage = self._passage(first + place, random)
            example = self._example(str(task), passage, random)
            if max(len(example.source), len(example.target)) <= MAX_TOKENS:
                examples.append(example)
        return examples

    def _passage(self, index: int, random: np.random.Generator) -> Pair:
        """The pair drawn `index`-th since the beginning, or a passage that begins with it."""
        pair = self._pair(index)
        if random.random() >= self.config.joined_share:
            return pair
        fewest, most = PASSAGE
        others = random.integers(len(self.pairs), size=random.integers(fewest - 1, most))
        members = [pair, *(self.pairs[i] for i in others)]
        return " ".join(de for de, _ in members), " ".join(en for _, en in members)

    def _pair(self, index: int) -> Pair:
        epoch, place = divmod(index, len(self.pairs))
        if epoch != self._epoch:
            random = np.random.default_rng([self.config.seed, 2**31, epoch])
            self._epoch = epoch
            self._order = random.permutation(len(self.pairs))
        return self.pairs[self._order[place]]

    def _example(self, task: str, pair: Pair, random: np.random.Generator) -> Example:
        german, english = pair
        if task == "de-en":
            return self._translation(PREFIX, german, english, random)
        if task == "en-de":
            return self._translation(REVERSE_PREFIX, english, german, random)
        texts = [german, english]
        random.shuffle(texts)
        first, second = texts
        if task == "pair-spans":
            return self._pair_spans(first, second, random)
        if task == "deshuffle":
            return self._deshuffling(first, random)
        source, target = self._corrupted(first, DENSITIES, random)
        return Example([*source, END], [*target, END])

    def _pair_spans(self, complete: str, corrupted: str, random: np.random.Generator) -> Example:
        """A text in one language and spans of its translation, in either order."""
        complete_ids = self._source_ids(complete, random)
        source, target = self._corrupted(corrupted, PAIR_DENSITIES, random)
        parts = [complete_ids, source]
        if random.random() < 0.5:
            parts.reverse()
        return Example([*parts[0], *parts[1], END], [*target, END])

    def _deshuffling(self, text: str, random: np.random.Generator) -> Example:
        """The pieces of a text, to be put in order (Raffel et al. 2020, section 3.3.1)."""
        shuffled = random.permutation(self._source_ids(text, random)).tolist()
        return Example([*shuffled, END], [*self.tokenizer.encode(text), END])

    def _corrupted(
        self, text: str, densities: tuple[float, float], random: np.random.Generator
    ) -> tuple[list[int], list[int]]:
        """Source and target of span corruption; the share left out is drawn from a range."""
        ids = self._source_ids(text, random)
        return corrupt_spans(ids, self.first_sentinel, random.uniform(*densities), random)

    def _translation(
        self, prefix: str, source: str, target: str, random: np.random.Generator
    ) -> Example:
        prefix_ids = self.tokenizer.encode(prefix.rstrip())
        source_ids = self._source_ids(source, random)
        return Example([*prefix_ids, *source_ids, END], [*self.tokenizer.encode(target), END])

    def _source_ids(self, text: str, random: np.random.Generator) -> list[int]:
        if random.random() < self.config.sampled_share:
            return self.tokenizer.sample(text, random)
        return self.tokenizer.encode(text)

    def _plan(self) -> tuple[int, Shape]:
        """The number of batches of a step and their shape, so that nearly every step fits."""
        probed = [example for step in range(PROBED_STEPS) for example in self.examples(step)]
        sources = sum(len(example.source) for example in probed) / PROBED_STEPS
        targets = sum(len(example.target) for example in probed) / PROBED_STEPS
        rows = sources / ROW / FILLED
        width = max(MAX_TOKENS, targets / rows / FILLED)
        parts = max(1, math.ceil(rows / MAX_ROWS))
        return parts, Shape(math.ceil(rows / parts), ROW, math.ceil(width / 8) * 8)


def pack_longest_first(examples: Sequence[Example], shape: Shape, rows: int) -> list[list[Example]]:
    """Rows of examples: each goes to the fullest row with room.

    Args:
        examples: At least one.
        shape: The tokens that a row has for sources and for targets.
        rows: Number of rows.

    Returns:
        The rows that hold an example; an example that fits into none is left out.
    """
    packed: list[list[Example]] = [[] for _ in range(rows)]
    room = np.tile([shape.source, shape.target], (rows, 1))
    for example in sorted(examples, key=lambda e: -max(len(e.source), len(e.target))):
        need = np.array([len(example.source), len(example.target)])
        has_room = (room >= need).all(axis=1)
        if has_room.any():
            fullest = int(np.where(has_room, room[:, 0], shape.source + 1).argmin())
            packed[fullest].append(example)
            room[fullest] -= need
    return [row for row in packed if row]
