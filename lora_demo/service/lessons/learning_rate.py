"""The lesson "Learning rate, batch size and epochs": runs that differ in one of them."""

from collections.abc import Mapping, Sequence

from lora_demo.language import _, format_number, format_numbers
from lora_demo.service.lessons.lesson import (
    NOT_RECORDED,
    Lesson,
    Prediction,
    Recorded,
    Step,
    Train,
)
from lora_demo.service.lessons.recordings import RECORDINGS, recorded_config
from lora_demo.training.progress import RunProgress

RATES = ("rate-low", "rank-8", "rate-high")
BATCHES = ("batch-4", "rank-8", "batch-64")
PAIRS, BATCH, EPOCHS = 3200, 16, 2
"""The example of the step about epochs."""


def learning_rate_and_batches(recorded: Mapping[str, RunProgress]) -> Lesson:
    """Build the lesson.

    Args:
        recorded: The recorded runs by name.
    """
    return Lesson(
        name="learning-rate",
        title=_("Learning rate, batch size and epochs"),
        summary=_("Three settings that decide how well a run learns."),
        steps=(
            _rates_step(recorded),
            _batches_step(recorded),
            _epochs_step(),
            _train_step(),
        ),
    )


def _rates_step(recorded: Mapping[str, RunProgress]) -> Step:
    title = _("Three learning rates")
    values = [RECORDINGS[name].learning_rate for name in RATES]
    rates = [format_number(value, "g") for value in values]
    text = _(
        "The [learning rate] is the size of the change at each [step]. These runs use {rates}.",
        rates=format_numbers(values, "g"),
    )
    if not all(name in recorded for name in RATES):
        return Step(title, (text, _(NOT_RECORDED)))
    runs = [recorded[name] for name in RATES]
    return Step(
        title,
        (text, _("All other settings of these runs are the same.")),
        prediction=Prediction(
            _("Which rate gives the lowest loss of held-out pairs at the end?"),
            tuple(rates),
            lowest(runs),
            _(
                "[loss|Loss] of the [held-out] pairs at the start and at the end: {rates}.",
                rates=_format_losses(rates, runs),
            ),
        ),
        reveal=Recorded(
            tuple(
                (name, _("rate {rate}", rate=rate)) for name, rate in zip(RATES, rates, strict=True)
            )
        ),
    )


def _batches_step(recorded: Mapping[str, RunProgress]) -> Step:
    title = _("Three batch sizes")
    sizes = [f"{RECORDINGS[name].batch_size}" for name in BATCHES]
    steps = RECORDINGS[BATCHES[0]].steps
    text = _(
        "A [batch] of {sizes} or {largest} pairs makes one step. After {steps} steps, "
        "the run with the largest batches has seen the most pairs, and it took the "
        "longest.",
        sizes=", ".join(sizes[:-1]),
        largest=sizes[-1],
        steps=steps,
    )
    if not all(name in recorded for name in BATCHES):
        return Step(title, (text, _(NOT_RECORDED)))
    runs = [recorded[name] for name in BATCHES]
    seconds = "; ".join(
        _("{size}: {seconds:.0f} s", size=size, seconds=run.done.seconds)
        for size, run in zip(sizes, runs, strict=True)
        if run.done
    )
    return Step(
        title,
        (text,),
        prediction=Prediction(
            _(
                "Which batch size gives the lowest loss of held-out pairs after {steps} steps?",
                steps=steps,
            ),
            tuple(sizes),
            lowest(runs),
            _(
                "[loss|Loss] of the [held-out] pairs at the start and at the end: {sizes}. "
                "Time on the machine that recorded them: {seconds}.",
                sizes=_format_losses(sizes, runs),
                seconds=seconds,
            ),
        ),
        reveal=Recorded(
            tuple(
                (name, _("batch {size}", size=size))
                for name, size in zip(BATCHES, sizes, strict=True)
            )
        ),
    )


def _epochs_step() -> Step:
    steps = EPOCHS * PAIRS // BATCH
    return Step(
        _("Steps and epochs"),
        (
            _(
                "An [epoch] is one pass over all pairs. So an epoch has about as many steps "
                "as there are pairs, divided by the [batch] size."
            ),
        ),
        prediction=Prediction(
            _(
                "A file has {pairs:,} pairs. About how many steps are {epochs} epochs with "
                "batches of {batch}?",
                pairs=PAIRS,
                epochs=EPOCHS,
                batch=BATCH,
            ),
            tuple(format_number(number, ",") for number in (PAIRS // BATCH, steps, EPOCHS * PAIRS)),
            1,
            _(
                "{epochs} · {pairs:,} / {batch} = {steps:,}.",
                epochs=EPOCHS,
                pairs=PAIRS,
                batch=BATCH,
                steps=steps,
            ),
        ),
    )


def _train_step() -> Step:
    return Step(
        _("Choose a rate"),
        (
            _(
                "“Train this yourself” fills in the form for the run with the middle rate. Change "
                "the learning rate or the batch size, predict the result, and train."
            ),
        ),
        action=Train(recorded_config()),
    )


def lowest(runs: Sequence[RunProgress]) -> int:
    """Return the place of the run whose held-out loss is lowest at the end.

    Args:
        runs: At least one run, each with at least one evaluation.
    """
    return min(range(len(runs)), key=lambda place: runs[place].evaluations[-1].eval_loss)


def _format_losses(labels: Sequence[str], runs: Sequence[RunProgress]) -> str:
    """Write each run's held-out loss at the start and at the end."""
    return "; ".join(
        _(
            "{label}: {start:.2f} → {end:.2f}",
            label=label,
            start=run.evaluations[0].eval_loss,
            end=run.evaluations[-1].eval_loss,
        )
        for label, run in zip(labels, runs, strict=True)
    )
