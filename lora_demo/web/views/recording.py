"""Recorded runs over their steps: a slider moves curves, scores and probe sentences.

`scripts/recording.js` moves them: everything of each step is in the page, and one step is shown.
"""

from collections.abc import Sequence
from html import escape

from lora_demo.language import N_, _, format_number
from lora_demo.service.lessons.recordings import evaluated_steps, evaluation_at
from lora_demo.training.events import EvalEvent
from lora_demo.training.progress import RunProgress
from lora_demo.web.views.marking import mark
from lora_demo.web.views.plots import Series, plot, smoothed
from lora_demo.web.views.terms import term_html

NamedRun = tuple[str, RunProgress]
"""The name of a run in the lesson, and the run."""
CHRF_TITLE = N_("chrF (dashed: everyday)")
UNKNOWN = "–"


def recording_html(runs: Sequence[NamedRun], goal: int | None = None) -> str:
    """Render recorded runs at their first step, and all other steps hidden.

    Args:
        runs: The runs, each with at least one evaluation.
        goal: The step that the visitor is asked to reach; the script reports it once.
    """
    steps = evaluated_steps(run for _label, run in runs)
    end = last_step(runs)
    shown = "".join(
        f'<div data-step="{step}"{" hidden" * (place > 0)}>{_scores_html(runs, step)}'
        f"{_probes_html(runs, step)}</div>"
        for place, step in enumerate(steps)
    )
    loss_plot = plot(_("Loss"), _loss_curves(runs), x_end=end, unit=_("per token"))
    goal_attribute = "" if goal is None else f' data-goal="{goal}"'
    value = _("step {step}", step=steps[0])
    return (
        f'<div class="scrubber" data-end="{end}"{goal_attribute}><label>'
        + _("Step")
        + f' <output>{steps[0]}</output><input type="range" min="0" max="{len(steps) - 1}" '
        f'value="0" aria-label="{_("Training step")}" aria-valuetext="{value}"></label>'
        f'<div class="plots" style="--at:{100 * steps[0] / end:.2f}%">'
        f"{loss_plot}"
        f"{plot(_(CHRF_TITLE), _chrf_curves(runs), x_end=end)}</div>{shown}</div>"
    )


def last_step(runs: Sequence[NamedRun]) -> int:
    """Return the last step of all runs, at least 1: the end of the curves.

    Args:
        runs: The runs, each with at least one evaluation.
    """
    ends = [max(run.total_steps, run.step, run.evaluations[-1].step) for _label, run in runs]
    return max(1, *ends)


def _loss_curves(runs: Sequence[NamedRun]) -> list[Series]:
    """Return held-out loss of each run; of a single run also the loss of its training pairs."""
    curves = [
        Series(_("{label}, held-out", label=label), run.curve("eval_loss"), f"c{number}", dots=True)
        for number, (label, run) in enumerate(runs)
    ]
    if len(runs) == 1:
        curves.append(Series(_("trained pairs"), smoothed(runs[0][1].curve("loss")), "train"))
    return curves


def _chrf_curves(runs: Sequence[NamedRun]) -> list[Series]:
    """Return chrF of each run on held-out pairs, and dashed, on everyday sentences."""
    curves = []
    for number, (label, run) in enumerate(runs):
        curves.append(
            Series(_("{label}, held-out", label=label), run.curve("chrf"), f"c{number}", dots=True)
        )
        everyday = run.curve("everyday_chrf")
        if everyday:
            curves.append(Series(_("{label}, everyday", label=label), everyday, f"c{number} thin"))
    return curves


def _scores_html(runs: Sequence[NamedRun], step: int) -> str:
    """Render the scores of each run at a step."""
    heads = (
        _("{loss}, trained", loss=term_html("loss", _("Loss"))),
        _("Loss, {held_out}", held_out=term_html("held-out")),
        _("{chrf}, held-out", chrf=term_html("chrF")),
        _("chrF, {everyday}", everyday=term_html("everyday sentences", _("everyday"))),
    )
    rows = "".join(
        f'<tr><th scope="row" class="key c{number}">{escape(label)}</th>'
        f"{_score_cells(evaluation_at(run, step))}</tr>"
        for number, (label, run) in enumerate(runs)
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_("Scores at this step")}">'
        f'<table class="numbers"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody>'
        "</table></div>"
    )


def _score_cells(event: EvalEvent) -> str:
    scores = (
        (event.train_loss, 3),
        (event.eval_loss, 3),
        (event.chrf, 1),
        (event.everyday_chrf, 1),
    )
    return "".join(
        f"<td>{UNKNOWN if value is None else format_number(value, f'.{digits}f')}</td>"
        for value, digits in scores
    )


def _probes_html(runs: Sequence[NamedRun], step: int) -> str:
    """Render the probe sentences at a step; words that differ from the start are marked."""
    first = runs[0][1].evaluations[0]
    items = "".join(_probe_html(runs, step, number) for number in range(len(first.probes)))
    return (
        f'<section class="probes"><h2>{term_html("probe sentences", _("Probe sentences"))}</h2><p '
        'class="small">'
        + _("Words that differ from the start are marked.")
        + f"</p><ol>{items}</ol></section>"
    )


def _probe_html(runs: Sequence[NamedRun], step: int, number: int) -> str:
    start = runs[0][1].evaluations[0].probes[number]
    rows = "".join(
        f'<dt>{escape(label)}</dt><dd class="now">{_translation(run, step, number)}</dd>'
        for label, run in runs
    )
    return (
        f'<li><p class="source" lang="de">{escape(start.de)}</p><dl>{rows}<dt>'
        + _("reference")
        + f'</dt><dd class="quiet">{escape(start.reference)}</dd></dl></li>'
    )


def _translation(run: RunProgress, step: int, number: int) -> str:
    """Return a run's translation at a step, marked; runs may have fewer probe sentences."""
    then, start = evaluation_at(run, step).probes, run.evaluations[0].probes
    if number >= min(len(then), len(start)):
        return UNKNOWN
    return mark(then[number].text, start[number].text)
