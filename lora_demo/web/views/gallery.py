"""Adapters as HTML: a card for each, and one in detail with the heat map of how far it moves each matrix."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

from lora_demo.service.adapter_library import Entry
from lora_demo.web.views.movement import movement_html
from lora_demo.web.views.units import size


def cards_html(entries: Sequence[Entry], chosen: str | None) -> str:
    """A card for each adapter; clicking one chooses it."""
    if not entries:
        return '<div class="blank"><b>No adapter fits this base yet.</b><p>Train one in the Train tab, or upload one below.</p></div>'
    return (
        '<div class="gallery">'
        + "".join(_card(entry, entry.id == chosen) for entry in entries)
        + "</div>"
    )


def _card(entry: Entry, chosen: bool) -> str:
    score = (
        f'<p class="score" title="chrF2 of the base and of the adapter on the held-out pairs of its training">chrF <s>{entry.chrf[0]:.1f}</s> <b>{entry.chrf[1]:.1f}</b></p>'
        if entry.chrf
        else '<p class="score quiet">no score known</p>'
    )
    size_and_day = (
        f"{size(entry.bytes)} · {entry.day}" if entry.origin != "shipped" else size(entry.bytes)
    )
    facts = (
        f"for {base_name(entry.base)}",
        f"trained on {entry.data}" if entry.data else "",
        size_and_day,
    )
    return (
        f'<button type="button" class="card" data-id="{escape(entry.id)}" aria-pressed="{str(chosen).lower()}"><span class="origin">{entry.origin}</span><b>{escape(entry.name)}</b>'
        f"<span>rank {entry.rank} · alpha {entry.alpha:g}<br>{escape(', '.join(entry.targets))}</span>{score}<small>{'<br>'.join(escape(fact) for fact in facts if fact)}</small></button>"
    )


def details_html(entry: Entry, found: dict) -> str:
    """An adapter's facts, its heat map and how to load it."""
    return f'<div class="details"><h2>{escape(entry.name)}</h2>{_facts(entry, found)}{movement_html(found["layers"])}{_loading(entry)}</div>'


def _facts(entry: Entry, found: dict) -> str:
    section = lambda key: entry.manifest[key] if isinstance(entry.manifest.get(key), dict) else {}
    pairs, steps, reduced = (
        section("data").get("train_pairs"),
        section("training").get("steps"),
        section("reduced"),
    )
    facts = {
        "Rank": f"{found['rank']}",
        "Alpha": f"{found['alpha']:g}",
        "Matrices": ", ".join(found["targets"]),
        "Parameters": f"{found['parameters']:,}",
        "Base": base_name(entry.base),
        "Trained on": f"{entry.data}, {pairs:,} pairs" if isinstance(pairs, int) else entry.data,
        "Steps": f"{steps:,}" if isinstance(steps, int) else "",
        "Reduced from": f"{reduced.get('from')}"[:60] if reduced else "",
        "File": size(entry.bytes),
        "Kept since": entry.day if entry.origin != "shipped" else "",
    }
    return (
        '<dl class="figures">'
        + "".join(
            f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>"
            for name, value in facts.items()
            if value
        )
        + "</dl>"
    )


def base_name(id: str) -> str:
    """A base's id; of a folder the last part."""
    return Path(id).name if id.startswith((".", "/", "~")) else id


def _loading(entry: Entry) -> str:
    code = f"from peft import PeftModel\nfrom transformers import AutoModelForSeq2SeqLM\n\nbase = AutoModelForSeq2SeqLM.from_pretrained({json.dumps(entry.base)})\nmodel = PeftModel.from_pretrained(base, {json.dumps(entry.name)})"
    where = (
        ""
        if "/" in entry.base and not entry.base.startswith("/")
        else '<p class="small">Here the base is a folder: <code>mini</code> stands for <code>lora_demo/assets/mini</code> of this repository.</p>'
        if entry.base == "mini"
        else ""
    )
    return f'<section class="command"><h2>Load it in PyTorch</h2>{where}<div class="code"><code>{escape(code)}</code><button type="button" class="copy" data-copy="{escape(code)}" aria-label="Copy the code">Copy</button></div></section>'
