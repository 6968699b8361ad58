"""What the base and adapters say to some sentences: the facts that the Compare tab shows and the function `compare` returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from reprlib import repr

from lora_demo.data.sources import builtin_probes
from lora_demo.model.batch_decoder import ROWS, batches
from lora_demo.service.adapter_library import MOST_CHOSEN

MOST_SENTENCES = 50
MOST_CHARACTERS = 5000
MOST_BEAMS = 8
MOST_TOKENS = 256
USUAL_TOKENS = 128
MOST_STRENGTH = 2
EXAMPLES = [
    *(de for de, _ in builtin_probes(("weather", "recipes"), 4)),
    "Guten Morgen! Hast du gut geschlafen?",
    "Ich habe gestern ein neues Fahrrad gekauft.",
]


@dataclass(frozen=True)
class System:
    """One column: the base, or an adapter at a strength; `layers` is how far the adapter as trained moves each matrix."""

    name: str
    id: str | None
    rank: int | None
    strength: float
    texts: list[str]
    tokens: list[int]
    layers: list[dict]


@dataclass(frozen=True)
class Answer:
    """Translations of some sentences by the base, which comes first, and by adapters; `seconds` for all of them together."""

    texts: list[str]
    systems: list[System]
    beams: int
    seconds: float

    @property
    def batches(self) -> int:
        """How many batches were decoded: one, unless there are many rows."""
        systems = [system.id for system in self.systems for _ in self.texts]
        return len(batches(range(len(systems)), systems, max(1, ROWS[-1] // self.beams)))

    def changed(self, system: System) -> int:
        """How many outputs of a system differ from the base's."""
        return sum(text != base for text, base in zip(system.texts, self.systems[0].texts))

    def to_json(self) -> dict:
        """The columns as `lora_demo translate --json` prints them, with ids for adapters instead of folders."""
        column = lambda s: {
            "name": s.name,
            "adapter": s.id,
            "rank": s.rank,
            "strength": s.strength,
            "texts": s.texts,
            "tokens": s.tokens,
            "seconds": self.seconds,
            "changed": self.changed(s),
        }
        return {"beams": self.beams, "columns": [column(system) for system in self.systems]}


def sentences(text: str) -> list[str]:
    """The lines of the visitor's text.

    Raises:
        ValueError: for nothing, or too much of it.
    """
    lines = _lines(text)
    if not lines:
        raise ValueError("Type a German sentence first.")
    if len(lines) > MOST_SENTENCES or len(text) > MOST_CHARACTERS:
        raise ValueError(
            f"That is {len(lines)} lines with {len(text):,} characters; at most {MOST_SENTENCES} lines and {MOST_CHARACTERS:,} characters fit at once."
        )
    return lines


def references(text: str, count: int) -> list[str]:
    """The lines of a pasted reference, one for each of `count` sentences; none if there is no text.

    Raises:
        ValueError: if the lines do not match the sentences.
    """
    lines = _lines(text)
    if len(text or "") > MOST_CHARACTERS:
        raise ValueError(
            f"The reference has {len(text):,} characters; at most {MOST_CHARACTERS:,} fit."
        )
    if lines and len(lines) != count:
        raise ValueError(
            f"The reference has {len(lines)} line{'s' * (len(lines) != 1)} for {count} sentence{'s' * (count != 1)}: give one line for each."
        )
    return lines


def _lines(text: str) -> list[str]:
    """Lines that are not empty; half of a surrogate pair, which JSON can carry and UTF-8 cannot, becomes a question mark."""
    return [
        line.strip()
        for line in (text or "").encode("utf-8", "replace").decode().splitlines()
        if line.strip()
    ]


def whole(name: str, value, low: int, high: int) -> int:
    """A whole number from `low` to `high`.

    Raises:
        ValueError: for anything else.
    """
    if (
        not isinstance(value, (int, float))
        or isinstance(value, bool)
        or not low <= value <= high
        or value != int(value)
    ):
        raise ValueError(f"{name} = {repr(value)} (wanted: a whole number from {low} to {high}).")
    return int(value)


def strengths_of(values: Sequence[float], count: int) -> list[float]:
    """A strength from 0 to 2 for each of `count` adapters; where none are given, 1.

    Raises:
        ValueError: for too few of them, or one that is out of range.
    """
    values = list(values) or [1.0] * count
    if len(values) != count or not all(
        isinstance(v, (int, float)) and 0 <= v <= MOST_STRENGTH for v in values
    ):
        raise ValueError(
            f"strengths = {repr(values)} (wanted: {count} numbers from 0, the base, to {MOST_STRENGTH}, one for each adapter)."
        )
    return [float(value) for value in values]


def carried_over(
    held: Sequence[str], values: Sequence[float], chosen: Sequence[str]
) -> list[float]:
    """Strengths of the adapters that are now chosen: what each had before, else 1; filled up to as many as can be chosen."""
    before = dict(zip(held, values))
    return [before.get(id, 1.0) for id in chosen[:MOST_CHOSEN]] + [1.0] * (
        MOST_CHOSEN - len(chosen)
    )
