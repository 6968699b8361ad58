"""Adapters as HTML: a card for each, and the details of one."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from lora_demo.formatting import format_size
from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.web.views.elements import copy_button
from lora_demo.web.views.movement import movement_html

NO_ADAPTERS = (
    '<div class="blank"><b>No adapter for this base yet.</b>'
    "<p>Train one in the Train tab, or upload one below.</p></div>"
)
MINI_FOLDER_NOTE = (
    '<p class="small">The base <code>mini</code> is the folder '
    "<code>lora_demo/assets/mini</code> of this repository.</p>"
)
LOADING_CODE = """from peft import PeftModel
from transformers import AutoModelForSeq2SeqLM

base = AutoModelForSeq2SeqLM.from_pretrained({base})
model = PeftModel.from_pretrained(base, {name})"""


def cards_html(entries: Sequence[AdapterEntry], chosen: str | None) -> str:
    """Render a card for each adapter; a click on a card chooses it.

    Args:
        entries: The adapters.
        chosen: Id of the chosen adapter, if any.
    """
    if not entries:
        return NO_ADAPTERS
    cards = "".join(_card(entry, entry.id == chosen) for entry in entries)
    return f'<div class="gallery">{cards}</div>'


def _card(entry: AdapterEntry, is_chosen: bool) -> str:
    facts = [f"for {base_name(entry.base)}"]
    if entry.data:
        facts.append(f"trained on {entry.data}")
    size = format_size(entry.bytes)
    facts.append(f"{size} · {entry.day}" if entry.is_own else size)
    lines = "<br>".join(escape(fact) for fact in facts)
    targets = escape(", ".join(entry.targets))
    return (
        f'<button type="button" class="card" data-id="{escape(entry.id)}" '
        f'aria-pressed="{str(is_chosen).lower()}"><span class="origin">{entry.origin}</span>'
        f"<b>{escape(entry.name)}</b>"
        f"<span>rank {entry.rank} · alpha {entry.alpha:g}<br>{targets}</span>"
        f"{_score(entry)}<small>{lines}</small></button>"
    )


def _score(entry: AdapterEntry) -> str:
    if entry.chrf is None:
        return '<p class="score quiet">no score</p>'
    before, after = entry.chrf
    return (
        '<p class="score" title="chrF2 of the base and of the adapter on the held-out pairs of '
        f'its training">chrF <s>{before:.1f}</s> <b>{after:.1f}</b></p>'
    )


def details_html(entry: AdapterEntry, details: dict[str, Any]) -> str:
    """Render an adapter's facts, its heat map and how to load it.

    Args:
        entry: The adapter.
        details: Its details, from `AdapterLibrary.details`.
    """
    return (
        f'<div class="details"><h2>{escape(entry.name)}</h2>{_facts(entry, details)}'
        f"{movement_html(details['layers'])}{_loading(entry)}</div>"
    )


def _facts(entry: AdapterEntry, details: dict[str, Any]) -> str:
    pairs = _section(entry, "data").get("train_pairs")
    steps = _section(entry, "training").get("steps")
    reduced = _section(entry, "reduced")
    facts = {
        "Rank": f"{details['rank']}",
        "Alpha": f"{details['alpha']:g}",
        "Matrices": ", ".join(details["targets"]),
        "Parameters": f"{details['parameters']:,}",
        "Base": base_name(entry.base),
        "Trained on": f"{entry.data}, {pairs:,} pairs" if isinstance(pairs, int) else entry.data,
        "Steps": f"{steps:,}" if isinstance(steps, int) else "",
        "Reduced from": f"{reduced.get('from')}"[:60] if reduced else "",
        "File": format_size(entry.bytes),
        "Created": entry.day if entry.is_own else "",
    }
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
        if value
    )
    return f'<dl class="figures">{cells}</dl>'


def _section(entry: AdapterEntry, key: str) -> dict[str, Any]:
    """A section of the manifest, whose contents are not checked; empty if it is something else."""
    section = entry.manifest.get(key)
    return section if isinstance(section, dict) else {}


def base_name(id: str) -> str:
    """Shorten a base's id: of a folder, only the last part is shown."""
    return Path(id).name if id.startswith((".", "/", "~")) else id


def _loading(entry: AdapterEntry) -> str:
    code = LOADING_CODE.format(base=json.dumps(entry.base), name=json.dumps(entry.name))
    note = MINI_FOLDER_NOTE if entry.base == "mini" else ""
    return (
        f'<section class="command"><h2>Load it in PyTorch</h2>{note}<div class="code">'
        f"<code>{escape(code)}</code>{copy_button(code, 'Copy the code')}</div></section>"
    )
