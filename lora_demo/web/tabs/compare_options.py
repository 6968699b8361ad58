"""The options of Compare: strengths, search, and the words that are marked."""

from collections.abc import Sequence

import gradio as gr
from gradio.components import Component

from lora_demo.language import _
from lora_demo.service.comparison import DEFAULT_TOKENS, MAX_BEAMS, MAX_CHARACTERS, MAX_TOKENS
from lora_demo.web.tabs.strength_sliders import strength_sliders
from lora_demo.web.views.comparison import AGAINST


class CompareOptions:
    """The widgets behind the button Options.

    Args:
        adapters: Names of the ticked adapters, which have a slider.
    """

    def __init__(self, adapters: Sequence[str]) -> None:
        self._layout_strengths(adapters)
        self._layout_search()
        self._layout_marking()
        self.search: list[Component] = [self.beams, self.max_tokens]
        self.marking: list[Component] = [self.against, self.reference]

    def _layout_strengths(self, adapters: Sequence[str]) -> None:
        with gr.Row():
            self.strengths = strength_sliders(adapters)
        self.together = gr.Checkbox(
            label=_("Also show the ticked adapters added together"),
            info=_("one more column: the sum of 2 or more adapters, each at its strength"),
        )

    def _layout_search(self) -> None:
        with gr.Row():
            self.beams = gr.Slider(
                1,
                MAX_BEAMS,
                value=1,
                step=1,
                label=_("Beams"),
                info=_("1 is greedy and fastest"),
                min_width=200,
            )
            self.max_tokens = gr.Slider(
                8,
                MAX_TOKENS,
                value=DEFAULT_TOKENS,
                step=8,
                label=_("Maximum length"),
                info=_("of a translation, in tokens"),
                min_width=200,
            )

    def _layout_marking(self) -> None:
        with gr.Row(elem_classes="against"):
            self.against = gr.Radio(
                [(_(label), value) for label, value in AGAINST.items()],
                value="reference",
                label=_("Mark words that differ from"),
                min_width=300,
            )
            self.reference = gr.Textbox(
                label=_("Reference"),
                info=_(
                    "a known translation, one line for each sentence; the examples have one already"
                ),
                lines=2,
                max_lines=12,
                max_length=MAX_CHARACTERS,
                min_width=320,
            )
