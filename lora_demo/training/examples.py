"""The pairs of a run as token ids: batches to train on, held-out batches, sources to translate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lora_demo.checkpoints.sampling_tokenizer import SamplingTokenizer
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.encoding import PREFIX, Example, encode_pairs
from lora_demo.data.packing import Shape, pack, plan_shape
from lora_demo.data.pairs import Pair
from lora_demo.training.batches import Batch, Batches
from lora_demo.training.config import TrainConfig
from lora_demo.training.mixing import MixedBatches, Vary


class TrainBatches(Protocol):
    """Batches to train on: `Batches` of own pairs without changes, or `MixedBatches`.

    Attributes:
        shape: Shape of a batch.
        per_epoch: Batches of a pass over the own pairs.
    """

    shape: Shape
    per_epoch: int

    def batch(self, index: int) -> Batch:
        """Return the batch at an index that counts from the beginning of the training.

        Args:
            index: Number of the batch, from 0, over all epochs.
        """


@dataclass(frozen=True)
class RunExamples:
    """The pairs of a run as token ids.

    Args:
        train: Batches to train on.
        eval: Batches of the held-out pairs.
        sources: German sentence of a scored pair -> its token ids; equal sentences count once.
        cut_pairs: Own pairs, held-out ones included, that are too long and lose their ends.
    """

    train: TrainBatches
    eval: Sequence[Batch]
    sources: Mapping[str, list[int]]
    cut_pairs: int = 0


class ExampleEncoder:
    """Encodes and packs the pairs of a run.

    Args:
        config: The settings.
        tokenizer: The base's tokenizer.
        sampling: Cuts texts into sampled pieces; None if the settings do not ask for it.
        devices: Number of devices that share the rows of a batch.
        pad_id: Id of the padding in sources.
    """

    def __init__(
        self,
        config: TrainConfig,
        tokenizer: Tokenizer,
        sampling: SamplingTokenizer | None,
        devices: int,
        pad_id: int,
    ) -> None:
        self.config = config
        self.sampling = sampling
        self.tokenizer = tokenizer
        self.devices = devices
        self.pad_id = pad_id

    def encode(
        self,
        train: Sequence[Pair],
        held_out: Sequence[Pair],
        scored: Iterable[Pair],
        replayed: Sequence[Pair] = (),
    ) -> RunExamples:
        """Encode and pack all pairs.

        Args:
            train: Pairs to train on.
            held_out: Held-out pairs of an evaluation.
            scored: Pairs that are translated at every evaluation.
            replayed: General pairs; empty for a run that does not replay.

        Returns:
            The examples.
        """
        own, held_out_examples = self._examples(train), self._examples(held_out)
        held_out_batches = self._batches(held_out_examples, seed=0)
        return RunExamples(
            train=self._train_batches(own, replayed),
            eval=[held_out_batches.batch(i) for i in range(held_out_batches.per_epoch)],
            sources=self.encode_sources([de for de, _ in scored]),
            cut_pairs=sum(example.is_cut for example in [*own, *held_out_examples]),
        )

    def encode_sources(self, german: Iterable[str]) -> dict[str, list[int]]:
        """Encode German sentences, each once, with T5's prefix and cut like those to train on.

        Args:
            german: The sentences, without the prefix; duplicates are allowed.
        """
        distinct = list(dict.fromkeys(german))
        examples = self._examples([(de, "") for de in distinct])
        return {de: example.source for de, example in zip(distinct, examples, strict=True)}

    def _examples(self, pairs: Sequence[Pair]) -> list[Example]:
        return encode_pairs(self.tokenizer, pairs, PREFIX, self.config.max_length)

    def _train_batches(self, own: Sequence[Example], replayed: Sequence[Pair]) -> TrainBatches:
        if not replayed and not self.sampling:
            return self._batches(own, self.config.seed)
        general = self._examples(replayed)
        share = self.config.replay if general else 0.0
        seed = self.config.seed
        examples = [*own, *general]
        weights = [(1 - share) / len(own)] * len(own)
        weights += [share / len(general) for _example in general]
        vary = None
        if self.sampling:
            vary = self._sampler(examples, self.sampling)
            random = np.random.default_rng(seed)
            examples = [*examples, *(vary(example, random) for example in examples)]
            weights *= 2
        shape = plan_shape(examples, self.config.batch_size, self.devices, weights)
        return MixedBatches(own, general, share, shape, seed, self.pad_id, vary)

    def _sampler(self, examples: Sequence[Example], sampling: SamplingTokenizer) -> Vary:
        """Return a function that cuts a share of the German texts into sampled pieces."""
        prefix = sampling.encode(PREFIX.rstrip())
        longest = max(len(example.source) for example in examples)

        def vary(example: Example, random: np.random.Generator) -> Example:
            if random.random() >= self.config.sampled_share:
                return example
            source = [*prefix, *sampling.sample(example.text, random), example.source[-1]]
            return example if len(source) > longest else replace(example, source=source)

        return vary

    def _batches(self, examples: Sequence[Example], seed: int) -> Batches:
        shape = plan_shape(examples, self.config.batch_size, self.devices)
        rows = pack(examples, shape, self.config.batch_size, seed)
        return Batches(examples, rows, shape, seed, self.pad_id)
