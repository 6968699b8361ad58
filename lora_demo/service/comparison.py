"""Comparisons: the base and adapters translate the same sentences in one batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from reprlib import repr
from typing import Any

from lora_demo.checkpoints.adapter_names import make_unique
from lora_demo.data.sources import builtin_probes
from lora_demo.model.batch_decoder import ROWS, batches
from lora_demo.model.checks import check_whole, is_number
from lora_demo.service.adapter_library import MAX_CHOSEN, AdapterLibrary
from lora_demo.service.model_loader import ModelLoader
from lora_demo.translator import TOGETHER

MAX_SENTENCES = 50
MAX_CHARACTERS = 5000
MAX_BEAMS = 8
MAX_TOKENS = 256
DEFAULT_TOKENS = 128
MAX_STRENGTH = 2
EXAMPLES = [
    *(de for de, _ in builtin_probes(("weather", "recipes"), 4)),
    "Guten Morgen! Hast du gut geschlafen?",
    "Ich habe gestern ein neues Fahrrad gekauft.",
]
"""Sentences that the page offers."""


@dataclass(frozen=True)
class System:
    """One column of a comparison: the base, or an adapter at a strength.

    Args:
        name: Name to show.
        id: The adapter's id; None for the base; `together` for the sum of all adapters.
        rank: The adapter's rank; None for the base.
        strength: Factor on the adapter's update; 1 is as trained.
        texts: Translations, one for each sentence.
        tokens: Token counts of the translations.
        layers: How far the adapter, as trained, moves each matrix; see `AdapterLibrary.details`.
    """

    name: str
    id: str | None
    rank: int | None
    strength: float
    texts: list[str]
    tokens: list[int]
    layers: list[dict[str, Any]]


@dataclass(frozen=True)
class Comparison:
    """Translations of some sentences by several systems.

    Args:
        texts: The German sentences.
        systems: The base, then the adapters.
        beams: Beams of the search; 1 is greedy.
        seconds: Time for all translations together.
        in_pieces: Positions of sentences that were too long and were translated in pieces.
    """

    texts: list[str]
    systems: list[System]
    beams: int
    seconds: float
    in_pieces: list[int] = field(default_factory=list)

    @property
    def batches(self) -> int:
        """Number of batches that were decoded: one, unless there are many rows."""
        row_systems = [k for k in range(len(self.systems)) for _ in self.texts]
        max_rows = max(1, ROWS[-1] // self.beams)
        return len(batches(range(len(row_systems)), row_systems, max_rows))

    def changed(self, system: System) -> int:
        """Count the translations of a system that differ from the base's."""
        base_texts = self.systems[0].texts
        return sum(text != base for text, base in zip(system.texts, base_texts, strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return what `lora_demo translate --json` prints, with adapter ids for folders."""
        columns = [self._column(system) for system in self.systems]
        document: dict[str, Any] = {"beams": self.beams, "columns": columns}
        if self.in_pieces:
            document["translated_in_pieces"] = [position + 1 for position in self.in_pieces]
        return document

    def _column(self, system: System) -> dict[str, Any]:
        return {
            "name": system.name,
            "adapter": system.id,
            "rank": system.rank,
            "strength": system.strength,
            "texts": system.texts,
            "tokens": system.tokens,
            "seconds": self.seconds,
            "changed": self.changed(system),
        }


class Comparisons:
    """Compares the base with adapters.

    Args:
        library: The adapters.
        loader: Loads the translator.
    """

    def __init__(self, library: AdapterLibrary, loader: ModelLoader) -> None:
        self.library = library
        self.loader = loader

    def compare(
        self,
        text: str,
        ids: Sequence[str],
        visitor: str,
        *,
        strengths: Sequence[float] = (),
        beams: int = 1,
        max_tokens: int = DEFAULT_TOKENS,
        together: bool = False,
    ) -> Comparison:
        """Translate with the base and with each adapter, in one batch.

        Args:
            text: German, one sentence per line.
            ids: Ids of the adapters.
            visitor: The visitor's key; empty for shipped adapters only.
            strengths: One for each adapter, from 0 (the base) to 2; all 1 if empty.
            beams: Beams of the search; 1 is greedy.
            max_tokens: Limit for one translation.
            together: Also translate with the sum of the adapters, each at its strength.

        Raises:
            ValueError: If a value is out of range or an adapter is unknown.
        """
        sentences = split_sentences(text)
        entries = self.library.choose(ids, visitor)
        strengths = check_strengths(strengths, len(entries))
        beams = check_whole("beams", beams, 1, MAX_BEAMS)
        max_tokens = check_whole("most_tokens", max_tokens, 1, MAX_TOKENS)
        base, *adapted = self.loader.translator().compare(
            sentences,
            [entry.folder for entry in entries],
            strengths=strengths,
            num_beams=beams,
            max_new_tokens=max_tokens,
            together=together,
        )
        systems = [System("base", None, base.rank, 1.0, base.texts, base.tokens, [])]
        names = make_unique(["base", *(entry.name for entry in entries)])[1:]
        for name, entry, strength, column in zip(names, entries, strengths, adapted, strict=False):
            layers = self.library.details(entry)["layers"]
            systems.append(
                System(name, entry.id, column.rank, strength, column.texts, column.tokens, layers)
            )
        if together:
            total = adapted[-1]
            systems.append(
                System(total.name, TOGETHER, total.rank, 1.0, total.texts, total.tokens, [])
            )
        return Comparison(sentences, systems, beams, base.seconds, base.in_pieces)


def split_sentences(text: str) -> list[str]:
    """Split a visitor's text into sentences, one per line.

    Raises:
        ValueError: If the text is empty, or too long.
    """
    lines = _lines(text)
    if not lines:
        raise ValueError("Type a German sentence first.")
    if len(lines) > MAX_SENTENCES or len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"The text has {len(lines)} lines and {len(text):,} characters. "
            f"The limit is {MAX_SENTENCES} lines and {MAX_CHARACTERS:,} characters."
        )
    return lines


def split_references(text: str, count: int) -> list[str]:
    """Split a pasted reference translation into lines, one for each sentence.

    Args:
        text: The reference; may be empty.
        count: Number of sentences.

    Returns:
        `count` lines; none if the text is empty.

    Raises:
        ValueError: If the numbers of lines and sentences differ, or the text is too long.
    """
    lines = _lines(text)
    if len(text or "") > MAX_CHARACTERS:
        raise ValueError(
            f"The reference has {len(text):,} characters. The limit is {MAX_CHARACTERS:,}."
        )
    if lines and len(lines) != count:
        line_word = "line" if len(lines) == 1 else "lines"
        sentence_word = "sentence" if count == 1 else "sentences"
        raise ValueError(
            f"The reference has {len(lines)} {line_word} for {count} {sentence_word}. "
            "Give one line for each sentence."
        )
    return lines


def _lines(text: str) -> list[str]:
    """Split a text into lines, which only line feeds end, and drop empty ones.

    JSON can carry half of a surrogate pair, which UTF-8 cannot; it becomes a question mark.
    """
    encodable = (text or "").encode("utf-8", "replace").decode()
    return [line.strip() for line in encodable.split("\n") if line.strip()]


def check_strengths(values: Sequence[float], count: int) -> list[float]:
    """Check the strengths of the chosen adapters.

    Args:
        values: One for each adapter, from 0 to 2; all 1 if empty.
        count: Number of adapters.

    Raises:
        ValueError: If there are too few or too many values, or one is out of range.
    """
    values = list(values) or [1.0] * count
    if len(values) != count or not all(_is_strength(value) for value in values):
        raise ValueError(
            f"strengths = {repr(values)} (must be {count} numbers from 0 to {MAX_STRENGTH}, "
            "one for each adapter; 0 is the base)."
        )
    return [float(value) for value in values]


def _is_strength(value: Any) -> bool:
    return is_number(value, 0, MAX_STRENGTH)


def carry_strengths(
    previous: Sequence[str], values: Sequence[float], chosen: Sequence[str]
) -> list[float]:
    """Give each chosen adapter the strength that it had before, or 1 if it is new.

    Args:
        previous: Ids of the adapters that were chosen before.
        values: Their strengths.
        chosen: Ids of the adapters that are chosen now.

    Returns:
        One strength for each slider, that is for `MAX_CHOSEN` adapters.
    """
    before = dict(zip(previous, values, strict=False))
    strengths = [before.get(id, 1.0) for id in chosen[:MAX_CHOSEN]]
    return strengths + [1.0] * (MAX_CHOSEN - len(strengths))
