"""The Parameters tab: how many parameters a LoRA adapter trains, for any base, target set and rank."""

import gradio as gr

from lora_demo.model.parameters import TARGET_SETS, T5Config
from lora_demo.ui.counting import bars_html, count_all, formula_html, known_bases, lesson_html, parse_ranks, table_html
from lora_demo.ui.studio import Studio, allowed_base
from lora_demo.ui.wiring import QUIET, said


def build(studio: Studio):
    """Lays the tab out; the tables follow every change."""
    with gr.Row():
        base = gr.Dropdown(known_bases(studio.base), value=studio.base, allow_custom_value=True, label="Base model", info="or any T5 on the Hub", min_width=240)
        targets = gr.Dropdown(list(TARGET_SETS), value="q,v", allow_custom_value=True, label="Adapted matrices", info="a set, or names such as q,k,wo", min_width=200)
        ranks = gr.Textbox("4, 8, 16", label="Ranks", info="whole numbers", min_width=200)
    shown = _count(studio)(studio.base, "q,v", "4, 8, 16")
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=3, min_width=320):
            table = gr.HTML(shown[0])
        with gr.Column(scale=2, min_width=300):
            bars = gr.HTML(shown[1])
    lesson = gr.HTML(shown[3])
    formula = gr.HTML(shown[2])
    gr.on([base.change, targets.change, ranks.submit, ranks.blur], said(_count(studio)), [base, targets, ranks], [table, bars, formula, lesson], **QUIET)


def _count(studio: Studio):
    def count(base: str, targets: str, ranks: str) -> tuple[str, str, str, str]:
        """Table, chart, formula and lesson for a base, its adapted matrices and some ranks."""
        wanted = parse_ranks(ranks)
        config, counts = _counts(studio, base, targets, wanted)
        return table_html(config, counts), bars_html(config, counts), formula_html(config, targets, wanted), lesson_html(base, config, targets)

    return count


def _counts(studio: Studio, base: str, targets: str, ranks: list[int]) -> tuple[T5Config, list]:
    return count_all(allowed_base(base, studio), targets, ranks)
