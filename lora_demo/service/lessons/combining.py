"""The lesson "Switch, combine, merge": three ways to use trained adapters."""

from collections.abc import Mapping

from lora_demo.formatting import format_size
from lora_demo.language import _, format_number
from lora_demo.model.parameters import BYTES_PER_FLOAT
from lora_demo.service.lessons.counts import TAUGHT_BASE, RankCounts
from lora_demo.service.lessons.lesson import Lesson, Prediction, Step, Visit

ADAPTERS, RANK = 10, 8
"""Number and rank of the adapters in the step about switching."""
RANKS = (4, 16)
"""Ranks of the adapters in the step about combining."""


def switch_combine_merge(bases: Mapping[str, RankCounts]) -> Lesson:
    """Build the lesson.

    Args:
        bases: The counts of each base, by id.
    """
    counts = bases[TAUGHT_BASE]
    return Lesson(
        name="combine",
        title=_("Switch, combine, merge"),
        summary=_("Three ways to use trained adapters."),
        steps=(_switch(counts), _combine(), _merge(counts), _choose()),
    )


def _switch(counts: RankCounts) -> Step:
    trained = counts.of_adapter[counts.at(RANK)]
    ratio = counts.total / trained
    copies, adapters = (ADAPTERS * BYTES_PER_FLOAT * number for number in (counts.total, trained))
    return Step(
        _("Switch"),
        (
            _(
                "The page loads the [base] once and keeps several [adapter|adapters] beside it. "
                "Each sentence of a batch can use a different one, so switching does not load a "
                "model again."
            ),
            _(
                "You could also keep {count} fine-tuned copies of {name}.",
                count=ADAPTERS,
                name=counts.name,
            ),
        ),
        prediction=Prediction(
            _(
                "How much smaller are {count} adapters of rank {rank} (q and v)?",
                count=ADAPTERS,
                rank=RANK,
            ),
            tuple(_("About {ratio:.0f} times.", ratio=ratio / part) for part in (100, 10, 1)),
            2,
            _(
                "{count} copies need {copies_size}, {count} adapters {adapters_size} and the "
                "base once. Tick two adapters in Compare and translate: base and adapters "
                "answer in one batch.",
                count=ADAPTERS,
                copies_size=format_size(copies),
                adapters_size=format_size(adapters),
            ),
        ),
        action=Visit(_("Open Compare"), "compare"),
    )


def _combine() -> Step:
    low, high = RANKS
    return Step(
        _("Combine"),
        (
            _(
                "[combine|Combining] adapters means adding their updates, each times a weight. "
                "The sum is an adapter again."
            ),
        ),
        prediction=Prediction(
            _(
                "One adapter has rank {low}, and another has rank {high}. Which rank does the "
                "exact sum have?",
                low=low,
                high=high,
            ),
            (f"{(low + high) // 2}", f"{high}", f"{low + high}", f"{low * high}"),
            2,
            _(
                "{rank}: the columns of both B and the rows of both A are put side by side. "
                "A lower rank loses a part of the sum, and the page says how much. Try it "
                "under “Combine it with others”.",
                rank=low + high,
            ),
        ),
        action=Visit(_("Open Adapters"), "adapters"),
    )


def _merge(counts: RankCounts) -> Step:
    trained = counts.of_adapter[counts.at(16)]
    total = counts.total
    return Step(
        _("Merge"),
        (_("[merge|Merging] an adapter means replacing each adapted W by W + s · B A."),),
        prediction=Prediction(
            _(
                "An adapter of rank 16 is merged into {name}. How many parameters does the result "
                "have?",
                name=counts.name,
            ),
            tuple(format_number(number, ",") for number in (trained, total, total + trained)),
            1,
            _(
                "{total:,}, as many as before, because the update is now inside W. The file "
                "has {whole} instead of {adapter}, and the update can no "
                "longer be switched off. “Merge it into the base” makes such a file.",
                total=total,
                whole=format_size(BYTES_PER_FLOAT * total),
                adapter=format_size(BYTES_PER_FLOAT * trained),
            ),
        ),
        action=Visit(_("Open Adapters"), "adapters"),
    )


def _choose() -> Step:
    return Step(
        _("When to use which"),
        (
            _("Switch if one model serves several tasks, or if you want to compare."),
            _(
                "[combine|Combine] if one adapter should do what several have learned. "
                "Evaluate the sum, because it can be worse than its parts."
            ),
            _("[merge|Merge] if a program can load a T5 model but no adapter."),
        ),
    )
