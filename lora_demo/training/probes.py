"""Probe sentences that a visitor adds to those of the data: their check, and their pairs."""

from typing import Any

from lora_demo.data.cleaning import clean
from lora_demo.data.pairs import Pair
from lora_demo.language import _
from lora_demo.model.checks import CONTROL, problem

MAX_PROBES = 5
MAX_PROBE_CHARACTERS = 300


def probes_problem(probes: Any) -> str | None:
    """Return a problem unless the value is a tuple of a few German sentences.

    Args:
        probes: Any value, for example from JSON.
    """
    is_short = isinstance(probes, tuple) and len(probes) <= MAX_PROBES
    if is_short and all(map(_is_sentence, probes)):
        return None
    requirement = _(
        "at most {count} sentences of at most {characters} characters, each in one line",
        count=MAX_PROBES,
        characters=MAX_PROBE_CHARACTERS,
    )
    return problem("probes", probes, requirement)


def split_probes(text: str) -> tuple[str, ...]:
    """Return the sentences of a text that has one a line.

    Args:
        text: As a form holds it.
    """
    return tuple(line for line in text.splitlines() if line.strip())


def own_probes(probes: tuple[str, ...]) -> list[Pair]:
    """Return the sentences as pairs with an empty reference, each once.

    Args:
        probes: The field `probes` of `TrainConfig`.
    """
    return [(german, "") for german in dict.fromkeys(map(clean, probes))]


def _is_sentence(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_PROBE_CHARACTERS:
        return False
    return bool(clean(value)) and not CONTROL.search(value)
