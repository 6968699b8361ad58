"""Previews of training data, and estimates of the time and memory of a run on them."""

import functools
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lora_demo.checkpoints.base import find_tokenizer
from lora_demo.checkpoints.tokenizer import quick_encoder
from lora_demo.data.preview import Preview, make_preview
from lora_demo.data.sources import load_dataset, read_local_pairs
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import resolve_targets, select_layers
from lora_demo.training.config import TrainConfig
from lora_demo.training.speed import Estimate, estimate

EVALUATIONS_PER_RUN = 10
"""Evaluations in a run whose settings do not give `eval_every`."""


@dataclass(frozen=True)
class DataPreviews:
    """Previews data with the tokenizer of one base, and estimates runs on that base.

    Args:
        base: Id or folder of the base.
        revision: Revision of the base on the Hub.
        model: Geometry of the base.
    """

    base: str
    revision: str | None
    model: T5Config

    def preview(
        self,
        source: str,
        batch_size: int = 16,
        max_length: int = 128,
        max_pairs: int | None = None,
        columns: str | None = None,
    ) -> Preview:
        """Read a source of pairs and pack it into the batches that training would use.

        Args:
            source: Pairs, as in `TrainConfig.data`.
            batch_size: Pairs per batch.
            max_length: Tokens after which a sentence is cut.
            max_pairs: Number of pairs to read; None reads all.
            columns: Names of the columns, as in `TrainConfig.columns`.

        Returns:
            Counts, sentence lengths and examples.

        Raises:
            ValueError: If the source cannot be read or has too few pairs.
        """
        return _preview(self._cache_key(source, batch_size, max_length, max_pairs, columns))

    def estimate(self, config: TrainConfig) -> Estimate | None:
        """Estimate a run from runs that were measured on this machine.

        Args:
            config: Settings of the run.

        Returns:
            Time, steps and memory; None before the first measured run of this base.

        Raises:
            ValueError: If the data cannot be read.
        """
        key = self._cache_key(
            config.data, config.batch_size, config.max_length, config.max_pairs, config.columns
        )
        tokens_per_batch, batches_per_epoch = _batch_counts(key)
        targets = resolve_targets(config.targets, self.model)
        targets = select_layers(targets, config.layers, config.part, self.model)
        return estimate(config, targets, tokens_per_batch, batches_per_epoch, EVALUATIONS_PER_RUN)

    def run_seconds(self, config: TrainConfig) -> float | None:
        """Estimate the duration of a run without downloading its data.

        Args:
            config: Settings of the run.

        Returns:
            Seconds from start to end, or None if they are not known.
        """
        is_local = config.data.partition(":")[0] == "builtin" or Path(config.data).is_file()
        if is_local:
            with suppress(ValueError):
                estimated = self.estimate(config)
                if estimated:
                    return estimated.seconds
        return 60 * config.minutes if config.minutes else None

    def _cache_key(
        self,
        source: str,
        batch_size: int,
        max_length: int,
        max_pairs: int | None,
        columns: str | None,
    ) -> "_CacheKey":
        path = Path(source)
        changed_at = path.stat().st_mtime_ns if path.is_file() else 0
        return _CacheKey(
            self.base, self.revision, source, changed_at, batch_size, max_length, max_pairs, columns
        )


@dataclass(frozen=True)
class _CacheKey:
    """All that a preview depends on; `changed_at` is the time of a local file in nanoseconds."""

    base: str
    revision: str | None
    source: str
    changed_at: int
    batch_size: int
    max_length: int
    max_pairs: int | None
    columns: str | None


def forget_previews() -> None:
    """Forget all previews, which hold sentences of visitors; they are made again on demand."""
    _preview.cache_clear()
    _batch_counts.cache_clear()


@functools.lru_cache(16)
def _preview(key: _CacheKey) -> Preview:
    return make_preview(
        load_dataset(key.source, key.max_pairs, columns=key.columns),
        quick_encoder(find_tokenizer(key.base, key.revision)),
        batch_size=key.batch_size,
        max_length=key.max_length,
        read=read_local_pairs(key.source, key.max_pairs, key.columns) or (),
    )


@functools.lru_cache(1024)
def _batch_counts(key: _CacheKey) -> tuple[int, int]:
    """Return tokens per batch and batches per epoch, cached for every source in a full queue."""
    preview = _preview(key)
    return preview.shape.tokens, preview.batches
