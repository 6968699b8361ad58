"""The Parameters tab: how many parameters a LoRA adapter trains, for any base, target set and rank."""

import gradio as gr

from lora_demo.model.parameters import TARGET_SETS
from lora_demo.service.parameter_counts import count_all, known_bases, parse_ranks
from lora_demo.service.studio import Studio
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, newest
from lora_demo.web.scripts import SELECT_CARD
from lora_demo.web.views.parameter_tables import (
    FULL,
    bars_html,
    bases_html,
    coverage_html,
    formula_html,
    lesson_html,
    table_html,
)

START = ("q,v", "4, 8, 16", "8")
"""Targets, ranks and the picked row to begin with."""


def build(studio: Studio):
    """Lays the tab out; the tables follow every change."""
    with gr.Row():
        base = gr.Dropdown(
            known_bases(studio.base),
            value=studio.base,
            allow_custom_value=True,
            label="Base model",
            info="or any T5 on the Hub",
            min_width=240,
        )
        targets = gr.Dropdown(
            list(TARGET_SETS),
            value=START[0],
            allow_custom_value=True,
            label="Adapted matrices",
            info="a set, or names such as q,k,wo",
            min_width=200,
        )
        ranks = gr.Textbox(START[1], label="Ranks", info="whole numbers", min_width=200)
    picked, shown = gr.State(START[2]), _count(studio)(studio.base, *START)
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=3, min_width=600):
            table = gr.HTML(shown[0], js_on_load=SELECT_CARD)
        with gr.Column(scale=2, min_width=300):
            bars = gr.HTML(shown[1])
    coverage = gr.HTML(shown[2])
    formula = gr.HTML(shown[3])
    lesson = gr.HTML(shown[4])
    with gr.Accordion("Every FLAN-T5 at once", open=False):
        bases = gr.HTML(shown[5])
    count, asked, view = (
        newest(show_errors(_count(studio))),
        [gr.State({}), base, targets, ranks, picked],
        [table, bars, coverage, formula, lesson, bases],
    )
    gr.on([base.change, targets.change, ranks.submit, ranks.blur], count, asked, view, **EACH)
    table.select(_pick, None, picked, **EACH).then(count, asked, view, **EACH)


def _pick(event: gr.EventData) -> str:
    """The row that was clicked."""
    return event.value


def _count(studio: Studio):
    def count(
        base: str, targets: str, ranks: str, picked: str
    ) -> tuple[str, str, str, str, str, str]:
        """Table, chart, the matrices of the picked row, formula, lesson, and the other bases."""
        wanted = parse_ranks(ranks)
        config, counts = count_all(studio.geometry(base), targets, wanted)
        picked = picked if picked in (FULL, *map(str, wanted)) else str(wanted[0])
        return (
            table_html(config, counts, picked),
            bars_html(config, counts),
            coverage_html(config, targets, picked),
            formula_html(config, targets, wanted),
            lesson_html(base, config, targets),
            bases_html(targets, wanted),
        )

    return count
