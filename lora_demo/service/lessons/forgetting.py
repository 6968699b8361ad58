"""The lesson "Overfitting and forgetting": what held-out and everyday sentences show."""

from collections.abc import Mapping

from lora_demo.language import _
from lora_demo.service.lessons.lesson import (
    NOT_RECORDED,
    Goal,
    Lesson,
    Prediction,
    Recorded,
    Step,
    Train,
)
from lora_demo.service.lessons.recordings import RECORDINGS
from lora_demo.training.progress import RunProgress

FEW = "few-pairs"
NARROW, REPLAY = "recipes-only", "replay"
SAME_CHRF = 1.0
"""Points of chrF within which a score counts as about the same."""


def overfitting_and_forgetting(recorded: Mapping[str, RunProgress]) -> Lesson:
    """Build the lesson.

    Args:
        recorded: The recorded runs by name.
    """
    few, narrow, replay = (recorded.get(name) for name in (FEW, NARROW, REPLAY))
    return Lesson(
        name="overfitting",
        title=_("Overfitting and forgetting"),
        summary=_("Two ways in which more training makes an adapter worse."),
        steps=(
            *(_overfitting_steps(few) if few else (_unrecorded_overfitting(),)),
            _forgetting_step(narrow, replay) if narrow and replay else _unrecorded_forgetting(),
            _train_step(),
        ),
    )


def _overfitting_steps(run: RunProgress) -> tuple[Step, Step]:
    first, last, best = run.evaluations[0], run.evaluations[-1], run.best
    assert best is not None, "a recording has evaluations"
    pairs = run.plan.train_pairs if run.plan else 0
    figure = Recorded(((FEW, _("{pairs:,} pairs", pairs=pairs)),))
    losses = _(
        "It was {first:.2f} at the start, {best:.2f} at step {step} and {last:.2f} at step {end}.",
        first=first.eval_loss,
        best=best.eval_loss,
        step=best.step,
        last=last.eval_loss,
        end=last.step,
    )
    if run.is_overfitting:
        memorises = _(
            "After its lowest point the adapter memorises its pairs: this is [overfitting]."
        )
        losses = f"{losses} {memorises}"
    predict = Step(
        _("Too few pairs"),
        (
            _(
                "This run trained on only {pairs:,} [pair|pairs], so it saw each of them "
                "many times. Its [loss] on them falls.",
                pairs=pairs,
            ),
        ),
        prediction=Prediction(
            _("How does the loss of held-out pairs change?"),
            (
                _("It falls until the end."),
                _("It falls, then it rises."),
                _("It rises from the start."),
            ),
            loss_choice(run),
            losses,
        ),
        reveal=figure,
    )
    find = Step(
        _("Find the best step"),
        (
            _(
                "The run keeps the adapter of step {step}, where the loss of [held-out] "
                "pairs is lowest. Read the [probe sentences] there, and at steps before and "
                "after it.",
                step=best.step,
            ),
        ),
        figure=figure,
        goal=Goal(_("Move the slider to the end, step {step}.", step=last.step), last.step),
    )
    return predict, find


def _forgetting_step(narrow: RunProgress, replay: RunProgress) -> Step:
    share = RECORDINGS[REPLAY].replay
    return Step(
        _("One subject only"),
        (
            _(
                "Two runs trained {parent} further, on recipes. In the second one, general "
                "sentences make up {share:.0%} of each [batch]: this is [replay].",
                parent=RECORDINGS[REPLAY].parent,
                share=share,
            ),
        ),
        prediction=Prediction(
            _("The first run saw recipes only. What happens to its chrF on everyday sentences?"),
            (_("It rises."), _("It changes by less than a point."), _("It falls.")),
            everyday_choice(narrow),
            _(
                "[chrF] of the [everyday sentences], at the start and at the best step: "
                "{narrow} without replay, {replay} with replay. A fall is [forgetting].",
                narrow=_everyday(narrow),
                replay=_everyday(replay),
            ),
        ),
        reveal=Recorded(((NARROW, _("recipes only")), (REPLAY, _("with replay")))),
    )


def _unrecorded_overfitting() -> Step:
    return Step(
        _("Too few pairs"),
        (
            _(
                "A run on few [pair|pairs] sees each of them many times. Its [loss] on them "
                "falls, while the loss of [held-out] pairs begins to rise: this is "
                "[overfitting]. The run keeps the adapter of the step at which the held-out "
                "loss is lowest."
            ),
            _(NOT_RECORDED),
        ),
    )


def _unrecorded_forgetting() -> Step:
    return Step(
        _("One subject only"),
        (
            _(
                "An adapter that trains on one subject can get worse on [everyday "
                "sentences]: this is [forgetting]. With [replay], general sentences are "
                "part of each [batch]."
            ),
            _(NOT_RECORDED),
        ),
    )


def _train_step() -> Step:
    return Step(
        _("Train with replay"),
        (
            _(
                "“Train this yourself” fills in the form for the run on recipes with [replay]. "
                "Set Replay to 0 in a second run, and compare the curves of the everyday "
                "sentences."
            ),
        ),
        action=Train(RECORDINGS[REPLAY]),
    )


def loss_choice(run: RunProgress) -> int:
    """Return the choice for the course of the held-out loss: falls, falls and rises, or rises.

    Args:
        run: A run with evaluations.
    """
    if run.best is run.evaluations[-1]:
        return 0
    return 2 if run.best is run.evaluations[0] else 1


def everyday_choice(run: RunProgress) -> int:
    """Return the choice for the everyday sentences: better, about the same, or worse.

    Args:
        run: A run with evaluations.
    """
    change = _everyday_scores(run)[1] - _everyday_scores(run)[0]
    if abs(change) < SAME_CHRF:
        return 1
    return 0 if change > 0 else 2


def _everyday_scores(run: RunProgress) -> tuple[float, float]:
    """Return chrF of the everyday sentences at the start and at the best step."""
    start = run.evaluations[0].everyday_chrf or 0.0
    best = run.best.everyday_chrf if run.best else None
    return start, start if best is None else best


def _everyday(run: RunProgress) -> str:
    start, best = _everyday_scores(run)
    return _("{start:.1f} → {best:.1f}", start=start, best=best)
