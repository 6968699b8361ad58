"""The lesson "Which rank to choose": three ranks, each with the same data and steps."""

from collections.abc import Mapping

from lora_demo.language import N_, _
from lora_demo.service.lessons.lesson import (
    NOT_RECORDED,
    Goal,
    Lesson,
    Prediction,
    Recorded,
    Step,
    Train,
    Visit,
)
from lora_demo.service.lessons.recordings import recorded_config
from lora_demo.training.progress import RunProgress

RUNS = (("rank-4", N_("rank 4")), ("rank-8", N_("rank 8")), ("rank-16", N_("rank 16")))
RATIOS = (1.0, 1.5, 4.0)
"""Largest ratio of the rises of rank 16 and rank 4 for each choice but the last."""
CHOICES = (
    N_("No more than that of rank 4."),
    N_("Up to 1.5 times as much."),
    N_("1.5 to 4 times as much."),
    N_("More than 4 times as much."),
)


def which_rank(recorded: Mapping[str, RunProgress]) -> Lesson:
    """Build the lesson.

    Args:
        recorded: The recorded runs by name.
    """
    runs = [recorded[name] for name, _label in RUNS if name in recorded]
    is_recorded = len(runs) == len(RUNS)
    return Lesson(
        name="rank",
        title=_("Which rank to choose"),
        summary=_("The gain and the cost of a higher rank."),
        steps=(
            *(_recorded_steps(runs) if is_recorded else (_unrecorded_step(),)),
            _cut_step(),
            _train_step(),
        ),
    )


def _recorded_steps(runs: list[RunProgress]) -> tuple[Step, Step]:
    rises = [_rise(run) for run in runs]
    scores = "; ".join(
        _(
            "{label} {start:.1f} → {best:.1f}",
            label=_(label),
            start=run.evaluations[0].chrf,
            best=_best_chrf(run),
        )
        for (_name, label), run in zip(RUNS, runs, strict=True)
    )
    pairs = runs[0].plan.train_pairs if runs[0].plan else 0
    last = max(run.evaluations[-1].step for run in runs)
    figure = Recorded(tuple((name, _(label)) for name, label in RUNS))
    compare = Step(
        _("Four times the parameters"),
        (
            _(
                "Three runs trained on the same {pairs:,} [pair|pairs] for {last} "
                "[step|steps]. They differ only in the [rank].",
                pairs=pairs,
                last=last,
            ),
        ),
        prediction=Prediction(
            _(
                "Rank 16 trains four times as many parameters as rank 4. How much more does "
                "its chrF on held-out pairs rise?"
            ),
            tuple(_(choice) for choice in CHOICES),
            rise_choice(rises[0], rises[-1]),
            _(
                "[chrF] of the [held-out] pairs, at the start and at the best step: {scores}.",
                scores=scores,
            ),
        ),
        reveal=figure,
    )
    read = Step(
        _("Read the sentences"),
        (
            _(
                "A score is a mean. Read the [probe sentences] at an early step and at the "
                "last one. Look for words that only a higher rank gets right."
            ),
        ),
        figure=figure,
        goal=Goal(_("Move the slider to step {last}.", last=last), last),
    )
    return compare, read


def _unrecorded_step() -> Step:
    return Step(
        _("Four times the parameters"),
        (
            _(
                "Rank 16 trains four times as many [parameter|parameters] as rank 4. It "
                "does not learn four times as much. Compare the [chrF] of [held-out] pairs "
                "to see what it adds."
            ),
            _(NOT_RECORDED),
        ),
    )


def _cut_step() -> Step:
    return Step(
        _("Cut a trained rank"),
        (
            _(
                "A trained update can be cut to a lower rank: only the components with the "
                "largest [singular value|singular values] stay."
            ),
            _(
                "Translate a sentence in Compare. Then press “Drag the rank” on the card of "
                "an adapter and find the rank at which the sentence changes."
            ),
        ),
        action=Visit(_("Open Compare"), "compare"),
    )


def _train_step() -> Step:
    return Step(
        _("Train three ranks"),
        (
            _(
                "“Train this yourself” fills in the form for a [sweep] over the ranks 4, 8 and "
                "16. The page trains them one after another. “Compare runs” shows them side by "
                "side."
            ),
        ),
        action=Train(recorded_config(), ranks=(4, 8, 16)),
    )


def rise_choice(low: float, high: float) -> int:
    """Return the choice for how much more the highest rank rises than the lowest.

    Args:
        low: Rise of chrF at the lowest rank.
        high: Rise at the highest rank.
    """
    if high <= low:
        return 0
    if low <= 0:
        return len(RATIOS)
    return sum(high / low > ratio for ratio in RATIOS)


def _rise(run: RunProgress) -> float:
    return _best_chrf(run) - run.evaluations[0].chrf


def _best_chrf(run: RunProgress) -> float:
    return run.best.chrf if run.best else 0.0
