"""Adapters as HTML: a card for each, and the details of one."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from lora_demo.formatting import format_size
from lora_demo.language import N_, _, format_number, ngettext
from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.service.bases import shown_base
from lora_demo.web.views.elements import blank_html, copy_button
from lora_demo.web.views.movement import movement_html

NO_ADAPTERS = (
    N_("No adapter for this base yet."),
    N_("Train one in the Train tab, or upload one below."),
)
MINI_FOLDER_NOTE = N_(
    "The base <code>mini</code> is the folder <code>lora_demo/assets/mini</code> of this "
    "repository."
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
        return blank_html(*NO_ADAPTERS)
    cards = "".join(_card(entry, entry.id == chosen) for entry in entries)
    return f'<div class="gallery">{cards}</div>'


def _card(entry: AdapterEntry, is_chosen: bool) -> str:
    facts = [_("for {base}", base=shown_base(entry.base))]
    if entry.data:
        facts.append(_("trained on {data}", data=entry.data))
    size = format_size(entry.bytes)
    facts.append(f"{size} · {entry.day}" if entry.is_own else size)
    lines = "<br>".join(escape(fact) for fact in facts)
    targets = escape(", ".join(entry.targets))
    return (
        f'<button type="button" class="card" data-id="{escape(entry.id)}" '
        f'aria-pressed="{str(is_chosen).lower()}"><span class="origin">{_(entry.origin)}</span><b>'
        f"{escape(entry.name)}</b><span>"
        + _("rank {rank} · alpha {alpha:g}", rank=entry.rank, alpha=entry.alpha)
        + f"<br>{targets}</span>{_score(entry)}<small>{lines}</small></button>"
    )


def _score(entry: AdapterEntry) -> str:
    if entry.chrf is None:
        return '<p class="score quiet">' + _("no score") + "</p>"
    before, after = (format_number(score, ".1f") for score in entry.chrf)
    title = _("chrF2 of the base and of the adapter on the held-out pairs of its training")
    return (
        f'<p class="score" title="{title}">chrF <s>{before}</s> <b>{after}</b> '
        f"<small>{_('held-out')}</small></p>"
    )


def details_html(entry: AdapterEntry, details: dict[str, Any]) -> str:
    """Render an adapter's facts, its heat map and how to load it.

    Args:
        entry: The adapter.
        details: Its details, from `AdapterLibrary.details`.
    """
    return (
        f'<div class="details"><h2>{escape(entry.name)}</h2>{_facts(entry, details)}'
        f"{_notes(details['notes'])}"
        f"{movement_html(details['layers'])}{_loading(entry)}</div>"
    )


def _facts(entry: AdapterEntry, details: dict[str, Any]) -> str:
    pairs = _section(entry, "data").get("train_pairs")
    steps = _section(entry, "training").get("steps")
    reduced = _section(entry, "reduced")
    facts = {
        _("Rank"): f"{details['rank']}",
        _("Alpha"): format_number(details["alpha"], "g"),
        _("Matrices"): ", ".join(details["targets"]),
        _("Parameters"): format_number(details["parameters"], ","),
        _("Base"): shown_base(entry.base),
        _("Trained on"): ngettext(
            "{data}, {count:,} pair", "{data}, {count:,} pairs", pairs, data=entry.data
        )
        if isinstance(pairs, int)
        else entry.data,
        _("Steps"): format_number(steps, ",") if isinstance(steps, int) else "",
        _("Reduced from"): f"{reduced.get('from')}"[:60] if reduced else "",
        _("File"): format_size(entry.bytes),
        _("Created"): entry.day if entry.is_own else "",
    }
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
        if value
    )
    return f'<dl class="figures">{cells}</dl>'


def _notes(notes: list[str]) -> str:
    """Render what the adapter's files hold without effect."""
    return "".join(f'<p class="small">{escape(note)}</p>' for note in notes)


def _section(entry: AdapterEntry, key: str) -> dict[str, Any]:
    """A section of the manifest, whose contents are not checked; empty if it is something else."""
    section = entry.manifest.get(key)
    return section if isinstance(section, dict) else {}


def _loading(entry: AdapterEntry) -> str:
    code = LOADING_CODE.format(base=json.dumps(entry.base), name=json.dumps(entry.name))
    note = f'<p class="small">{_(MINI_FOLDER_NOTE)}</p>' if entry.base == "mini" else ""
    button = copy_button(code, _("Copy the code"))
    return (
        f'<section class="command"><h2>{_("Load it in PyTorch")}</h2>{note}<div class="code">'
        f"<code>{escape(code)}</code>{button}</div></section>"
    )
