"""The general pairs that a run replays, so that its adapter does not forget everyday sentences."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.pair_hashes import normalised
from lora_demo.data.pairs import Pair, read_file
from lora_demo.data.sources import (
    Dataset,
    builtin_tests,
    load_dataset,
    load_test,
    public_source,
    with_columns,
)
from lora_demo.files import write_text
from lora_demo.language import _
from lora_demo.training.config import TrainConfig

FILE = "replayed.jsonl"
"""File of a run folder: the starting model's translations of the general pairs."""
MAX_READ = 200_000
"""General pairs that are read at most."""
MAX_PAIRS = 20_000
"""General pairs to replay at most: a random sample of the read ones, as files are often sorted."""
CHUNK = 512
"""Sentences that are translated between two checks for a request to stop."""

Translate = Callable[[Sequence[str]], list[str]]


def load_general_pairs(
    config: TrainConfig, dataset: Dataset, watched: Iterable[Pair]
) -> list[Pair]:
    """Read the pairs to replay, at most `MAX_PAIRS`, chosen at random by the run's seed.

    Pairs that share a sentence with a pair that measures the run, or with a built-in test set, are
    left out.

    Args:
        config: The settings.
        dataset: The run's own pairs.
        watched: Further pairs that measure the run.

    Returns:
        The pairs; empty for a run that does not replay.

    Raises:
        ValueError: If the source cannot be read, or has no such pairs.
    """
    if not config.replay:
        return []
    read = partial(load_dataset, config.replay_data, MAX_READ, config.seed)
    general = with_columns(read, config.columns).train
    tests = [pair for name in builtin_tests() for pair in load_test(f"builtin:{name}")]
    measuring = [*dataset.eval, *dataset.test, *watched, *tests]
    german = {normalised(de) for de, _en in measuring}
    english = {normalised(en) for _de, en in measuring}
    kept = [
        (de, en)
        for de, en in general
        if normalised(de) not in german and normalised(en) not in english
    ]
    if not kept:
        raise ValueError(
            _(
                "{source} has no general pairs for replay, except those that the run is evaluated "
                "on. Give another source with replay_data.",
                source=public_source(config.replay_data),
            )
        )
    return _sample(kept, config.seed)


def _sample(pairs: list[Pair], seed: int) -> list[Pair]:
    if len(pairs) <= MAX_PAIRS:
        return pairs
    chosen = np.random.default_rng(seed).choice(len(pairs), MAX_PAIRS, replace=False)
    return [pairs[i] for i in np.sort(chosen)]


def needs_translations(config: TrainConfig, folder: Path) -> bool:
    """Check whether the starting model must still translate the general pairs.

    Args:
        config: The settings, with replay and replay_targets.
        folder: The run folder, which holds the translations once they are made.
    """
    uses_model = bool(config.replay) and config.replay_targets == "model"
    return uses_model and not (folder / FILE).is_file()


def translate_general_pairs(
    pairs: Sequence[Pair], folder: Path, translate: Translate, stop: Callable[[], bool]
) -> None:
    """Translate the general pairs once and keep the result in the run folder.

    Args:
        pairs: The pairs.
        folder: The run folder.
        translate: Translates German sentences with the starting model.
        stop: Once it returns True, nothing more is translated and nothing is kept.
    """
    texts: list[str] = []
    for first in range(0, len(pairs), CHUNK):
        if stop():
            return
        texts += translate([de for de, _en in pairs[first : first + CHUNK]])
    german = (de for de, _en in pairs)
    lines = (
        json.dumps({"de": de, "en": en}, ensure_ascii=False)
        for de, en in zip(german, texts, strict=True)
    )
    write_text(folder / FILE, "".join(f"{line}\n" for line in lines))


def read_translated_pairs(folder: Path) -> list[Pair]:
    """Read the kept translations as pairs; empty ones are left out.

    Args:
        folder: The run folder, with the result of `translate_general_pairs`.

    Raises:
        ValueError: If the file is damaged, or all translations are empty.
    """
    kept = read_file(folder / FILE)
    if not kept:
        raise ValueError(
            _("The starting model translates none of the general pairs. Use replay_targets corpus.")
        )
    return kept
