"""Translate strings with a base and its adapters side by side, on one copy of the weights."""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.adapter_slots import MAX_ADAPTERS, AdapterSlots, check_strengths
from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.adapter_names import adapter_name, make_unique
from lora_demo.checkpoints.adapters import Adapter, read_adapter
from lora_demo.checkpoints.base import EMBEDDED, Base, find_base
from lora_demo.checkpoints.combining import Part, concatenate
from lora_demo.data.cleaning import clean
from lora_demo.data.encoding import PREFIX
from lora_demo.data.pieces import Piece, join_pieces, split_text
from lora_demo.model.batch_decoder import LENGTHS, Decoder
from lora_demo.model.checks import is_number, is_whole

if TYPE_CHECKING:
    from lora_demo.model.decoding import EarlyStopping

MAX_BEAMS = 16
MAX_STRENGTH = 10
MAX_LENGTH_PENALTY = 100
MAX_TOKENS = LENGTHS[-1]
DEFAULT_TOKENS = 128
"""Default limit of a translation; a source of more than 64 tokens gets twice its own number."""
MIN_TOGETHER = 2
TOGETHER = "together"
"""Name of the column with the sum of all adapters."""
MAX_CACHED_ADAPTERS = 4 * MAX_ADAPTERS


@dataclass(frozen=True)
class Column:
    """The translations of one system.

    Args:
        name: `base`, or the adapter's name; no two columns have the same.
        adapter: The adapter's folder; None for the base.
        rank: The adapter's rank; None for the base.
        texts: One translation for each source.
        tokens: The number of tokens of each translation.
        seconds: Duration of the whole call, which all of its columns share.
        in_pieces: Positions of the texts that were too long and were translated in pieces.
    """

    name: str
    adapter: str | None
    rank: int | None
    texts: list[str]
    tokens: list[int]
    seconds: float
    in_pieces: list[int] = field(default_factory=list)


def join_columns(parts: Iterable[Sequence[Column]]) -> list[Column]:
    """Join the columns of consecutive parts of a text; durations add up.

    Args:
        parts: Results of `Translator.compare` with the same adapters.
    """
    return [
        Column(
            name=columns[0].name,
            adapter=columns[0].adapter,
            rank=columns[0].rank,
            texts=[text for column in columns for text in column.texts],
            tokens=[count for column in columns for count in column.tokens],
            seconds=sum(column.seconds for column in columns),
            in_pieces=_join_positions(columns),
        )
        for columns in zip(*parts, strict=True)
    ]


def _join_positions(columns: Sequence[Column]) -> list[int]:
    positions, before = [], 0
    for column in columns:
        positions += [before + position for position in column.in_pieces]
        before += len(column.texts)
    return positions


@dataclass(frozen=True)
class _Sources:
    """Texts as the rows of a batch: one row for a text, or one for each piece of a long text."""

    pieces: list[list[Piece]]
    rows: list[list[int]]

    @property
    def in_pieces(self) -> list[int]:
        """The positions of the texts with several pieces."""
        return [i for i, pieces in enumerate(self.pieces) if len(pieces) > 1]

    def join(self, texts: Sequence[str]) -> list[str]:
        """Join the translations of the rows to one for each text."""
        rows = iter(texts)
        return [join_pieces(pieces, [next(rows) for _ in pieces]) for pieces in self.pieces]

    def sum(self, counts: Sequence[int]) -> list[int]:
        """Sum the counts of the rows of each text."""
        rows = iter(counts)
        return [sum(next(rows) for _ in pieces) for pieces in self.pieces]


@dataclass(frozen=True)
class _Request:
    """The checked arguments of one `compare`."""

    sources: _Sources
    adapters: list[Path]
    strengths: list[float]
    limits: list[int]
    num_beams: int
    length_penalty: float
    early_stopping: "EarlyStopping"
    together: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for the first argument that is out of range."""
        if not self.sources.rows:
            raise ValueError("There is nothing to translate. Give at least one sentence.")
        if not is_whole(self.num_beams, 1, MAX_BEAMS):
            _refuse("beams", self.num_beams, f"a whole number from 1 to {MAX_BEAMS}")
        if not all(is_whole(limit, 1, MAX_TOKENS) for limit in self.limits):
            limit = max(self.limits)
            _refuse("max_new_tokens", limit, f"a whole number from 1 to {MAX_TOKENS}")
        if not is_number(self.length_penalty, -MAX_LENGTH_PENALTY, MAX_LENGTH_PENALTY):
            allowed = f"a number from -{MAX_LENGTH_PENALTY} to {MAX_LENGTH_PENALTY}"
            _refuse("length_penalty", self.length_penalty, allowed)
        if self.early_stopping not in (True, False, "never"):
            _refuse("early_stopping", self.early_stopping, "True, False or 'never'")
        self._check_adapters()

    def _check_adapters(self) -> None:
        count = len(self.adapters)
        if self.together and not MIN_TOGETHER <= count < MAX_ADAPTERS:
            raise ValueError(
                f"{count} adapters were given, but together takes {MIN_TOGETHER} to "
                f"{MAX_ADAPTERS - 1} of them."
            )
        if count > MAX_ADAPTERS:
            raise ValueError(
                f"{count} adapters were given, but only {MAX_ADAPTERS} fit besides the base. "
                "Choose fewer."
            )
        in_range = all(is_number(s, -MAX_STRENGTH, MAX_STRENGTH) for s in self.strengths)
        if len(self.strengths) != count or not in_range:
            allowed = f"{count} numbers from -{MAX_STRENGTH} to {MAX_STRENGTH}, one per adapter"
            _refuse("strengths", self.strengths, allowed)


def _refuse(name: str, value: Any, allowed: str) -> None:
    raise ValueError(f"{name} = {value!r} (must be {allowed}).")


class Translator:
    """Translate German to English with a base and any of its adapters.

    The first translation compiles; later ones reuse the compiled programs. Threads may share a
    translator; their calls run one after the other.

    Args:
        base: A base from `find_base`, or the id of one: `mini`, which is embedded, a folder, or a
            Hub id such as `google/flan-t5-small`.
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 on a GPU, float32 on a CPU.

    Raises:
        ValueError: If the base is not found, or its weights or tokenizer are damaged.

    Example:
        >>> from lora_demo import Translator
        >>> translator = Translator("mini")
        >>> for column in translator.compare(["Guten Morgen!"], ["adapters/mini-r8"]):
        ...     print(column.name, column.texts[0])
    """

    def __init__(self, base: Base | str = EMBEDDED, precision: str = "float32") -> None:
        from lora_demo.checkpoints.base import load_model
        from lora_demo.checkpoints.tokenizer import Tokenizer
        from lora_demo.model.backend import has_gpu

        if precision == "auto":
            precision = "bfloat16" if has_gpu() else "float32"
        self.base = find_base(base) if isinstance(base, str) else base
        self.model = load_model(self.base, precision)
        self.tokenizer = Tokenizer(self.base.folder)
        if precision == "float32" and not has_gpu():
            self.model.prepare_steps()
        self.decoder = Decoder(self.model)
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
            length_penalty: Of beam search, as transformers defines it.
            early_stopping: Of beam search, as transformers defines it.
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
        sources = self._encode(texts)
        request = _Request(
            sources=sources,
            adapters=folders,
            strengths=[1.0] * len(folders) if strengths is None else list(strengths),
            limits=[max_new_tokens or _default_limit(source) for source in sources.rows],
            num_beams=num_beams,
            length_penalty=length_penalty,
            early_stopping=early_stopping,
            together=together,
        )
        with self._lock:
            return self._translate(request, only)

    def _encode(self, texts: Sequence[str]) -> _Sources:
        """Clean texts as training does, split long ones, and encode them."""
        cleaned = [clean(text) for text in texts]
        encoded = self._encode_cleaned(cleaned)
        pieces: list[list[Piece]] = []
        rows: list[list[int]] = []
        for raw, text, ids in zip(texts, cleaned, encoded, strict=True):
            if len(ids) <= MAX_TOKENS:
                pieces.append([Piece(text, "")])
                rows.append(ids)
            else:
                pieces.append(split_text(raw, self._count_tokens, MAX_TOKENS))
                rows += self._encode_cleaned([piece.text for piece in pieces[-1]])
        return _Sources(pieces, rows)

    def _encode_cleaned(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenizer.encode([PREFIX + text for text in texts])

    def _count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._encode_cleaned(texts)]

    def _translate(self, request: _Request, only: int | None) -> list[Column]:
        loaded = [self._read(folder) for folder in request.adapters]
        check_strengths(loaded, request.strengths)
        if request.together:
            loaded.append(self._add_up(loaded, request))
        rebuilt, adapter_slots = self.slots.load(loaded)
        if rebuilt:
            self.decoder = Decoder(self.model)

        reserved = ["base", TOGETHER] if request.together else ["base"]
        names = make_unique([*reserved, *map(adapter_name, request.adapters)])
        heads: list[tuple[str, str | None, int | None]] = [("base", None, None)]
        for name, folder, adapter in zip(
            names[len(reserved) :], request.adapters, loaded, strict=False
        ):
            heads.append((name, str(folder), adapter.r))
        if request.together:
            heads.append((TOGETHER, None, loaded[-1].r))
        slots = [0, *adapter_slots]
        strengths = [1.0, *request.strengths, 1.0]
        systems = range(len(heads)) if only is None else range(len(heads))[only : only + 1]

        sources = request.sources
        count = len(sources.rows)
        began = time.monotonic()
        ids = self.decoder.decode(
            sources.rows * len(systems),
            [slots[k] for k in systems for _ in range(count)] if self.slots.rank else None,
            [strengths[k] for k in systems for _ in range(count)],
            num_beams=request.num_beams,
            max_new_tokens=request.limits * len(systems),
            length_penalty=request.length_penalty,
            early_stopping=request.early_stopping,
        )
        seconds = time.monotonic() - began
        columns = []
        for i, k in enumerate(systems):
            rows = ids[i * count : (i + 1) * count]
            texts = sources.join(self.tokenizer.decode(rows))
            tokens = sources.sum([len(row) for row in rows])
            columns.append(Column(*heads[k], texts, tokens, seconds, sources.in_pieces))
        return columns

    def _add_up(self, loaded: Sequence[Adapter], request: _Request) -> Adapter:
        """Add adapters at their strengths, or take the sum from the cache."""
        pairs = zip(loaded, request.strengths, strict=True)
        parts = [Part(adapter, strength) for adapter, strength in pairs if strength]
        key = (TOGETHER, *map(_version, request.adapters), *request.strengths)
        if key not in self._cache:
            self._cache[key] = concatenate(parts, TOGETHER)
        return self._cache[key]

    def _read(self, folder: Path) -> Adapter:
        """Read an adapter, or take it from the cache if its weights file is unchanged."""
        key = _version(folder)
        if key not in self._cache:
            self._cache[key] = read_adapter(folder, self.base.config)
            while len(self._cache) > MAX_CACHED_ADAPTERS:
                self._cache.pop(next(iter(self._cache)))
        return self._cache[key]


def _default_limit(source: Sequence[int]) -> int:
    return min(MAX_TOKENS, max(DEFAULT_TOKENS, 2 * len(source)))


def _version(folder: Path) -> tuple[Any, ...]:
    """Return a key that changes whenever an adapter's weights file is replaced."""
    try:
        stat = (folder / WEIGHTS).stat()
    except OSError:
        return (str(folder), None)
    return (str(folder.resolve()), stat.st_mtime_ns, stat.st_size, stat.st_ino)
