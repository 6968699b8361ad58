"""A run as HTML: state, progress, curves, probe sentences, the command that repeats it."""

from html import escape

from lora_demo.formatting import format_count, format_duration
from lora_demo.service.run_history import public_command
from lora_demo.training.progress import RunProgress
from lora_demo.training.runs import Run
from lora_demo.web.views.marking import mark
from lora_demo.web.views.plots import Series, plot, smoothed

STATES = {
    "waiting": "In line",
    "starting": "Starting",
    "running": "Training",
    "stopping": "Stopping",
    "stopped": "Stopped",
    "done": "Finished",
    "failed": "Failed",
    "killed": "Interrupted",
}
NEXT = {
    "stopping": "It ends after this step and keeps the best so far.",
    "stopped": "The best so far is kept; resume goes on from here.",
    "killed": "Its process is gone; resume goes on from the last checkpoint.",
}
NEXT_ON_JOBS = {
    "stopping": "The Job is being cancelled.",
    "stopped": "The Job was cancelled.",
    "killed": "Nobody follows the Job at the moment; it may well go on: resume follows it further.",
}
EMPTY = '<div class="blank"><b>No run yet.</b><p>Choose data and a preset, then start. Curves and translations appear here as it learns; you may close the page meanwhile.</p></div>'


def run_html(run: Run, waiting: str = "", at_home: bool = False) -> str:
    """Everything about a run; `waiting` says where it stands in line, `at_home` is as in `public_command`."""
    progress, state = RunProgress.from_events(run.events()), run.state
    return (
        f'<div class="run" data-state="{state}">{_header(run, progress, state, waiting)}{_numbers(progress, state)}'
        f'<p class="verdict">{escape(progress.summary())}</p>{curves_html(progress)}{probes_html(progress)}{_command(public_command(run, at_home))}{_job(run)}</div>'
    )


def _header(run: Run, progress: RunProgress, state: str, waiting: str) -> str:
    after = (NEXT_ON_JOBS if run.job else NEXT).get(state)
    if run.job and state == "stopped" and progress.done:
        after = "The time of the Job was up; the best so far is kept."
    if state == "stopping" and not run.job and progress.phase != "train":
        after = f"It ends once this is done: {progress.message or 'Starting'}."
    if state == "stopped" and not run.job and not progress.step:
        after = "It was stopped before its first step; resume begins it."
    message = waiting or (
        run.message or after or _ending(progress)
        if state in ("failed", "done", *NEXT)
        else progress.message
    )
    busy = state in ("starting", "running", "stopping")
    bar = f'<div class="progress {"indefinite" if busy and not progress.step else ""}" role="progressbar" aria-label="Training" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{100 * progress.fraction:.0f}"><i style="width:{100 * progress.fraction:.1f}%"></i></div>'
    return f'<header><span class="state {state}">{STATES[state]}</span><b>{escape(run.config.adapter_name)}</b><span class="what">{escape(message)}</span></header>{bar}'


def _ending(progress: RunProgress) -> str:
    if not progress.done:
        return ""
    early = (
        " It stopped early, since eval loss no longer fell."
        if progress.done.reason == "early stopping"
        else ""
    )
    return f"{progress.done.steps} steps in {format_duration(progress.done.seconds)}.{early} Choose it in Compare."


def _numbers(progress: RunProgress, state: str) -> str:
    plan, last = progress.plan, progress.last_step
    left = format_duration(last.seconds_left) if last and state in ("running", "stopping") else "–"
    cells = (
        ("Step", f"{progress.step:,} of {progress.total_steps:,}" if plan else "–"),
        ("Time left", left),
        ("Tokens/s", f"{last.tokens_per_second:,.0f}" if last else "–"),
        ("Learning rate", f"{last.learning_rate:.2e}" if last else "–"),
        ("Trained", f"{format_count(plan.trainable)} · {plan.percent:.2g} %" if plan else "–"),
        ("Pairs", f"{plan.train_pairs:,} + {plan.eval_pairs:,}" if plan else "–"),
    )
    return (
        '<dl class="figures">'
        + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in cells)
        + "</dl>"
    )


def curves_html(progress: RunProgress) -> str:
    """Train and eval loss in one plot, chrF in another; the best step is marked in both."""
    evals, best = progress.evaluations, progress.best
    step = best.step if best and best.step else None
    loss = [
        Series("single batches", progress.losses, "faint"),
        Series("train loss", smoothed(progress.losses), "train"),
        Series("eval loss", [(e.step, e.eval_loss) for e in evals], "eval", dots=True),
    ]
    watched = {"trained pairs": "train_chrf", "the watched set": "watch_chrf"}
    chrf = [Series("held-out", [(e.step, e.chrf) for e in evals], "eval", dots=True)]
    chrf += [
        Series(
            name,
            [(e.step, getattr(e, key)) for e in evals if getattr(e, key) is not None],
            f"c{i} thin",
        )
        for i, (name, key) in enumerate(watched.items(), 1)
        if evals and getattr(evals[0], key) is not None
    ]
    rate = [Series("rate", progress.rates, "train")]
    end = progress.total_steps
    return f'<div class="plots three">{plot("Loss", loss, x_end=end, best=step)}{plot("chrF", chrf, x_end=end, best=step)}{plot("Rate", rate, x_end=end, best=step)}</div>'


def probes_html(progress: RunProgress) -> str:
    """The probe sentences: what the base said, what the newest evaluation says, with what differs marked."""
    if not progress.evaluations:
        return ""
    before, now = progress.evaluations[0].probes, progress.evaluations[-1].probes
    step = progress.evaluations[-1].step
    rows = "".join(
        f'<li><p class="source" lang="de">{escape(old.de)}</p><dl>'
        f"<dt>base</dt><dd>{escape(old.text)}</dd><dt>step {step}</dt><dd class=now>{mark(new.text, old.text)}</dd><dt>reference</dt><dd class=quiet>{escape(old.reference)}</dd></dl></li>"
        for old, new in zip(before, now)
    )
    return f'<section class="probes"><h2>Probe sentences</h2><p class="small">Never trained on. Translated again at each evaluation; what differs from the base is marked.</p><ol>{rows}</ol></section>'


def _command(command: str) -> str:
    return f'<section class="command"><h2>The same run in a terminal</h2><div class="code"><code>{escape(command)}</code><button type="button" class="copy" data-copy="{escape(command)}" aria-label="Copy the command">Copy</button></div></section>'


def _job(run: Run) -> str:
    """The Job of a run on Jobs, where the Hub shows it."""
    if "url" not in (run.job or {}):
        return ""
    url = escape(run.job["url"])
    return f'<p class="small">It trains on Hugging Face Jobs: {escape(run.job["flavor"])}, <a href="{url}" target="_blank" rel="noopener">{url}</a>.</p>'
