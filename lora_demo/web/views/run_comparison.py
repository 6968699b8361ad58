"""Runs side by side: settings, scores and curves, and the effect of more trained parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from html import escape
from typing import Any

from lora_demo.data.sources import public_source
from lora_demo.formatting import format_count, format_duration
from lora_demo.language import N_, _, format_number
from lora_demo.service.run_history import time_of
from lora_demo.training.config import TrainConfig
from lora_demo.training.parent import find_copy
from lora_demo.training.progress import RunProgress
from lora_demo.training.run import Run
from lora_demo.web.views.elements import SCROLL
from lora_demo.web.views.plots import ScatterPoint, Series, plot, scatter, smoothed
from lora_demo.web.views.run_view import STATES
from lora_demo.web.views.setting_names import setting_name, setting_value

MAX_RUNS = 6
SIZE_SETTINGS = {"rank", "alpha", "targets"}
"""Settings that change the size of an adapter."""
NOT_COMPARED = ("revision", "name", "parent_sha256")
SETTINGS = [field.name for field in fields(TrainConfig) if field.name not in NOT_COMPARED]
SOURCES = ("base", "data", "watch", "replay_data")
"""Settings that can be paths of this machine."""
COLUMNS = (
    N_("Trained"),
    N_("Steps"),
    N_("Best step"),
    N_("Held-out loss"),
    N_("Train loss"),
    "chrF",
    N_("Gain"),
    N_("Everyday"),
    N_("Time"),
)
UNKNOWN = "–"


@dataclass(frozen=True)
class ComparedRun:
    """A run with its label and its colour.

    Args:
        run: The run.
        progress: The run so far.
        name: A label that no other compared run has.
        style: Class of its color in the style sheet.
    """

    run: Run
    progress: RunProgress
    name: str
    style: str


def comparison_html(runs: Sequence[Run], title: str = "") -> str:
    """Render two or more runs: a table, the curves, and trained parameters against chrF.

    Args:
        runs: The runs; only the first `MAX_RUNS` are shown.
        title: The heading; empty for "Side by side".
    """
    compared = _compared(runs[:MAX_RUNS])
    differing = _differing_settings([each.run for each in compared])
    lesson = size_lesson(compared) if differing.keys() <= SIZE_SETTINGS else ""
    return (
        f'<section class="comparison"><h2>{escape(title or _("Side by side"))}</h2>'
        f'<p class="verdict">{escape(lesson)}</p>{_table_html(compared)}'
        f"{_differences_html(differing) if len(compared) > 1 else ''}"
        f'<div class="plots wide-first">{_plots_html(compared)}</div></section>'
    )


def _compared(runs: Sequence[Run]) -> list[ComparedRun]:
    return [
        ComparedRun(run, RunProgress.from_events(run.events()), name, f"c{number}")
        for number, (run, name) in enumerate(zip(runs, _names(runs), strict=True))
    ]


def _names(runs: Sequence[Run]) -> list[str]:
    """Name runs of one sweep by rank, others by their adapters; add the time to equal names."""
    by_rank = _are_one_sweep(runs) and len({run.config.rank for run in runs}) == len(runs)
    names = [f"r = {run.config.rank}" if by_rank else run.config.adapter_name for run in runs]
    return [
        name if names.count(name) == 1 else f"{name} ({time_of(run.id)})"
        for name, run in zip(names, runs, strict=True)
    ]


def _are_one_sweep(runs: Sequence[Run]) -> bool:
    return all(run.sweep and run.sweep == runs[0].sweep for run in runs)


def size_lesson(compared: Sequence[ComparedRun]) -> str:
    """Describe the effect of more trained parameters on held-out chrF and overfitting.

    Args:
        compared: Runs that differ only in the size of their adapters.

    Returns:
        Some sentences; empty before two sizes have been scored.
    """
    scored = {
        each.progress.plan.trainable: each
        for each in compared
        # Step 0 is the untrained start.
        if each.progress.plan and each.progress.best and each.progress.best.step > 0
    }
    if len(scored) < 2:
        return ""
    (few, small), (many, large) = min(scored.items()), max(scored.items())
    return _(
        "{large} trains {times:.3g} times as many parameters as {small}. Held-out chrF: "
        "{small_chrf:.1f} for {small} and {large_chrf:.1f} for {large}. Held-out loss minus train "
        "loss: {small_gap:+.2f} for {small} and {large_gap:+.2f} for {large}. A wider gap means "
        "more overfitting.",
        large=large.name,
        small=small.name,
        times=many / few,
        small_chrf=_best_chrf(small),
        large_chrf=_best_chrf(large),
        small_gap=_loss_gap(small.progress),
        large_gap=_loss_gap(large.progress),
    )


def _best_chrf(compared: ComparedRun) -> float:
    best = compared.progress.best
    return best.chrf if best else 0.0


def _loss_gap(progress: RunProgress) -> float:
    """Return eval loss minus smoothed train loss at the best step."""
    best = progress.best
    if not best:
        return 0.0
    train = [loss for step, loss in smoothed(progress.curve("loss")) if step <= best.step]
    return best.eval_loss - train[-1] if train else 0.0


def _table_html(compared: Sequence[ComparedRun]) -> str:
    head = "".join(f"<th scope=col>{_(cell)}</th>" for cell in COLUMNS)
    rows = "".join(_row_html(each) for each in compared)
    return (
        f'{SCROLL.format(_("Runs side by side"))}<table class="numbers"><thead><tr><th scope="col">'
        '<span class="unseen">'
        + _("Run")
        + f"</span></th>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row_html(compared: ComparedRun) -> str:
    cells = "".join(f"<td>{cell}</td>" for cell in _cells(compared.run, compared.progress))
    name = escape(compared.name)
    return f'<tr><th scope="row" class="key {compared.style}">{name}</th>{cells}</tr>'


def _cells(run: Run, progress: RunProgress) -> tuple[str, ...]:
    best = progress.best
    if not progress.plan or not best:
        return (_(STATES[run.state]).lower(), *(len(COLUMNS) - 1) * (UNKNOWN,))
    gain = best.chrf - progress.evaluations[0].chrf
    return (
        format_count(progress.plan.trainable),
        _("{step:,} of {total_steps:,}", step=progress.step, total_steps=progress.total_steps),
        format_number(best.step, ","),
        format_number(best.eval_loss, ".3f"),
        format_number(best.train_loss, ".3f") if best.train_loss is not None else UNKNOWN,
        f"<b>{format_number(best.chrf, '.1f')}</b>",
        format_number(gain, "+.1f"),
        format_number(best.everyday_chrf, ".1f") if best.everyday_chrf is not None else UNKNOWN,
        format_duration(progress.done.seconds) if progress.done else UNKNOWN,
    )


def _plots_html(compared: Sequence[ComparedRun]) -> str:
    train, evaluation, chrf = [], [], []
    for each in compared:
        losses = each.progress.curve("eval_loss")
        scores = each.progress.curve("chrf")
        smooth = smoothed(each.progress.curve("loss"))
        train.append(Series(_("{name}, train", name=each.name), smooth, f"{each.style} thin"))
        evaluation.append(
            Series(_("{name}, held-out", name=each.name), losses, each.style, dots=True)
        )
        chrf.append(Series(each.name, scores, each.style, dots=True))
    end = max([each.progress.total_steps for each in compared], default=1)
    points = [
        ScatterPoint(each.name, each.progress.plan.trainable, _best_chrf(each), each.style)
        for each in compared
        if each.progress.plan and each.progress.best
    ]
    return (
        plot(_("Loss"), [*train, *evaluation], x_end=end, unit=_("per token"))
        + plot(_("Held-out chrF"), chrf, x_end=end, unit="chrF2")
        + scatter(_("Trained parameters against best chrF"), points)
    )


def _differing_settings(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Return the settings in which the runs differ, with each run's value."""
    values = {name: [_setting(run, name) for run in runs] for name in SETTINGS}
    return {name: of_runs for name, of_runs in values.items() if len(set(of_runs)) > 1}


def _differences_html(differing: dict[str, list[str]]) -> str:
    if not differing:
        return '<p class="small">' + _("Their settings are the same.") + "</p>"
    parts = [
        f"<b>{setting_name(name)}</b> {' / '.join(map(escape, values))}"
        for name, values in differing.items()
    ]
    return '<p class="small">' + _("They differ in {settings}.", settings="; ".join(parts)) + "</p>"


def _setting(run: Run, name: str) -> str:
    value: Any = getattr(run.config, name)
    if value is None:
        return UNKNOWN
    if name in SOURCES:
        return public_source(value)
    if name == "parent":
        copy = find_copy(run.folder)
        return copy.name if copy else UNKNOWN
    return setting_value(name, value)
