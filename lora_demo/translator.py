"""Strings in, strings out: the base and any adapters, side by side on one copy of the weights."""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.adapters import WEIGHTS, Adapter, read_adapter
from lora_demo.checkpoints.base import Base
from lora_demo.data.encoding import PREFIX
from lora_demo.model.batch_decoder import LENGTHS, Decoder

MAX_BEAMS = 16
MAX_ADAPTERS = 7
MAX_STRENGTH = 10


@dataclass(frozen=True)
class Column:
    """One system's translations.

    `tokens` counts what each text took; `seconds` is the time of the whole call, shared by all of its columns.
    """

    name: str
    adapter: str | None
    rank: int | None
    texts: list[str]
    tokens: list[int]
    seconds: float


def joined(parts: Iterable[Sequence[Column]]) -> list[Column]:
    """The columns of all texts, from those of one part of them after the other; times add up."""
    return [
        Column(
            c[0].name,
            c[0].adapter,
            c[0].rank,
            [t for p in c for t in p.texts],
            [n for p in c for n in p.tokens],
            sum(p.seconds for p in c),
        )
        for c in zip(*parts)
    ]


class Translator:
    """A base with room for adapters, for any number of threads, one at a time.

    Args:
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 on a GPU, float32 on a CPU.
    Raises:
        ValueError: if the base's weights or tokenizer are not sound.
    """

    def __init__(self, base: Base, precision: str = "float32"):
        from lora_demo.checkpoints.base import load_model
        from lora_demo.checkpoints.tokenizer import Tokenizer
        from lora_demo.model.backend import has_gpu

        if precision == "auto":
            precision = "bfloat16" if has_gpu() else "float32"
        self.base, self.model, self.tokenizer = (
            base,
            load_model(base, precision),
            Tokenizer(base.folder),
        )
        if precision == "float32" and not has_gpu():
            self.model.prepare_steps()
        self.decoder, self.slots = Decoder(self.model), Slots(self.model)
        self._lock = threading.Lock()

    def compare(
        self,
        texts: Sequence[str],
        adapters: Sequence[Path] = (),
        *,
        strengths: Sequence[float] | None = None,
        num_beams: int = 1,
        max_new_tokens: int | None = None,
        length_penalty: float = 1.0,
        early_stopping=False,
        only: int | None = None,
    ) -> list[Column]:
        """Translates texts with the base and with every adapter, all as rows of one batch if they fit into one.

        Args:
            adapters: PEFT folders, at most seven; strengths: what each one's update is multiplied by, -10 to 10; None: 1,
                as trained; 0 is the base.
            num_beams: 1 (greedy) to 16; length_penalty, early_stopping: of beam search, as transformers defines them.
            max_new_tokens: of one translation; None: 128, or twice the tokens of its text if that is more, so that greedy
                translations are the same whatever else is translated with them.
            only: 0 for the base alone, k for the k-th adapter alone; the others are loaded, too.
        Returns:
            The base's column, then one for each adapter; one column where `only` says which.
        Raises:
            ValueError: naming what is out of range, or what is wrong with an adapter.
        """
        adapters = [Path(folder) for folder in adapters]
        strengths = [1.0] * len(adapters) if strengths is None else list(strengths)
        sources = self.tokenizer.encode([PREFIX + text for text in texts])
        limits = [
            max_new_tokens or min(LENGTHS[-1], max(128, 2 * len(source))) for source in sources
        ]
        _check(
            texts,
            sources,
            adapters,
            strengths,
            num_beams,
            max(limits, default=128),
            length_penalty,
            early_stopping,
        )
        with self._lock:
            loaded = [self._read(folder) for folder in adapters]
            rebuilt, numbers = self.slots.load(loaded)
            if rebuilt:
                self.decoder = Decoder(self.model)
            began = time.monotonic()
            systems = [
                (("base", None, None), 0, 1.0),
                *(
                    ((a.name, str(folder), a.r), number, s)
                    for a, folder, number, s in zip(loaded, adapters, numbers, strengths)
                ),
            ]
            heads, slots, strengths = zip(*(systems if only is None else systems[only : only + 1]))
            spread = lambda values: [value for value in values for _ in sources]
            ids = self.decoder.decode(
                sources * len(heads),
                spread(slots) if self.slots.rank else None,
                spread(strengths),
                num_beams=num_beams,
                max_new_tokens=limits * len(heads),
                length_penalty=length_penalty,
                early_stopping=early_stopping,
            )
            seconds = time.monotonic() - began
        parts = [ids[i * len(sources) : (i + 1) * len(sources)] for i in range(len(heads))]
        return [
            Column(*head, self.tokenizer.decode(part), [len(row) for row in part], seconds)
            for head, part in zip(heads, parts)
        ]

    def _read(self, folder: Path) -> Adapter:
        key = _version(folder)
        return self.slots.known.get(key) or self.slots.remember(
            key, read_adapter(folder, self.base.config)
        )


def _version(folder: Path) -> tuple:
    """Tells one state of an adapter folder from the next."""
    try:
        stat = (folder / WEIGHTS).stat()
    except OSError:
        return (str(folder), None)
    return (str(folder.resolve()), stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _check(texts, sources, adapters, strengths, num_beams, limit, length_penalty, early_stopping):
    if not sources:
        raise ValueError("Nothing to translate: give at least one sentence.")
    if not isinstance(num_beams, int) or not 1 <= num_beams <= MAX_BEAMS:
        raise ValueError(f"beams = {num_beams!r}: wanted a whole number from 1 to {MAX_BEAMS}.")
    if not isinstance(limit, int) or not 1 <= limit <= LENGTHS[-1]:
        raise ValueError(
            f"max_new_tokens = {limit!r}: wanted a whole number from 1 to {LENGTHS[-1]}."
        )
    if not np.isfinite(length_penalty) or abs(length_penalty) > 100:
        raise ValueError(f"length_penalty = {length_penalty!r}: wanted a number from -100 to 100.")
    if early_stopping not in (True, False, "never"):
        raise ValueError(f"early_stopping = {early_stopping!r}: wanted True, False or 'never'.")
    if len(adapters) > MAX_ADAPTERS:
        raise ValueError(
            f"{len(adapters)} adapters are more than the {MAX_ADAPTERS} that fit beside the base; choose fewer."
        )
    if len(strengths) != len(adapters) or not all(
        isinstance(s, (int, float)) and np.isfinite(s) and abs(s) <= MAX_STRENGTH for s in strengths
    ):
        raise ValueError(
            f"strengths = {strengths!r}: wanted {len(adapters)} numbers from -{MAX_STRENGTH} to {MAX_STRENGTH}, one for each adapter."
        )
    for text, source in zip(texts, sources):
        if len(source) > LENGTHS[-1]:
            raise ValueError(
                f"The text {text[:30]!r} ... has {len(source)} tokens, more than the {LENGTHS[-1]} that one text may have; split it."
            )


class Slots:
    """Which adapter lies in which slot of the model's banks; slot 0 is the base.

    Banks are made for the matrices and the largest rank seen so far. An adapter that fits them is written without
    compiling anything anew; one that does not makes larger banks.
    """

    def __init__(self, model):
        self.model, self.rank, self.paths = model, 0, frozenset()
        self.known: dict[tuple, Adapter] = {}
        self.held: list[Adapter | None] = [None] * (1 + MAX_ADAPTERS)

    def remember(self, key: tuple, adapter: Adapter) -> Adapter:
        """Keeps the adapters that were read last."""
        self.known[key] = adapter
        while len(self.known) > 4 * MAX_ADAPTERS:
            self.known.pop(next(iter(self.known)))
        return adapter

    def load(self, adapters: Sequence[Adapter]) -> tuple[bool, list[int]]:
        """Puts adapters into slots; returns whether banks were made anew, and each adapter's slot."""
        rebuilt = self._grow(adapters)
        numbers = [
            next((i for i, held in enumerate(self.held) if held is adapter), None)
            for adapter in adapters
        ]
        for k, adapter in enumerate(adapters):
            if numbers[k] is None:
                numbers[k] = next(
                    (i for i, held in enumerate(self.held) if held is adapter), None
                ) or self._free(numbers)
                self._write(numbers[k], adapter)
        return rebuilt, numbers

    def _free(self, taken: Sequence[int | None]) -> int:
        candidates = [i for i in range(1, len(self.held)) if i not in taken]
        return next((i for i in candidates if self.held[i] is None), candidates[0])

    def _grow(self, adapters: Sequence[Adapter]) -> bool:
        ranks = [A.shape[1] for adapter in adapters for A, _, _ in adapter.matrices.values()]
        paths = self.paths.union(*(adapter.matrices for adapter in adapters))
        if max(ranks, default=0) <= self.rank and paths == self.paths:
            return False
        self.rank, self.paths = (
            max(self.rank, *(1 << (r - 1).bit_length() for r in ranks), 16),
            paths,
        )
        self.held = [None] * len(self.held)
        for path, layer in self.model.lora_layers().items():
            if path in paths:
                layer.allocate(len(self.held), self.rank)
        return True

    def _write(self, slot: int, adapter: Adapter):
        layers = self.model.lora_layers()
        for path in self.paths:
            if path in adapter.matrices:
                layers[path].bank.write(slot, *adapter.matrices[path])
            else:
                layers[path].bank.clear(slot)
        self.held[slot] = adapter
