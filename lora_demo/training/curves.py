"""Figures of finished runs: the curves of one, or several by their trained parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.training.events import EvalEvent, PlanEvent
from lora_demo.training.progress import RunProgress
from lora_demo.training.run import Run

SUFFIXES = (".svg", ".png")
MIN_EVALUATIONS = 2
SCORES = {
    "train_chrf": "trained pairs",
    "chrf": "held-out pairs",
    "everyday_chrf": "everyday sentences",
    "watch_chrf": "{watch}",
}
"""Fields of an evaluation and their labels."""
SCORE_COLORS = ("0.6", "tab:blue", "tab:purple", "tab:orange")


@dataclass(frozen=True)
class RunCurves:
    """The content of a figure of a run.

    Args:
        run: The run.
        plan: Its plan.
        progress: Its curves, with at least MIN_EVALUATIONS.
        best: The evaluation whose adapter is kept.
    """

    run: Run
    plan: PlanEvent
    progress: RunProgress
    best: EvalEvent

    def series(self, field: str) -> tuple[list[int], list[float]]:
        """Return steps and values of a field, where it was measured.

        Args:
            field: As for `RunProgress.curve`.
        """
        points = self.progress.curve(field)
        return [step for step, _value in points], [value for _step, value in points]


def draw(folders: Sequence[Path], output: Path) -> None:
    """Draw a figure: losses and scores of one run, or several runs side by side.

    Args:
        folders: Run folders.
        output: An .svg or .png file.

    Raises:
        ValueError: If a folder is not a run with MIN_EVALUATIONS, or the file is of another kind.
    """
    if output.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{output} is not an {' or '.join(SUFFIXES)} file.")
    runs = [_read(Path(folder)) for folder in folders]
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    if len(runs) == 1:
        _draw_losses(left, runs[0])
        _draw_scores(right, runs[0])
    else:
        _draw_runs(left, right, runs)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
        ax.legend(frameon=False, fontsize="small")
    output.parent.mkdir(parents=True, exist_ok=True)
    metadata = {"Date": None} if output.suffix.lower() == ".svg" else None
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(output, dpi=150, metadata=metadata)


def _read(folder: Path) -> RunCurves:
    run = Run(folder)
    progress = RunProgress.from_events(run.events())
    best = progress.best
    if not progress.plan or not best or len(progress.evaluations) < MIN_EVALUATIONS:
        raise ValueError(
            f"{folder} is not a run folder with at least {MIN_EVALUATIONS} evaluations."
        )
    return RunCurves(run, progress.plan, progress, best)


def _draw_losses(ax: Any, curves: RunCurves) -> None:
    ax.plot(*curves.series("train_loss"), color="0.6", label="training batch")
    ax.plot(*curves.series("eval_loss"), color="tab:blue", label="held-out pairs")
    ax.set(xlabel="step", ylabel="loss", title="Loss")
    _mark_best(ax, curves)


def _draw_scores(ax: Any, curves: RunCurves) -> None:
    for (field, label), color in zip(SCORES.items(), SCORE_COLORS, strict=True):
        steps, values = curves.series(field)
        if steps:
            label = label.format(watch=curves.run.config.watch)
            ax.plot(steps, values, color=color, label=label)
    ax.set(xlabel="step", ylabel="chrF2", title="chrF2")
    _mark_best(ax, curves)


def _mark_best(ax: Any, curves: RunCurves) -> None:
    """Draw a line at the step whose adapter is kept."""
    step = curves.best.step
    label = f"best checkpoint, step {step}"
    ax.axvline(step, color="tab:green", linestyle=":", label=label)


def _draw_runs(left: Any, right: Any, runs: Sequence[RunCurves]) -> None:
    """Draw held-out chrF over the steps, and each run's best score by its trained parameters."""
    points = []
    for curves in runs:
        label = f"r = {curves.run.config.rank}"
        (line,) = left.plot(*curves.series("chrf"), label=label)
        point = (curves.plan.trainable, curves.best.chrf)
        right.plot(*point, "o", color=line.get_color())
        right.annotate(
            label,
            point,
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize="small",
        )
        points.append(point)
    sizes, scores = zip(*sorted(points), strict=True)
    right.plot(sizes, scores, color="0.7", zorder=0, label="best checkpoint")
    left.set(xlabel="step", ylabel="chrF2", title="Held-out pairs")
    right.set(xscale="log", xlabel="trained parameters", ylabel="chrF2", title="Rank")
