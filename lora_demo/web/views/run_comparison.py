"""Runs beside each other: their settings, scores and curves, and what more trained parameters brought."""

from collections.abc import Sequence
from dataclasses import fields
from html import escape

from lora_demo.data.sources import public_source
from lora_demo.formatting import format_count, format_duration
from lora_demo.service.run_history import time_of
from lora_demo.training.config import TrainConfig
from lora_demo.training.progress import RunProgress
from lora_demo.training.runs import Run
from lora_demo.web.views.elements import SCROLL
from lora_demo.web.views.plots import Series, plot, scatter, smoothed

MAX_RUNS = 6
SIZE = {"rank", "alpha", "targets"}
"""The settings by which runs may differ for it to be their size that tells."""
SETTINGS = [
    field.name for field in fields(TrainConfig) if field.name not in ("base", "revision", "name")
]


def comparison_html(runs: Sequence[Run], title: str = "Side by side") -> str:
    """Two or more runs: a table of what they are and reached, their curves, and trained parameters against chrF."""
    told = [(run, RunProgress.from_events(run.events())) for run in runs[:MAX_RUNS]]
    names = _names([run for run, _ in told])
    losses = [
        Series(
            f"{name}, eval", [(e.step, e.eval_loss) for e in story.evaluations], f"c{i}", dots=True
        )
        for i, (name, (_, story)) in enumerate(zip(names, told))
    ]
    trains = [
        Series(f"{name}, train", smoothed(story.losses), f"c{i} thin")
        for i, (name, (_, story)) in enumerate(zip(names, told))
    ]
    chrfs = [
        Series(name, [(e.step, e.chrf) for e in story.evaluations], f"c{i}", dots=True)
        for i, (name, (_, story)) in enumerate(zip(names, told))
    ]
    runs = [run for run, _ in told]
    taught = lesson([story for _, story in told], names) if _differing(runs).keys() <= SIZE else ""
    end = max([story.total_steps for _, story in told], default=1)
    points = [
        (name, story.plan.trainable, story.best.chrf, f"c{i}")
        for i, (name, (_, story)) in enumerate(zip(names, told))
        if story.plan and story.best
    ]
    return (
        f'<section class="comparison"><h2>{escape(title)}</h2><p class="verdict">{escape(taught)}</p>{_table(told, names)}{_differences(runs)}'
        f'<div class="plots three">{plot("Loss", [*trains, *losses], x_end=end)}{plot("Held-out chrF", chrfs, x_end=end)}{scatter("Trained parameters against best chrF", points)}</div></section>'
    )


def lesson(stories: Sequence[RunProgress], names: Sequence[str]) -> str:
    """What more trained parameters brought, and how much of it only on the trained pairs; empty before two sizes have been scored."""
    scored = {
        story.plan.trainable: (name, story)
        for name, story in zip(names, stories)
        if story.plan and story.best and story.best.step
    }
    if len(scored) < 2:
        return ""
    (few, (small, before)), (many, (large, after)) = min(scored.items()), max(scored.items())
    return (
        f"{large} trains {many / few:.3g} times the parameters of {small}: held-out chrF {before.best.chrf:.1f} → {after.best.chrf:.1f}. "
        f"Eval loss lies {_gap(after):+.2f} from train loss, with {small} {_gap(before):+.2f}: the wider that gap, the more is learned by heart."
    )


def _gap(story: RunProgress) -> float:
    """Eval loss less train loss, the latter smoothed, at the best step."""
    train = [loss for step, loss in smoothed(story.losses) if step <= story.best.step]
    return story.best.eval_loss - train[-1] if train else 0.0


def _names(runs: Sequence[Run]) -> list[str]:
    """What tells the runs apart: the rank, where all else is the same sweep; else name and time."""
    ranks = [f"r = {run.config.rank}" for run in runs]
    together = runs and all(run.sweep and run.sweep == runs[0].sweep for run in runs)
    names = ranks if together else [run.config.adapter_name for run in runs]
    return [
        name if names.count(name) == 1 else f"{name} ({time_of(run.id)})"
        for name, run in zip(names, runs)
    ]


def _table(told: Sequence[tuple[Run, RunProgress]], names: Sequence[str]) -> str:
    head = ("Trained", "Steps", "Best step", "Eval loss", "Train loss", "chrF", "Gain", "Time")
    rows = "".join(
        f'<tr><th scope="row" class="key c{i}">{escape(name)}</th>{"".join(f"<td>{cell}</td>" for cell in _cells(run, story))}</tr>'
        for i, (name, (run, story)) in enumerate(zip(names, told))
    )
    return f'{SCROLL.format("Runs side by side")}<table class="numbers"><thead><tr><th scope="col"><span class="unseen">Run</span></th>{"".join(f"<th scope=col>{cell}</th>" for cell in head)}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cells(run: Run, story: RunProgress) -> tuple[str, ...]:
    if not story.plan or not story.best:
        return (run.state, *"–" * 7)
    best, first = story.best, story.evaluations[0]
    train = f"{best.train_loss:.3f}" if best.train_loss is not None else "–"
    seconds = story.done.seconds if story.done else None
    return (
        format_count(story.plan.trainable),
        f"{story.step:,} of {story.total_steps:,}",
        f"{best.step:,}",
        f"{best.eval_loss:.3f}",
        train,
        f"<b>{best.chrf:.1f}</b>",
        f"{best.chrf - first.chrf:+.1f}",
        format_duration(seconds) if seconds else "–",
    )


def _differing(runs: Sequence[Run]) -> dict[str, list[str]]:
    """The settings in which they differ, and each run's."""
    values = {field: [_setting(run, field) for run in runs] for field in SETTINGS}
    return {field: found for field, found in values.items() if len(set(found)) > 1}


def _differences(runs: Sequence[Run]) -> str:
    """The settings in which they differ, in words."""
    differ = [
        f"<b>{field.replace('_', ' ')}</b> {' / '.join(escape(v) for v in found)}"
        for field, found in _differing(runs).items()
    ]
    return (
        f'<p class="small">{"They differ in " + "; ".join(differ) if differ else "Their settings are the same"}.</p>'
        if len(runs) > 1
        else ""
    )


def _setting(run: Run, field: str) -> str:
    value = public_source(run.config.data) if field == "data" else getattr(run.config, field)
    return (
        "–"
        if value is None
        else ", ".join(value)
        if isinstance(value, tuple)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
