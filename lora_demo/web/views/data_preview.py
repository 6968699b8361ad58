"""A preview of pairs, and an estimate of a run on them, as HTML."""

import time
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from lora_demo.checkpoints.adapter_places import list_some
from lora_demo.data.pairs import Pair
from lora_demo.data.preview import Preview
from lora_demo.formatting import format_count, format_duration, format_size
from lora_demo.language import _, ngettext
from lora_demo.model.checks import is_number
from lora_demo.model.parameters import Adaptation, count_adapter
from lora_demo.service.trainings import Trainings
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import TrainRequest
from lora_demo.training.speed import Estimate

MAX_SHOWN_CHARACTERS = 160
MAX_TITLE_CHARACTERS = 500
MAX_EXAMPLE_CHARACTERS = 80
MAX_PREVIEW_LENGTH = 480
"""Tokens per sentence up to which a preview packs batches."""
MANY_CUT = 1 / 20
"""Share of cut pairs from which a warning is shown."""


def preview_and_estimate_html(
    trainings: Trainings, source: str, values: Mapping[str, Any], visitor: str = ""
) -> tuple[str, str]:
    """Render a preview of a source, and an estimate of a run on it.

    Args:
        trainings: Makes runs, and knows the bases.
        source: Source of the pairs.
        values: The values of the form, by the names of the settings.
        visitor: The visitor's key, for an adapter of theirs to start from.

    Returns:
        The preview, and the estimate or the error in the values.

    Raises:
        ValueError: If the source cannot be read, or the base is not offered.
    """
    base = trainings.bases.find(values.get("base") or "")
    batch_size = _whole_number(values.get("batch_size"), 1) or 16
    max_length = _whole_number(values.get("max_length"), 8) or 128
    max_pairs = _whole_number(values.get("max_pairs"), 0) or None
    preview = base.previews.preview(
        source,
        batch_size,
        min(max_length, MAX_PREVIEW_LENGTH),
        max_pairs,
        trainings.columns_of(source, visitor),
    )
    html = preview_html(preview, max_length)
    try:
        configs = trainings.local_configs(TrainRequest.from_mapping(values), source, visitor)
        estimates = [base.previews.estimate(config) for config in configs]
    except ValueError as error:
        return html, f'<p class="warning" role="alert">{escape(str(error))}</p>'
    counts = [
        count_adapter(
            base.config, c.rank, Adaptation(c.targets, c.layers, c.part, c.use_dora)
        ).trainable
        for c in configs
    ]
    return html, estimate_html(configs, estimates, counts)


def _whole_number(value: Any, low: int) -> int | None:
    """Return a whole number of the form, or None if it is something else."""
    is_whole = is_number(value, low) and float(value).is_integer()
    return int(value) if is_whole else None


def preview_html(preview: Preview, max_length: int) -> str:
    """Render counts, the first pairs, lengths, and suspicious pairs.

    Args:
        preview: The preview.
        max_length: Tokens after which a sentence is cut.
    """
    return (
        f'<div class="look">{_counts_html(preview)}{_pairs_html(preview.first)}'
        f"{_lengths_html(preview, max_length)}{_warnings_html(preview, max_length)}</div>"
    )


def _counts_html(preview: Preview) -> str:
    total = preview.train + preview.eval + preview.test
    duplicates = _("no duplicates")
    if preview.duplicates:
        duplicates = ngettext(
            "{count:,} duplicate is dropped",
            "{count:,} duplicates are dropped",
            preview.duplicates,
        )
    counts = {
        "total": total,
        "train": preview.train,
        "held_out": preview.eval,
        "duplicates": duplicates,
    }
    text = _(
        "<b>{total:,} pairs</b>: {train:,} to train on, {held_out:,} held out to evaluate; "
        "{duplicates}.",
        **counts,
    )
    if preview.test:
        text = _(
            "<b>{total:,} pairs</b>: {train:,} to train on, {held_out:,} held out to evaluate, "
            "{test:,} kept for the test; {duplicates}.",
            test=preview.test,
            **counts,
        )
    return f'<p class="small">{text}</p>'


def _pairs_html(pairs: Sequence[Pair]) -> str:
    rows = "".join(f"<tr>{_cell_html(de, 'de')}{_cell_html(en, 'en')}</tr>" for de, en in pairs)
    return (
        '<table class="pairs"><thead><tr><th scope="col">'
        + _("German")
        + '</th><th scope="col">'
        + _("English")
        + f"</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _cell_html(text: str, language: str) -> str:
    title, shown = escape(text[:MAX_TITLE_CHARACTERS]), escape(text[:MAX_SHOWN_CHARACTERS])
    return f'<td lang="{language}" title="{title}">{shown}</td>'


def _lengths_html(preview: Preview, max_length: int) -> str:
    median = sorted(preview.lengths)[len(preview.lengths) // 2]
    lengths = _(
        "Tokens per pair: {median} at the median, {highest} at most",
        median=median,
        highest=max(preview.lengths),
    )
    is_sample = preview.sample_size != preview.train
    if is_sample:
        sentence = _(
            "{lengths} (in a sample of {count:,} pairs).",
            lengths=lengths,
            count=preview.sample_size,
        )
    else:
        sentence = f"{lengths}."
    padding = ngettext(
        "{padding:.0%} of the computation is padding ({count:,} batch per epoch; several pairs "
        "share a row of {source} + {target} tokens).",
        "{padding:.0%} of the computation is padding ({count:,} batches per epoch; several pairs "
        "share a row of {source} + {target} tokens).",
        preview.batches,
        padding=preview.padding,
        source=preview.shape.source,
        target=preview.shape.target,
    )
    return (
        f"{_histogram_html(preview, max_length, lengths)}"
        f'<p class="small">{sentence} {_cut_sentence(preview, max_length)} {padding}</p>'
    )


def _histogram_html(preview: Preview, max_length: int, label: str) -> str:
    bins = preview.histogram
    highest = max(count for *_limits, count in bins)
    bars = "".join(_bar_html(*each, highest, max_length) for each in bins)
    return (
        f'<figure class="lengths" role="img" aria-label="{label}"><div>{bars}</div><figcaption>'
        "<span>1</span><span>"
        + _("{count} tokens", count=bins[-1][1])
        + "</span></figcaption></figure>"
    )


def _bar_html(low: int, high: int, count: int, highest: int, max_length: int) -> str:
    title = _("Pairs with {low} to {high} tokens: {count:,}", low=low, high=high, count=count)
    return (
        f'<i style="height:{100 * count / highest:.1f}%" '
        f"{'class=cut' if low > max_length else ''} "
        f'title="{title}"></i>'
    )


def _cut_sentence(preview: Preview, max_length: int) -> str:
    if not preview.cut:
        return _("No pair is cut at {max_length}.", max_length=max_length)
    return ngettext(
        "{count:,} ({percent:.2g}%) is cut at {max_length}.",
        "{count:,} ({percent:.2g}%) are cut at {max_length}.",
        preview.cut,
        percent=100 * preview.cut / preview.sample_size,
        max_length=max_length,
    )


def _warnings_html(preview: Preview, max_length: int) -> str:
    warnings = [escape(sentence) for sentence in preview.skipped.sentences()]
    if preview.swapped:
        title = ngettext(
            "{count:,} pair looks swapped: English in the German column",
            "{count:,} pairs look swapped: English in the German column",
            len(preview.swapped),
        )
        warnings.append(_example_html(title, preview.swapped[0]))
    if preview.untranslated:
        title = ngettext(
            "{count:,} pair looks untranslated",
            "{count:,} pairs look untranslated",
            len(preview.untranslated),
        )
        warnings.append(_example_html(title, preview.untranslated[0]))
    if preview.cut > preview.sample_size * MANY_CUT:
        warnings.append(
            _(
                "Many pairs are longer than {max_length} tokens and lose their ends. Raise "
                "the maximum length, or split the pairs.",
                max_length=max_length,
            )
        )
    return "".join(_warning_html(warning) for warning in warnings)


def _warning_html(html: str) -> str:
    return f'<p class="warning">{html}</p>'


def _example_html(title: str, pair: Pair) -> str:
    de, en = (escape(text[:MAX_EXAMPLE_CHARACTERS]) for text in pair)
    return _("{title}, such as <q>{de}</q> / <q>{en}</q>", title=title, de=de, en=en)


def estimate_html(
    configs: Sequence[TrainConfig], estimates: Sequence[Estimate | None], trainable: Sequence[int]
) -> str:
    """Render trained parameters, time and memory of a run or a sweep.

    Args:
        configs: Settings of each run.
        estimates: An estimate of each run; None if no run of the base was measured yet.
        trainable: Number of trained parameters of each run.
    """
    counts = ", ".join(
        f"r = {config.rank}: {format_count(count)}"
        for config, count in zip(configs, trainable, strict=True)
    )
    known = [estimate for estimate in estimates if estimate is not None]
    if len(known) < len(estimates):
        return (
            '<p class="small estimate">'
            + _(
                "{counts} trained parameters. The time is unknown until a run of this base has "
                "been measured on this machine. Each run is measured before its first step.",
                counts=counts,
            )
            + "</p>"
        )
    time_html, basis_html = _time_html(known), _basis_html(known[0])
    return (
        '<p class="small estimate">'
        + _(
            "{time} {counts} trained parameters. {basis}",
            time=time_html,
            counts=counts,
            basis=basis_html,
        )
        + "</p>"
    )


def _time_html(estimates: Sequence[Estimate]) -> str:
    first = estimates[0]
    seconds = sum(estimate.seconds for estimate in estimates)
    values = {
        "time": format_duration(seconds),
        "steps": first.steps,
        "milliseconds": 1000 * first.step_seconds,
        "start": format_duration(first.basis.start_seconds),
    }
    if len(estimates) > 1:
        return _(
            "<b>About {time}</b> from start to end. Steps of each run: {steps:,}, of "
            "{milliseconds:.0f} ms each, and {start} before the first step.",
            **values,
        )
    return ngettext(
        "<b>About {time}</b> from start to end: {steps:,} step of {milliseconds:.0f} ms, and "
        "{start} before it.",
        "<b>About {time}</b> from start to end: {steps:,} steps of {milliseconds:.0f} ms, and "
        "{start} before the first step.",
        first.steps,
        **values,
    )


def _basis_html(estimate: Estimate) -> str:
    basis = estimate.basis
    age = format_duration(time.time() - basis.time)
    return (
        _("Memory of the process: up to {peak_bytes}.", peak_bytes=format_size(basis.peak_bytes))
        + "<br>"
        + _(
            "Estimated from a run of {targets}, r = {rank}, pairs per step: {rows}, "
            "measured here {age} ago. Other work on this machine slows a run down.",
            targets=list_some(basis.targets),
            rank=basis.rank,
            rows=basis.rows,
            age=age,
        )
    )
