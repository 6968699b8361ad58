"""A run as HTML: state, progress, curves, probe sentences, and the command that repeats it."""

from html import escape

from lora_demo.formatting import format_count, format_duration
from lora_demo.language import N_, _, format_number, ngettext
from lora_demo.service.run_history import public_command
from lora_demo.training.events import Probe
from lora_demo.training.progress import RunProgress
from lora_demo.training.run import Run
from lora_demo.web.views.elements import copy_button, progress_bar
from lora_demo.web.views.marking import mark
from lora_demo.web.views.plots import Series, plot, smoothed
from lora_demo.web.views.run_steps import is_starting, steps_html
from lora_demo.web.views.terms import term_html, terms_line

STATES = {
    "waiting": N_("Waiting"),
    "starting": N_("Starting"),
    "running": N_("Training"),
    "stopping": N_("Stopping"),
    "stopped": N_("Stopped"),
    "done": N_("Finished"),
    "failed": N_("Failed"),
    "killed": N_("Interrupted"),
}
MESSAGES = {
    "stopping": N_("The run stops after this step and keeps the best adapter."),
    "stopped": N_("The best adapter is kept. Resume continues from here."),
    "killed": N_("The process ended unexpectedly. Resume continues from the last checkpoint."),
}
JOB_MESSAGES = {
    "stopping": N_("The Job is being cancelled."),
    "stopped": N_("The Job was cancelled."),
    "killed": N_(
        "The Job is not followed at the moment and may still run. Resume follows it again."
    ),
}
EMPTY = (
    N_("No run yet."),
    N_(
        "Choose data and a preset, then start. Curves and translations appear here during "
        "training. You can close this page meanwhile."
    ),
)
UNKNOWN = "–"
FIGURES = {
    N_("Step"): "step",
    N_("Time left"): "",
    N_("Tokens/s"): "token",
    N_("Learning rate"): "learning rate",
    N_("Trained"): "parameter",
    N_("Pairs"): "pair",
}
"""The numbers of a run in their order, each with the term that explains it."""
CURVE_TERMS = ("loss", "chrF", "held-out", "everyday sentences", "overfitting")


def run_html(run: Run, waiting: str = "", show_paths: bool = False, base: str = "") -> str:
    """Render a run.

    Args:
        run: The run.
        waiting: Its place in the queue, in words; empty for a run that does not wait.
        show_paths: As in `public_command`.
        base: Name of the run's base if it is not the page's own.
    """
    progress, state = RunProgress.from_events(run.events()), run.state
    parts = (
        _header_html(run, progress, state, waiting, base),
        _start_html(run, progress) if is_starting(progress, state) else "",
        _results_html(progress, state) if progress.step else "",
        _command_html(public_command(run, show_paths)),
        _job_html(run),
    )
    return f'<div class="run" data-state="{state}">{"".join(parts)}</div>'


def _start_html(run: Run, progress: RunProgress) -> str:
    """Render the steps until training begins, the plan and the base's score once they are known."""
    numbers = _numbers_html(progress, run.state) if progress.plan else ""
    verdict = f'<p class="verdict">{escape(progress.summary())}</p>'
    return f"{steps_html(run, progress)}{numbers}{verdict}"


def _results_html(progress: RunProgress, state: str) -> str:
    """Render numbers, curves and translations, which a run has from its first step on."""
    parts = (
        _numbers_html(progress, state),
        f'<p class="verdict">{escape(progress.summary())}</p>',
        curves_html(progress),
        terms_line(CURVE_TERMS),
        probes_html(progress),
        _scores_html(progress),
    )
    return "".join(parts)


def _header_html(run: Run, progress: RunProgress, state: str, waiting: str, base: str) -> str:
    has_not_begun = is_starting(progress, state)
    message = waiting or _message(run, progress, state)
    on_base = f"<span>{_('on {base}', base=escape(base))}</span>" if base else ""
    return (
        f'<header><span class="state {state}">{_(STATES[state])}</span>'
        f"<b>{escape(run.config.adapter_name)}</b>{on_base}"
        f'<span class="what">{escape(message)}</span></header>'
        f"{progress_bar(_('Training'), 100 * progress.fraction, has_not_begun)}"
    )


def _message(run: Run, progress: RunProgress, state: str) -> str:
    """Describe the present work of a run, or its end and the next action."""
    if state not in ("failed", "done", *MESSAGES):
        return progress.message
    if run.message:
        return _(run.message)
    if state not in MESSAGES:
        return _ending_message(progress)
    return _job_message(progress, state) if run.job else _local_message(progress, state)


def _job_message(progress: RunProgress, state: str) -> str:
    if state == "stopped" and progress.done:
        return _("The Job reached its time limit. The best adapter is kept.")
    return _(JOB_MESSAGES[state])


def _local_message(progress: RunProgress, state: str) -> str:
    if state == "stopping" and progress.phase != "train":
        return _(
            "The run stops when this is done: {message}.", message=progress.message or _("Starting")
        )
    if state == "stopped" and not progress.step:
        return _("The run was stopped before its first step. Resume starts it.")
    return _(MESSAGES[state])


def _ending_message(progress: RunProgress) -> str:
    done = progress.done
    if not done:
        return ""
    time = format_duration(done.seconds)
    if done.reason == "early stopping":
        return ngettext(
            "{count} step in {time}. Training stopped early, because the held-out loss no longer "
            "fell. Choose the adapter in Compare.",
            "{count} steps in {time}. Training stopped early, because the held-out loss no longer "
            "fell. Choose the adapter in Compare.",
            done.steps,
            time=time,
        )
    return ngettext(
        "{count} step in {time}. Choose the adapter in Compare.",
        "{count} steps in {time}. Choose the adapter in Compare.",
        done.steps,
        time=time,
    )


def _numbers_html(progress: RunProgress, state: str) -> str:
    cells = _plan_cells(progress) | _step_cells(progress, state)
    items = "".join(
        f"<div><dt>{term_html(term, _(name)) if term else _(name)}</dt><dd>{cells[name]}</dd></div>"
        for name, term in FIGURES.items()
    )
    return f'<dl class="figures">{items}</dl>'


def _plan_cells(progress: RunProgress) -> dict[str, str]:
    plan = progress.plan
    if not plan:
        return dict.fromkeys(("Step", "Trained", "Pairs"), UNKNOWN)
    return {
        "Step": _(
            "{step:,} of {total_steps:,}", step=progress.step, total_steps=progress.total_steps
        ),
        "Trained": f"{format_count(plan.trainable)} · {_('{percent:.2g}%', percent=plan.percent)}",
        "Pairs": _("{train:,} + {held_out:,}", train=plan.train_pairs, held_out=plan.eval_pairs),
    }


def _step_cells(progress: RunProgress, state: str) -> dict[str, str]:
    last = progress.last_step
    if not last:
        return dict.fromkeys(("Time left", "Tokens/s", "Learning rate"), UNKNOWN)
    is_training = state in ("running", "stopping")
    return {
        "Time left": format_duration(last.seconds_left) if is_training else UNKNOWN,
        "Tokens/s": format_number(last.tokens_per_second, ",.0f"),
        "Learning rate": format_number(last.learning_rate, ".2e"),
    }


def curves_html(progress: RunProgress) -> str:
    """Plot loss, chrF and learning rate over the steps; the best step is marked.

    Args:
        progress: The run so far.
    """
    best = progress.best
    best_step = best.step if best and best.step else None
    plots = (
        (_("Loss"), _("per token"), _loss_curves(progress)),
        ("chrF", "chrF2", _chrf_curves(progress)),
        (
            _("Rate"),
            _("learning rate"),
            [Series(_("rate"), progress.curve("learning_rate"), "train")],
        ),
    )
    html = [
        plot(title, series, x_end=progress.total_steps, best=best_step, unit=unit)
        for title, unit, series in plots
    ]
    return f'<div class="plots wide-first">{"".join(html)}</div>'


def _loss_curves(progress: RunProgress) -> list[Series]:
    losses = progress.curve("loss")
    return [
        Series(_("single batches"), losses, "faint"),
        Series(_("train loss"), smoothed(losses), "train"),
        Series(_("held-out loss"), progress.curve("eval_loss"), "eval", dots=True),
    ]


def _chrf_curves(progress: RunProgress) -> list[Series]:
    """Return chrF on held-out pairs and everyday sentences, and of what else was measured."""
    everyday = progress.curve("everyday_chrf")
    trained = progress.curve("train_chrf")
    watched = progress.curve("watch_chrf")
    curves = [Series(_("held-out"), progress.curve("chrf"), "eval", dots=True)]
    if everyday:
        curves.append(Series(_("everyday"), everyday, "c3", dots=True))
    if trained:
        curves.append(Series(_("trained pairs"), trained, "c1 thin"))
    if watched:
        curves.append(Series(_("second set"), watched, "c2 thin"))
    return curves


def probes_html(progress: RunProgress) -> str:
    """Render the probe sentences: translations at the start and now, and the reference.

    Args:
        progress: The run so far.
    """
    if not progress.evaluations:
        return ""
    first, last = progress.evaluations[0], progress.evaluations[-1]
    # Events come from a file: the two lists may differ in length.
    pairs = zip(first.probes, last.probes, strict=False)
    start = _("base") if first.base_chrf is None else _("start")
    rows = "".join(_probe_html(old, new, last.step, start) for old, new in pairs)
    has_own = any(not probe.reference for probe in last.probes)
    own = _("Your own sentences are first. They have no reference.") if has_own else ""
    return (
        '<section class="probes"><h2>'
        + _("Probe sentences")
        + '</h2><p class="small">'
        + _(
            "Sentences from the data are never used for training. All are translated again at each "
            "evaluation; words that differ from the {start} are marked.",
            start=start,
        )
        + f" {own}</p><ol>{rows}</ol></section>"
    )


def _probe_html(old: Probe, new: Probe, step: int, start: str) -> str:
    return (
        f'<li><p class="source" lang="de">{escape(old.de)}</p><dl><dt>{start}</dt><dd>'
        f"{escape(old.text)}</dd><dt>"
        + _("step {step}", step=step)
        + f"</dt><dd class=now>{mark(new.text, old.text)}</dd>{_reference_html(old)}</dl></li>"
    )


def _reference_html(probe: Probe) -> str:
    """Render the reference; a visitor's own sentence has none."""
    if not probe.reference:
        return ""
    return f"<dt>{_('reference')}</dt><dd class=quiet>{escape(probe.reference)}</dd>"


def _scores_html(progress: RunProgress) -> str:
    """Render a table of the scores of base, start and best adapter; empty without a parent."""
    best = progress.best
    if best is None or progress.evaluations[0].base_chrf is None:
        return ""
    start = progress.evaluations[0]
    rows = (
        (_("base"), start.base_chrf, start.base_everyday_chrf),
        (_("start"), start.chrf, start.everyday_chrf),
        (_("step {step}", step=best.step), best.chrf, best.everyday_chrf),
    )
    cells = "".join(
        f'<tr><th scope="row">{name}</th><td>{_score(held_out)}</td>'
        f"<td>{_score(everyday)}</td></tr>"
        for name, held_out, everyday in rows
    )
    return (
        "<section><h2>"
        + _("Base, start and adapter")
        + '</h2><table><thead><tr><th scope="col">'
        + "chrF"
        + '</th><th scope="col">'
        + _("held-out pairs")
        + '</th><th scope="col">'
        + _("everyday sentences")
        + f"</th></tr></thead><tbody>{cells}</tbody></table></section>"
    )


def _score(value: float | None) -> str:
    return UNKNOWN if value is None else format_number(value, ".1f")


def _command_html(command: str) -> str:
    return (
        '<section class="command"><h2>'
        + _("The same run in a terminal")
        + f'</h2><div class="code"><code>{escape(command)}</code>'
        f"{copy_button(command, _('Copy the command'))}</div></section>"
    )


def _job_html(run: Run) -> str:
    """Link the Job of a run on the Hub."""
    job = run.job
    if not job or "url" not in job:
        return ""
    flavor, url = escape(job["flavor"]), escape(job["url"])
    link = f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'
    return (
        '<p class="small">'
        + _("It trains on Hugging Face Jobs ({flavor}): {link}.", flavor=flavor, link=link)
        + "</p>"
    )
