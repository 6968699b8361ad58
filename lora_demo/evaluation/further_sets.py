"""Further sets of an evaluation: the adapters' own training data, and sets given by name."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from lora_demo.evaluation.overlap import TrainingData
from lora_demo.evaluation.report.data import System
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.language import _

MAX_OWN_SENTENCES = 200
"""Sentences of each part of an adapter's own data."""
SAMPLE_SEED = 0


@dataclass(frozen=True)
class FurtherInput:
    """A further set before it is scored.

    Attributes:
        title: Name of the set in a sentence.
        set: The sentences.
        adapters: The adapters to score next to the base.
        is_own_data: True if the adapter was trained on it.
    """

    title: str
    set: SentenceSet
    adapters: list[System]
    is_own_data: bool = False


def own_data_inputs(system: System, data: TrainingData) -> list[FurtherInput]:
    """Make further sets from the parts of an adapter's own training data.

    Args:
        system: The adapter.
        data: Its training data.

    Returns:
        A sample of each part that has sentences; nothing if the data cannot be read.
    """
    if data.dataset is None:
        return []
    inputs = []
    for split in ("train", "eval", "test"):
        pairs = getattr(data.dataset, split)
        if pairs:
            sample = _sample(data.source or "", split, pairs)
            title = _("{name}'s own {split} data", name=system.name, split=split)
            inputs.append(FurtherInput(title, sample, [system], is_own_data=True))
    return inputs


def own_data_notes(system: System, data: TrainingData) -> list[str]:
    """Say what is wrong with an adapter's own training data.

    Args:
        system: The adapter.
        data: Its training data.

    Returns:
        Sentences, none if nothing is wrong.
    """
    notes = []
    if data.dataset is None:
        notes.append(
            _(
                "{name} is not scored on its own training data, because {problem}.",
                name=system.name,
                problem=data.problem,
            )
        )
    if data.changed:
        notes.append(
            _(
                "The training data of {name}, {source}, has changed since {name} was trained. "
                "{name} is scored on the changed data.",
                name=system.name,
                source=data.source,
            )
        )
    return notes


def _sample(source: str, split: str, pairs: Sequence[tuple[str, str]]) -> SentenceSet:
    """Sample some of the pairs, the same ones every time."""
    size = min(len(pairs), MAX_OWN_SENTENCES)
    sample = random.Random(SAMPLE_SEED).sample(pairs, size)
    return SentenceSet(
        source, split, [de for de, _unused in sample], [[en for _unused, en in sample]]
    )
