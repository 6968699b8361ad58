"""The Parameters tab: how many parameters an adapter trains, for any base, matrices and ranks."""

import gradio as gr

from lora_demo.model.parameters import TARGET_SETS
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, newest
from lora_demo.web.scripts import SELECT_CARD
from lora_demo.web.tabs.section import Section
from lora_demo.web.views.parameter_tables import (
    FULL,
    bars_html,
    bases_html,
    coverage_html,
    formula_html,
    lesson_html,
    table_html,
)

DEFAULT_TARGETS = "q,v"
DEFAULT_RANKS = "4, 8, 16"
DEFAULT_ROW = "8"


class ParametersTab(Section):
    """The tab's widgets and handlers."""

    def layout(self) -> None:
        """Create the widgets, with the counts of the app's own base."""
        base = self.services.base
        table, bars, coverage, formula, lesson, bases = self.count(
            base, DEFAULT_TARGETS, DEFAULT_RANKS, DEFAULT_ROW
        )
        with gr.Row():
            self.base = gr.Dropdown(
                self.services.parameter_counts.known_bases,
                value=base,
                allow_custom_value=True,
                label="Base model",
                info="or any T5 on the Hub",
                min_width=240,
            )
            self.targets = gr.Dropdown(
                list(TARGET_SETS),
                value=DEFAULT_TARGETS,
                allow_custom_value=True,
                label="Adapted matrices",
                info="a set, or names such as q,k,wo",
                min_width=200,
            )
            self.ranks = gr.Textbox(
                DEFAULT_RANKS, label="Ranks", info="whole numbers", min_width=200
            )
        self.chosen = gr.State(DEFAULT_ROW)
        with gr.Row(elem_classes="panes"):
            with gr.Column(scale=3, min_width=600):
                self.table = gr.HTML(table, js_on_load=SELECT_CARD)
            with gr.Column(scale=2, min_width=300):
                self.bars = gr.HTML(bars)
        self.coverage = gr.HTML(coverage)
        self.formula = gr.HTML(formula)
        self.lesson = gr.HTML(lesson)
        with gr.Accordion("Every FLAN-T5 at once", open=False):
            self.bases = gr.HTML(bases)

    def connect(self) -> None:
        """Connect events to handlers: the tables follow every change."""
        count = newest(show_errors(self.count))
        inputs = [gr.State({}), self.base, self.targets, self.ranks, self.chosen]
        outputs = [self.table, self.bars, self.coverage, self.formula, self.lesson, self.bases]
        changes = [self.base.change, self.targets.change, self.ranks.submit, self.ranks.blur]
        gr.on(changes, count, inputs, outputs, **EACH)
        chosen = self.table.select(_clicked_row, None, self.chosen, **EACH)
        chosen.then(count, inputs, outputs, **EACH)

    def count(
        self, base: str, targets: str, ranks: str, chosen: str
    ) -> tuple[str, str, str, str, str, str]:
        """Render table, chart, the chosen row's matrices, formula, lesson and the other bases."""
        table = self.services.parameter_counts.count(base, targets, ranks)
        config, counts = table.config, table.counts
        if chosen not in (FULL, *map(str, table.ranks)):
            chosen = str(table.ranks[0])
        return (
            table_html(config, counts, chosen),
            bars_html(config, counts),
            coverage_html(config, targets, chosen),
            formula_html(config, targets, table.ranks),
            lesson_html(base, config),
            bases_html(targets, table.ranks),
        )


def _clicked_row(event: gr.EventData) -> str:
    return event.value
