"""Translate strings with a base and its adapters side by side, on one copy of the weights."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.adapter_slots import MAX_ADAPTERS, AdapterSlots, check_strengths
from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.adapter_names import adapter_name
from lora_demo.checkpoints.adapters import Adapter, read_adapter
from lora_demo.checkpoints.base import Base, find_base
from lora_demo.checkpoints.combining import Part, concatenate
from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.checkpoints.reducing import order_components
from lora_demo.columns import TOGETHER, Column, Head, name_columns
from lora_demo.language import _
from lora_demo.model.batch_decoder import Decoder
from lora_demo.model.checks import is_whole
from lora_demo.next_tokens import Divergence, find_divergence
from lora_demo.translation_request import (
    Sources,
    TranslationRequest,
    default_limit,
    encode_sources,
    rank_steps,
    refuse,
)

if TYPE_CHECKING:
    from lora_demo.model.decoding import EarlyStopping

ORDERED = "ordered"
MAX_CACHED_ADAPTERS = 4 * MAX_ADAPTERS


class Translator:
    """Translate German to English with a base and any of its adapters.

    The first translation compiles; later ones reuse the compiled programs. Threads may share a
    translator; their calls run one after the other.

    Args:
        base: A base from `find_base`, or the id of one: `mini`, which is embedded, a folder, or a
            Hub id such as `google/flan-t5-small`.
        precision: `float32`, `bfloat16`, `int8`, or `auto`: bfloat16 on a GPU, float32 on a CPU.
            int8 takes a quarter of float32's memory and is for CPUs with AVX-512; elsewhere the
            translator uses float32, and `precision_note` says so.
        compile_in_background: Compile in a thread the programs that no text waits for.

    Raises:
        ValueError: If the base is not found, or its weights or tokenizer are damaged.

    Example:
        >>> from lora_demo import Translator
        >>> translator = Translator("mini")
        >>> for column in translator.compare(["Guten Morgen!"], ["adapters/mini-r8"]):
        ...     print(column.name, column.texts[0])
    """

    def __init__(
        self,
        base: Base | str = EMBEDDED,
        precision: str = "float32",
        compile_in_background: bool = False,
    ) -> None:
        from lora_demo.checkpoints.base import load_model
        from lora_demo.checkpoints.tokenizer import Tokenizer
        from lora_demo.model.backend import has_gpu
        from lora_demo.model.precision import choose_precision

        self.precision, self.precision_note = choose_precision(precision)
        self.base = find_base(base) if isinstance(base, str) else base
        self.model = load_model(self.base, self.precision)
        self.tokenizer = Tokenizer(self.base.folder)
        if self.precision in ("float32", "int8") and not has_gpu():
            self.model.prepare_steps()
        self._compile_in_background = compile_in_background
        self.decoder = self._new_decoder()
        self.slots = AdapterSlots(self.model)
        self._cache: dict[tuple[Any, ...], Adapter] = {}
        self._lock = threading.Lock()

    def compare(
        self,
        texts: Sequence[str],
        adapters: Sequence[Path | str] = (),
        *,
        strengths: Sequence[float] | None = None,
        num_beams: int = 1,
        max_new_tokens: int | None = None,
        length_penalty: float = 1.0,
        early_stopping: "EarlyStopping" = False,
        only: int | None = None,
        together: bool = False,
    ) -> list[Column]:
        """Translate texts with the base and with every adapter, as rows of one batch if they fit.

        Args:
            texts: German texts. One with more than 512 tokens is translated in pieces, which end
                where sentences end; its line breaks are kept.
            adapters: PEFT folders, at most seven.
            strengths: Factor of each adapter's update, -10 to 10; 0 is the base. None: 1, as
                trained.
            num_beams: 1 for greedy search, up to 16 for beam search.
            max_new_tokens: Largest number of tokens of the translation of a text or a piece. None:
                128, or twice the tokens of its text if that is more, so that a greedy translation
                does not depend on the other texts.
            length_penalty: Setting of beam search, as transformers defines it.
            early_stopping: Setting of beam search, as transformers defines it.
            only: 0 for the base alone, k for the k-th adapter alone; the others are loaded anyway.
            together: Also translate with the sum of all adapters, each at its strength. It is
                exact: their ranks are concatenated.

        Returns:
            The base's column, then one for each adapter, then that of their sum if `together`; one
            column if `only` is given.

        Raises:
            ValueError: Naming the argument that is out of range, or the fault of an adapter.
        """
        folders = [Path(folder) for folder in adapters]
        sources = encode_sources(texts, self.tokenizer.encode)
        request = TranslationRequest(
            sources=sources,
            adapters=folders,
            strengths=[1.0] * len(folders) if strengths is None else list(strengths),
            limits=[max_new_tokens or default_limit(source) for source in sources.rows],
            num_beams=num_beams,
            length_penalty=length_penalty,
            early_stopping=early_stopping,
            together=together,
        )
        with self._lock:
            return self._translate(request, only)

    def at_ranks(
        self,
        texts: Sequence[str],
        adapter: Path | str,
        ranks: Sequence[int] | None = None,
        *,
        strength: float = 1.0,
        num_beams: int = 1,
        max_new_tokens: int | None = None,
    ) -> list[Column]:
        """Translate texts with an adapter cut to each of several ranks, as rows of one batch.

        At rank k, each matrix uses the k largest components of the SVD of its update, which is the
        nearest update of that rank (see `checkpoints.reducing`). Rank 0 is the base; the adapter's
        own rank is the adapter.

        Args:
            texts: German texts.
            adapter: A PEFT folder of LoRA.
            ranks: The ranks, from 0 to the adapter's. None: those of `rank_steps`.
            strength: As for `compare`.
            num_beams: As for `compare`.
            max_new_tokens: As for `compare`.

        Returns:
            One column for each rank.

        Raises:
            ValueError: Naming the argument that is out of range, or the fault of the adapter.
        """
        request = self._request_for_one(texts, adapter, strength, num_beams, max_new_tokens)
        with self._lock:
            return self._translate_at_ranks(request, ranks)

    def compare_tokens(
        self,
        text: str,
        adapter: Path | str,
        *,
        strength: float = 1.0,
        num_beams: int = 1,
        max_new_tokens: int | None = None,
    ) -> Divergence | None:
        """Find where base and adapter diverge, and the likeliest next tokens of each.

        The probabilities come from one forward pass over both, after the tokens that both
        translations begin with.

        Args:
            text: A German text.
            adapter: A PEFT folder.
            strength: As for `compare`.
            num_beams: As for `compare`.
            max_new_tokens: As for `compare`.

        Returns:
            The first place where they diverge; None if the translations are the same.

        Raises:
            ValueError: Naming the argument that is out of range, or the fault of the adapter.
        """
        request = self._request_for_one([text], adapter, strength, num_beams, max_new_tokens)
        with self._lock:
            return self._find_divergence(request)

    def _request_for_one(
        self,
        texts: Sequence[str],
        adapter: Path | str,
        strength: float,
        num_beams: int,
        max_new_tokens: int | None,
    ) -> TranslationRequest:
        sources = encode_sources(texts, self.tokenizer.encode)
        return TranslationRequest(
            sources=sources,
            adapters=[Path(adapter)],
            strengths=[strength],
            limits=[max_new_tokens or default_limit(source) for source in sources.rows],
            num_beams=num_beams,
            length_penalty=1.0,
            early_stopping=False,
        )

    def _find_divergence(self, request: TranslationRequest) -> Divergence | None:
        adapter = self._read(request.adapters[0])
        check_strengths([adapter], request.strengths)
        slots = [0, *self._load([adapter])]
        strengths = [1.0, *request.strengths]
        rows = request.sources.rows
        ids = self.decoder.decode(
            rows * 2,
            [slot for slot in slots for _row in rows],
            [strength for strength in strengths for _row in rows],
            num_beams=request.num_beams,
            max_new_tokens=request.limits * 2,
        )
        for source, *pair in zip(rows, ids, ids[len(rows) :], strict=False):
            if pair[0] != pair[1]:
                return find_divergence(self.model, self.tokenizer, source, pair, slots, strengths)
        return None

    def _translate_at_ranks(
        self, request: TranslationRequest, ranks: Sequence[int] | None
    ) -> list[Column]:
        (folder,) = request.adapters
        ordered = self._ordered(folder)
        highest = max(A.shape[1] for A, *_rest in ordered.matrices.values())
        ranks = rank_steps(highest) if ranks is None else ranks
        if not ranks or not all(is_whole(rank, 0, highest) for rank in ranks):
            allowed = _("whole numbers from 0 to the adapter's {highest}", highest=highest)
            refuse("ranks", list(ranks), allowed)
        (slot,) = self._load([ordered])
        sources = request.sources
        count = len(sources.rows)
        began = time.monotonic()
        ids = self.decoder.decode(
            sources.rows * len(ranks),
            [slot] * (count * len(ranks)),
            request.strengths * (count * len(ranks)),
            ranks=[rank for rank in ranks for _row in range(count)],
            num_beams=request.num_beams,
            max_new_tokens=request.limits * len(ranks),
        )
        seconds = time.monotonic() - began
        heads = [(adapter_name(folder), str(folder), rank) for rank in ranks]
        return self._columns(heads, sources, ids, seconds)

    def _ordered(self, folder: Path) -> Adapter:
        """Order the components of an adapter, or take the result from the cache."""
        key = (ORDERED, *_version(folder))
        return self._cached(key, lambda: order_components(self._read(folder)))

    def _load(self, adapters: Sequence[Adapter]) -> list[int]:
        """Load adapters into slots -> the slot of each."""
        rebuilt, slots = self.slots.load(adapters)
        if rebuilt:
            self.decoder = self._new_decoder()
        return slots

    def _new_decoder(self) -> Decoder:
        return Decoder(self.model, compile_in_background=self._compile_in_background)

    def _columns(
        self, heads: Sequence[Head], sources: Sources, ids: Sequence[list[int]], seconds: float
    ) -> list[Column]:
        """Turn the decoded rows into one column for each system."""
        count = len(sources.rows)
        columns = []
        for i, head in enumerate(heads):
            rows = ids[i * count : (i + 1) * count]
            texts = sources.join(self.tokenizer.decode(rows))
            tokens = sources.sum([len(row) for row in rows])
            columns.append(Column(*head, texts, tokens, seconds, sources.in_pieces))
        return columns

    def _translate(self, request: TranslationRequest, only: int | None) -> list[Column]:
        loaded = [self._read(folder) for folder in request.adapters]
        check_strengths(loaded, request.strengths)
        if request.together:
            loaded.append(self._add_up(loaded, request))
        ranks = [adapter.r for adapter in loaded]
        heads = name_columns(request.adapters, ranks, request.together)
        slots = [0, *self._load(loaded)]
        strengths = [1.0, *request.strengths, 1.0]
        systems = [k for k in range(len(heads)) if only in (None, k)]

        sources = request.sources
        count = len(sources.rows)
        began = time.monotonic()
        ids = self.decoder.decode(
            sources.rows * len(systems),
            [slots[k] for k in systems for _row in range(count)] if self.slots.rank else None,
            [strengths[k] for k in systems for _row in range(count)],
            num_beams=request.num_beams,
            max_new_tokens=request.limits * len(systems),
            length_penalty=request.length_penalty,
            early_stopping=request.early_stopping,
        )
        seconds = time.monotonic() - began
        return self._columns([heads[k] for k in systems], sources, ids, seconds)

    def _add_up(self, loaded: Sequence[Adapter], request: TranslationRequest) -> Adapter:
        """Add adapters at their strengths, or take the sum from the cache."""
        pairs = zip(loaded, request.strengths, strict=True)
        parts = [Part(adapter, strength) for adapter, strength in pairs if strength]
        key = (TOGETHER, *map(_version, request.adapters), *request.strengths)
        return self._cached(key, lambda: concatenate(parts, TOGETHER))

    def _read(self, folder: Path) -> Adapter:
        """Read an adapter, or take it from the cache if its weights file is unchanged."""
        return self._cached(_version(folder), lambda: read_adapter(folder, self.base.config))

    def _cached(self, key: tuple[Any, ...], make: Callable[[], Adapter]) -> Adapter:
        """Take an adapter from the cache, or make it and drop the oldest ones beyond the limit."""
        if key in self._cache:
            return self._cache[key]
        adapter = self._cache[key] = make()
        while len(self._cache) > MAX_CACHED_ADAPTERS:
            self._cache.pop(next(iter(self._cache)))
        return adapter


def _version(folder: Path) -> tuple[Any, ...]:
    """Return a key that changes whenever an adapter's weights file is replaced."""
    try:
        stat = (folder / WEIGHTS).stat()
    except OSError:
        return (str(folder), None)
    return (str(folder.resolve()), stat.st_mtime_ns, stat.st_size, stat.st_ino)
