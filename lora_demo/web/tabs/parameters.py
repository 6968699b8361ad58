"""The Parameters tab: how many parameters an adapter trains, for any base, matrices and ranks."""

from html import escape
from typing import Any

import gradio as gr

from lora_demo.language import _
from lora_demo.model.parameters import PARTS, TARGET_SETS
from lora_demo.web.events import EACH, newest
from lora_demo.web.scripts import SELECT_CARD
from lora_demo.web.tabs.section import Section
from lora_demo.web.tabs.training_fields import labelled
from lora_demo.web.views.parameter_tables import (
    FULL,
    bars_html,
    bases_html,
    coverage_html,
    formula_html,
    lesson_html,
    table_html,
)

DEFAULT_TARGETS = "all-linear"
"""The matrices that every preset of Train adapts."""
DEFAULT_RANKS = "4, 8, 16"
DEFAULT_ROW = "8"


class ParametersTab(Section):
    """The tab's widgets and handlers."""

    def layout(self) -> None:
        """Create the widgets, with the counts of the app's own base."""
        base = self.services.base
        table, bars, coverage, formula, lesson, bases = self.count(
            base, DEFAULT_TARGETS, DEFAULT_RANKS, "", "all", False, DEFAULT_ROW
        )
        with gr.Row(elem_classes="form-pane"):
            self.base = gr.Dropdown(
                self.services.parameter_counts.known_bases,
                value=base,
                allow_custom_value=True,
                label=_("Base model"),
                info=_("or any T5 on the Hub"),
                min_width=240,
            )
            self.targets = gr.Dropdown(
                list(TARGET_SETS),
                value=DEFAULT_TARGETS,
                allow_custom_value=True,
                label=_("Adapted matrices"),
                info=_("a set, or names such as q,k,wo"),
                min_width=200,
            )
            self.ranks = gr.Textbox(
                DEFAULT_RANKS, label=_("Ranks"), info=_("whole numbers"), min_width=200
            )
            self.layers = gr.Textbox(
                label=_("Blocks"), info=_("such as 0-3,7; empty for all"), min_width=140
            )
            self.part = gr.Dropdown(
                labelled(PARTS), value="all", label=_("Part"), info=_("of the model"), min_width=140
            )
            self.use_dora = gr.Checkbox(
                label="DoRA", info=_("also trains the length of each output"), min_width=140
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
        with gr.Accordion(_("Every FLAN-T5 at once"), open=False):
            self.bases = gr.HTML(bases)

    def connect(self) -> None:
        """Connect events to handlers: the tables follow every change."""
        count = newest(self.count_or_explain)
        inputs = [gr.State({}), self.base, self.targets, self.ranks]
        inputs += [self.layers, self.part, self.use_dora, self.chosen]
        outputs = [self.table, self.bars, self.coverage, self.formula, self.lesson, self.bases]
        changes = [self.base.change, self.targets.change, self.ranks.submit, self.ranks.blur]
        changes += [self.layers.submit, self.layers.blur, self.part.change, self.use_dora.change]
        gr.on(changes, count, inputs, outputs, **EACH)
        chosen = self.table.select(_clicked_row, None, self.chosen, **EACH)
        chosen.then(count, inputs, outputs, **EACH)

    def count_or_explain(self, *settings: Any) -> tuple[str, str, str, str, str, str]:
        """Render the counts; if there are none, replace the old ones by the reason."""
        try:
            return self.count(*settings)
        except ValueError as error:
            message = escape(str(error).split("\n")[0])
            return f'<p class="warning" role="alert">{message}</p>', "", "", "", "", ""

    def count(
        self,
        base: str,
        targets: str,
        ranks: str,
        layers: str,
        part: str,
        use_dora: bool,
        chosen: str,
    ) -> tuple[str, str, str, str, str, str]:
        """Render table, chart, the chosen row's matrices, formula, lesson and the other bases.

        Args:
            base: Id of the base: a known one, or a T5 on the Hub.
            targets: A set such as `all-linear`, or names of matrices with commas.
            ranks: Whole numbers, such as "4, 8, 16".
            layers: Numbers of blocks, such as `0-3,7`; empty for all.
            part: One of `PARTS`.
            use_dora: Also count the magnitudes of DoRA.
            chosen: The row whose matrices are shown: a rank or `FULL`; the first rank if it is
                missing.
        """
        table = self.services.parameter_counts.count(
            base, targets, ranks, layers=layers, part=part, use_dora=use_dora
        )
        config, counts, adaptation = table.config, table.counts, table.adaptation
        if chosen not in (FULL, *map(str, table.ranks)):
            chosen = str(table.ranks[0])
        return (
            table_html(config, counts, chosen),
            bars_html(config, counts),
            coverage_html(config, adaptation, chosen),
            formula_html(config, adaptation, table.ranks),
            lesson_html(base, config),
            bases_html(adaptation, table.ranks),
        )


def _clicked_row(event: gr.EventData) -> str:
    return event.value
