"""Figures of finished runs: one run's losses and scores over its steps, or several runs by their trained parameters."""

from collections.abc import Sequence
from pathlib import Path

from lora_demo.training.events import EvalEvent, PlanEvent
from lora_demo.training.progress import RunProgress
from lora_demo.training.runs import Run

SUFFIXES = (".svg", ".png")
SCORES = {"train_chrf": "trained pairs", "chrf": "held-out pairs", "watch_chrf": "{watch}"}


def draw(folders: Sequence[Path], output: Path):
    """Draws a figure into an .svg or .png file.

    Raises:
        ValueError: if a folder is no run with an evaluation, or the file is of another kind.
    """
    if output.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{output} is no {' or '.join(SUFFIXES)} file.")
    runs = [_read(Path(folder)) for folder in folders]
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, 2)
    _one(axes, *runs[0]) if len(runs) == 1 else _many(axes, runs)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(alpha=0.25)
        ax.legend(frameon=False, fontsize="small")
    output.parent.mkdir(parents=True, exist_ok=True)
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(
            output, dpi=150, metadata={"Date": None} if output.suffix.lower() == ".svg" else None
        )


def _read(folder: Path):
    """A run, what it planned and its evaluations."""
    run = Run(folder)
    progress = RunProgress.from_events(run.events())
    plan, evals = progress.plan, progress.evaluations
    if not plan or len(evals) < 2:
        raise ValueError(f"{folder} is no run folder with two evaluations or more.")
    return run, plan, evals


def _one(axes, run: Run, plan: PlanEvent, evals: Sequence[EvalEvent]):
    """Loss and chrF over the steps; a line marks the best checkpoint, the one that is kept."""
    column = lambda name: (
        [e.step for e in evals if getattr(e, name) is not None],
        [getattr(e, name) for e in evals if getattr(e, name) is not None],
    )
    axes[0].plot(*column("train_loss"), color="0.6", label="training batch")
    axes[0].plot(*column("eval_loss"), color="tab:blue", label="held-out pairs")
    axes[0].set(xlabel="step", ylabel="loss", title="Loss")
    for (name, label), color in zip(SCORES.items(), ("0.6", "tab:blue", "tab:orange")):
        if column(name)[0]:
            axes[1].plot(*column(name), color=color, label=label.format(watch=run.config.watch))
    axes[1].set(xlabel="step", ylabel="chrF2", title="chrF2")
    best = min(evals, key=lambda e: e.eval_loss)
    for ax in axes:
        ax.axvline(
            best.step,
            color="tab:green",
            linestyle=":",
            label=f"best checkpoint, step {best.step}",
        )


def _many(axes, runs):
    """Held-out chrF over the steps for each run, and each run's best by what it trained."""
    points = []
    for run, plan, evals in runs:
        best = min(evals, key=lambda e: e.eval_loss)
        (line,) = axes[0].plot(
            [e.step for e in evals], [e.chrf for e in evals], label=f"r = {run.config.rank}"
        )
        axes[1].plot(plan.trainable, best.chrf, "o", color=line.get_color())
        axes[1].annotate(
            f"r = {run.config.rank}",
            (plan.trainable, best.chrf),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize="small",
        )
        points.append((plan.trainable, best.chrf))
    axes[1].plot(*zip(*sorted(points)), color="0.7", zorder=0, label="best checkpoint")
    axes[0].set(xlabel="step", ylabel="chrF2", title="Held-out pairs")
    axes[1].set(xscale="log", xlabel="trained parameters", ylabel="chrF2", title="Rank")
