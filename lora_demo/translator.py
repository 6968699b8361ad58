"""Strings in, strings out: the base and any adapters, side by side on one copy of the weights."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import ge
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.adapters import WEIGHTS, Adapter, read_adapter
from lora_demo.checkpoints.base import Base
from lora_demo.data.sources import PREFIX

ROWS = (1, 4, 8, 16, 32, 64)
MOST_GATHERED = 16
"""Rows of a batch at most that get a copy each of their adapter's matrices although all have the same one, so that one program serves all choices."""
LENGTHS = (32, 48, 64, 96, 128, 192, 256, 384, 512)

LENDING = 130e9
"""Operations, each source token times each weight, of the largest shape that serves less while its own is not compiled: about a second on two cores."""
LENT = 10
"""Times until it is compiled."""

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


class Decoder:
    """Decodes rows of ids with a T5, in few fixed shapes, so that each is compiled once.

    Args:
        rows, lengths: the sizes of batches, and of sources and results, to pad to.
    """

    def __init__(self, model, rows: Sequence[int] = ROWS, lengths: Sequence[int] = LENGTHS):
        self.model, self.rows, self.lengths, self._compiled, self._lent = (
            model,
            rows,
            lengths,
            {},
            Counter(),
        )
        self._operations = 2 * sum(int(np.prod(v.shape)) for v in model.variables)

    def decode(
        self,
        sources: Sequence[Sequence[int]],
        slots: Sequence[int] | None = None,
        strengths: Sequence[float] | None = None,
        *,
        num_beams: int = 1,
        max_new_tokens: int | Sequence[int] = 128,
        length_penalty: float = 1.0,
        early_stopping=False,
    ) -> list[list[int]]:
        """Ids of each row's translation, without start, end and padding.

        Args:
            sources: ids of each row, end token included; slots: each row's adapter, None for the base alone.
            strengths: what each row's adapter is multiplied by; None: 1.
            max_new_tokens: of all rows, or of each; a batch goes on to the largest of its own.
        """
        limits = (
            [max_new_tokens] * len(sources) if isinstance(max_new_tokens, int) else max_new_tokens
        )
        rows, results = max(1, self.rows[-1] // num_beams), [None] * len(sources)
        order = sorted(range(len(sources)), key=lambda i: len(sources[i]))
        for part in batches(order, slots, rows, self.rows):
            pick = lambda values: None if values is None else [values[i] for i in part]
            decoded = self._decode_batch(
                pick(sources),
                pick(slots),
                pick(strengths),
                num_beams,
                max(pick(limits)),
                length_penalty,
                early_stopping,
            )
            for i, ids in zip(part, decoded):
                results[i] = ids[: limits[i]]
        return results

    def _decode_batch(
        self, sources, slots, strengths, num_beams, max_new_tokens, length_penalty, early_stopping
    ):
        wanted, kind = (
            (len(sources), max(map(len, sources)), max_new_tokens),
            (num_beams, early_stopping, slots is not None),
        )
        shape, kind = self._program(*wanted, kind, len(set(slots or [])) == 1)
        (rows, width, _), (*_, one_slot), config = shape, kind, self.model.config
        fill = lambda values: [
            *values,
            *[values[-1]] * (rows - len(values)),
        ]  # as no row of padding alone would end
        ids, mask = (
            np.full((rows, width), config.pad_token_id, "int32"),
            np.zeros((rows, width), "int32"),
        )
        for i, source in enumerate(fill(sources)):
            ids[i, : len(source)], mask[i, : len(source)] = source, 1
        slots_array = np.array(slots[0] if one_slot else fill(slots or [0]), "int32")
        strengths_array = np.array(fill(strengths or [1]), "float32")
        search = self._search(shape, kind)
        out = np.asarray(
            search(
                ids,
                mask,
                slots_array,
                strengths_array,
                np.int32(max_new_tokens),
                np.float32(length_penalty),
            )
        )
        return [_until_end(row, config) for row in out[: len(sources)].tolist()]

    def _program(
        self, rows: int, width: int, room: int, kind: tuple, one_slot: bool
    ) -> tuple[tuple[int, int, int], tuple]:
        """Shape and kind of the smallest program that fits; at first of a larger one, if that is compiled and this is not."""
        shape = (
            _at_least(self.rows, rows),
            _at_least(self.lengths, width),
            _at_least(self.lengths, room),
        )
        fitting = shape, (*kind, one_slot and shape[0] > MOST_GATHERED)
        serves = lambda larger, other: (
            other in ((*kind, False), (*kind, one_slot))
            and all(map(ge, larger, shape))
            and larger[0] * larger[1] * self._operations <= LENDING
        )
        ready = (
            fitting
            if fitting in self._compiled
            else min((program for program in self._compiled if serves(*program)), default=fitting)
        )
        self._lent[fitting] += ready != fitting
        return ready if self._lent[fitting] <= LENT else fitting

    def _search(self, shape: tuple[int, int, int], kind: tuple):
        from lora_demo.model.backend import compiled
        from lora_demo.model.decoding import beam_search, greedy_search
        from lora_demo.model.lora import Context

        model, config, (rows, _, room), (num_beams, early_stopping, with_slots, _) = (
            self.model,
            self.model.config,
            shape,
            kind,
        )
        ends = (config.decoder_start_token_id, config.eos_token_id, config.pad_token_id)

        def search(ids, mask, slots, strengths, limit, length_penalty):
            context = Context(slots, strengths=strengths) if with_slots else Context()
            encoded = model.encode(ids, mask, context)
            step, cache = model.step_function(
                model.source(encoded, context), mask, room, num_beams, context=context
            )
            if num_beams == 1:
                return greedy_search(step, cache, rows, room, limit, *ends)
            return beam_search(
                step, cache, rows, num_beams, room, limit, *ends, length_penalty, early_stopping
            )

        if (shape, kind) not in self._compiled:
            banks = [
                v
                for layer in model.lora_layers().values()
                if layer.bank
                for v in layer.bank.variables
            ]
            shortlist = model.shortlist.variables if model.shortlist else []
            self._compiled[shape, kind] = compiled(search, [*model.variables, *banks, *shortlist])
        return self._compiled[shape, kind]


def batches(
    order: Sequence[int], slots: Sequence | None, most: int, sizes: Sequence[int] = ROWS
) -> list[Sequence[int]]:
    """The rows in `order`, cut into batches of `most` at most, each of which is padded to one of `sizes`.

    Those of one slot go by themselves, where that does not pad much more: its matrices multiply all of them at once, and
    they do not wait for another's to end.
    """
    cut = lambda groups: [
        group[start : start + most] for group in groups for start in range(0, len(group), most)
    ]
    padded = lambda parts: sum(_at_least(sizes, len(part)) for part in parts)
    mixed, alone = (
        cut([order]),
        cut([[i for i in order if slots[i] == slot] for slot in dict.fromkeys(slots or [])]),
    )
    return alone if alone and padded(alone) <= 1.1 * padded(mixed) and len(mixed) > 1 else mixed


def _until_end(ids: list[int], config) -> list[int]:
    return ids[: ids.index(config.eos_token_id)] if config.eos_token_id in ids else ids


def _at_least(sizes: Sequence[int], wanted: int) -> int:
    found = next((size for size in sizes if size >= wanted), None)
    if found is None:
        raise ValueError(
            f"{wanted} tokens are more than the {sizes[-1]} that one text may have; split it."
        )
    return found
