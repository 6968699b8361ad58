"""The events of an evaluation, for the terminal and the page."""

from dataclasses import dataclass
from typing import Literal

from lora_demo.evaluation.report.data import Evaluation
from lora_demo.language import _, ngettext

Unit = Literal["tokens", "outputs", "systems"]


@dataclass(frozen=True)
class Phase:
    """A new phase begins."""

    message: str


@dataclass(frozen=True)
class Progress:
    """Progress within a phase.

    Attributes:
        done: Units done.
        total: Units in all.
        unit: Name of the counted units.
        seconds_left: Estimate of the time left; None while unknown.
    """

    done: int
    total: int
    unit: Unit
    seconds_left: float | None


@dataclass(frozen=True)
class Note:
    """A message that a reader of the scores has to know."""

    message: str


@dataclass(frozen=True)
class Done:
    """The end, with the result."""

    evaluation: Evaluation


Event = Phase | Progress | Note | Done


def describe_translating(sentences: int, adapters: int) -> str:
    """Say what is translated by the base and adapters, as the message of a phase.

    Args:
        sentences: Number of sentences.
        adapters: Number of adapters.
    """
    systems = _("the base")
    if adapters:
        systems = ngettext(
            "the base and {count:,} adapter", "the base and {count:,} adapters", adapters
        )
    return ngettext(
        "Translating {count:,} sentence with {systems}",
        "Translating {count:,} sentences with {systems}",
        sentences,
        systems=systems,
    )
