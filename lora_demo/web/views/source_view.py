"""A look into a source of pairs, and what a run on it will take, as HTML."""

import time
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lora_demo.data.pairs import Pair
from lora_demo.data.preview import Preview
from lora_demo.formatting import format_count, format_duration, format_size
from lora_demo.model.parameters import count_adapter
from lora_demo.service.trainings import Trainings
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import TrainRequest
from lora_demo.training.speed import Estimate

SHOWN = 160
MAX_PREVIEW_LENGTH = 480


def preview_html(preview: Preview, max_length: int) -> str:
    """Counts, the first pairs, lengths, and what looks wrong."""
    return f'<div class="look">{_counts(preview)}{_pairs(preview.first)}{_histogram(preview, max_length)}{_warnings(preview, max_length)}</div>'


def _counts(preview: Preview) -> str:
    held = f"{preview.eval:,} held out to watch" + (
        f", {preview.test:,} kept for the test" if preview.test else ""
    )
    doubles = f" {preview.doubles:,} doubles are dropped." if preview.doubles else " No doubles."
    total = preview.train + preview.eval + preview.test
    return f'<p class="small"><b>{total:,} pairs</b>: {preview.train:,} to train on, {held}.{doubles}</p>'


def _pairs(pairs: Sequence[Pair]) -> str:
    rows = "".join(
        f'<tr><td lang="de" title="{escape(de[:500])}">{escape(de[:SHOWN])}</td><td lang="en" title="{escape(en[:500])}">{escape(en[:SHOWN])}</td></tr>'
        for de, en in pairs
    )
    return f'<table class="pairs"><thead><tr><th scope="col">German</th><th scope="col">English</th></tr></thead><tbody>{rows}</tbody></table>'


def _histogram(preview: Preview, max_length: int) -> str:
    bins = preview.histogram
    highest = max(count for _, _, count in bins)
    bars = "".join(
        f'<i style="height:{100 * count / highest:.1f}%" {"class=cut" if low > max_length else ""} title="{low} to {high} tokens: {count:,} pairs"></i>'
        for low, high, count in bins
    )
    median = sorted(preview.lengths)[len(preview.lengths) // 2]
    spoken = f"Tokens of a pair: {median} at the median, {max(preview.lengths)} at most"
    looked = (
        ""
        if preview.looked_at == preview.train
        else f" (of {preview.looked_at:,} pairs from all over it)"
    )
    batches, shape = (
        "1 batch" if preview.batches == 1 else f"{preview.batches:,} batches",
        preview.shape,
    )
    return (
        f'<figure class="lengths" role="img" aria-label="{spoken}"><div>{bars}</div><figcaption><span>1</span><span>{bins[-1][1]} tokens</span></figcaption></figure>'
        f'<p class="small">{spoken}{looked}. {_share(preview.cut, preview.looked_at)} cut at {max_length}; {100 * preview.padding:.0f} % of what is computed is padding ({batches} an epoch; several pairs share a row of {shape.source} + {shape.target} tokens).</p>'
    )


def _share(part: int, whole: int) -> str:
    return "None is" if not part else f"{part:,} ({100 * part / whole:.2g} %) are"


def _warnings(preview: Preview, max_length: int) -> str:
    notes = []
    if preview.swapped:
        notes.append(
            _example(
                f"{len(preview.swapped):,} look swapped, English where German belongs",
                preview.swapped[0],
            )
        )
    if preview.untranslated:
        notes.append(
            _example(f"{len(preview.untranslated):,} look untranslated", preview.untranslated[0])
        )
    if preview.cut > preview.looked_at / 20:
        notes.append(
            f"Many pairs are longer than {max_length} tokens and lose their ends: raise the longest sentence, or split them."
        )
    return "".join(f'<p class="warning">{note}</p>' for note in notes)


def _example(what: str, pair: Pair) -> str:
    return f"{what}: <q>{escape(pair[0][:80])}</q> / <q>{escape(pair[1][:80])}</q>"


def estimate_html(
    configs: Sequence[TrainConfig], estimates: Sequence[Estimate | None], trainable: Sequence[int]
) -> str:
    """Trained parameters, time and memory of a run or a sweep, and what that is known from."""
    weights = ", ".join(f"r = {c.rank}: {format_count(n)}" for c, n in zip(configs, trainable))
    if None in estimates:
        return f'<p class="small estimate">{weights} trained parameters. No run of this base was measured on this machine yet, so there is no estimate; the run measures itself before its first step.</p>'
    seconds, first = sum(e.seconds for e in estimates), estimates[0]
    steps = f"{first.steps:,} steps" + (" each" if len(estimates) > 1 else "")
    basis = first.basis
    return (
        f'<p class="small estimate"><b>About {format_duration(seconds)}</b> from start to end: {steps} of {1000 * first.step_seconds:.0f} ms, {format_duration(basis.start_seconds)} until the first. '
        f"{weights} trained parameters. Its process took up to {format_size(basis.peak_bytes)}.<br>"
        f"By a run of {', '.join(basis.targets)}, r = {basis.rank}, {basis.rows} pairs a step, measured here {format_duration(time.time() - basis.time)} ago; others at work make it slower.</p>"
    )


def preview_and_estimate_html(
    trainings: Trainings, source: str, values: Mapping[str, Any]
) -> tuple[str, str]:
    """Render a preview of a source, and an estimate of a run on it.

    Args:
        trainings: makes and estimates runs.
        source: source of the pairs.
        values: the values of the form, by the names of the settings.

    Returns:
        The preview, and the estimate or what is wrong with the values.

    Raises:
        ValueError: if the source cannot be read.
    """
    batch_size = _whole_number(values.get("batch_size"), 1) or 16
    max_length = _whole_number(values.get("max_length"), 8) or 128
    max_pairs = _whole_number(values.get("max_pairs"), 0) or None
    preview = trainings.previews.preview(
        source, batch_size, min(max_length, MAX_PREVIEW_LENGTH), max_pairs
    )
    html = preview_html(preview, max_length)
    try:
        configs = trainings.local_configs(TrainRequest.from_mapping(values), source)
        estimates = [trainings.previews.estimate(config) for config in configs]
        counts = [count_adapter(trainings.model, c.rank, c.targets).trainable for c in configs]
        return html, estimate_html(configs, estimates, counts)
    except ValueError as error:
        return html, f'<p class="warning">{escape(str(error))}</p>'


def _whole_number(value: Any, low: int) -> int | None:
    """Return a whole number of the form, or None if it is something else."""
    is_whole = isinstance(value, (int, float)) and float(value).is_integer() and value >= low
    return int(value) if is_whole else None
