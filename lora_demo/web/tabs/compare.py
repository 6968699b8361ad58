"""The Compare tab: German in, translations by the base and any adapters side by side."""

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from lora_demo.service.adapter_library import MAX_CHOSEN
from lora_demo.service.comparison import (
    DEFAULT_TOKENS,
    EXAMPLES,
    MAX_BEAMS,
    MAX_CHARACTERS,
    MAX_STRENGTH,
    MAX_TOKENS,
    Comparison,
    carry_strengths,
)
from lora_demo.web.adapter_choices import adapter_choices, refresh_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, in_turn, newest
from lora_demo.web.scripts import COPY
from lora_demo.web.tabs.section import VisitorSection
from lora_demo.web.views.results import AGAINST, EMPTY, results_html

LOADING = "Loading the model. Your text will be translated next."
TRANSLATING = "Translating … The first text of a new length takes longer, because it is compiled."


class CompareTab(VisitorSection):
    """The tab's widgets and handlers."""

    def layout(self) -> None:
        """Create the widgets."""
        offered = adapter_choices(self.services, "")
        self.previous = gr.State([id for _, id in offered])
        self.comparison = gr.State(None)
        with gr.Row(elem_classes="panes"):
            with gr.Column(scale=3, min_width=320):
                self.text = gr.Textbox(
                    label="German",
                    placeholder="Ein Satz pro Zeile …   (Shift + Enter translates)",
                    lines=3,
                    max_lines=12,
                    value=EXAMPLES[0],
                    max_length=MAX_CHARACTERS,
                    elem_classes="german",
                )
            with gr.Column(scale=2, min_width=280):
                self.adapters = gr.CheckboxGroup(
                    label="Adapters to compare with the base",
                    info=f"at most {MAX_CHOSEN}",
                    choices=offered,
                    value=self.previous.value,
                )
        with gr.Row(elem_classes="action"):
            self.button = gr.Button("Translate", variant="primary", scale=0, min_width=180)
            self.note = gr.HTML("", elem_classes="note")
        with gr.Column(elem_classes="chips"):
            self.examples = gr.Dataset(
                components=[self.text],
                samples=[[sentence] for sentence in EXAMPLES],
                type="index",
                label="Or try an example",
            )
        self._layout_settings([name for name, _ in offered])
        self._layout_marking()
        self.results = gr.HTML(EMPTY, js_on_load=COPY, elem_classes="output")

    def _layout_settings(self, adapter_names: list[str]) -> None:
        with gr.Accordion("Strength, beams and length", open=False, elem_classes="fine"):
            names = adapter_names[:MAX_CHOSEN]
            names += [""] * (MAX_CHOSEN - len(names))
            with gr.Row():
                self.strengths = [_strength_slider(name) for name in names]
            self.together = gr.Checkbox(
                label="Also show the ticked adapters added together",
                info="one more column: the sum of 2 or more adapters, each at its strength",
            )
            with gr.Row():
                self.beams = gr.Slider(
                    1,
                    MAX_BEAMS,
                    value=1,
                    step=1,
                    label="Beams",
                    info="1 is greedy and fastest",
                    min_width=200,
                )
                self.max_tokens = gr.Slider(
                    8,
                    MAX_TOKENS,
                    value=DEFAULT_TOKENS,
                    step=8,
                    label="Maximum length",
                    info="of a translation, in tokens",
                    min_width=200,
                )

    def _layout_marking(self) -> None:
        with gr.Row(elem_classes="against"):
            self.against = gr.Radio(
                list(AGAINST.items()),
                value="base",
                label="Mark words that differ from",
                min_width=300,
            )
            self.reference = gr.Textbox(
                label="Reference",
                info="a known translation, one line for each sentence",
                lines=2,
                max_lines=12,
                max_length=MAX_CHARACTERS,
                visible=False,
                min_width=320,
            )

    def connect(self) -> None:
        """Connect events to handlers."""
        show_example = f"(number) => {json.dumps(EXAMPLES)}[number]"
        self.examples.click(None, self.examples, self.text, js=show_example)
        started = gr.on(
            [
                self.button.click,
                self.text.submit,
                self.examples.click,
                *(slider.release for slider in self.strengths),
            ],
            self.start,
            None,
            self.note,
            trigger_mode="always_last",
            **QUIET,
        )
        translated = started.then(
            in_turn(self.services.model_queue, show_errors(self.translate)),
            [
                self.text,
                self.adapters,
                self.beams,
                self.max_tokens,
                self.against,
                self.reference,
                self.visitor,
                self.together,
                *self.strengths,
            ],
            [self.note, self.comparison, self.results],
            trigger_mode="always_last",
            show_progress="hidden",
            concurrency_limit=None,
            api_visibility="private",
        )
        translated.failure(_clear_note, None, self.note, **QUIET)
        # Marked once more, since the visitor may have changed `against` meanwhile.
        mark = newest(show_errors(self.mark))
        marked = [gr.State({}), self.comparison, self.against, self.reference]
        translated.success(mark, marked, self.results, **EACH)
        gr.on(
            [self.against.change, self.reference.submit, self.reference.blur],
            mark,
            marked,
            self.results,
            **EACH,
        )
        self.against.change(_show_reference, self.against, self.reference, **EACH)
        self.adapters.change(
            self.fit_sliders,
            [self.adapters, self.previous, self.visitor, *self.strengths],
            [self.previous, *self.strengths],
            **QUIET,
        )

    def refresh_on(self, event: Callable[..., Any]) -> None:
        """Refresh the list of adapters on an event."""
        inputs = [self.adapters, self.visitor, self.shelf]
        event(refresh_choices(self.services), inputs, self.adapters, **EACH)

    def start(self) -> str:
        """Show at once that the request has arrived."""
        is_loading = self.services.loader.state == "loading"
        message = LOADING if is_loading else TRANSLATING
        return f'<p class="busy" role="status"><i></i>{message}</p>'

    def translate(
        self,
        text: str,
        adapters: list[str],
        beams: int,
        max_tokens: int,
        against: str,
        reference: str,
        visitor: str,
        together: bool,
        *strengths: float,
    ) -> tuple[str, Comparison, str]:
        """Show the translations of the base and of the chosen adapters."""
        comparison = self.services.comparisons.compare(
            text,
            adapters,
            visitor,
            strengths=strengths[: len(adapters)],
            beams=beams,
            max_tokens=max_tokens,
            together=together,
        )
        return "", comparison, results_html(comparison, against, reference)

    def mark(self, comparison: Comparison | None, against: str, reference: str) -> str:
        """Show the same translations with other words marked."""
        return results_html(comparison, against, reference) if comparison else EMPTY

    def fit_sliders(
        self, chosen: list[str], previous: list[str], visitor: str, *values: float
    ) -> tuple[Any, ...]:
        """Show a slider for each chosen adapter, at the strength that it had before."""
        entries = self.services.library.entries(visitor)
        names = [entries[id].name for id in chosen[:MAX_CHOSEN] if id in entries]
        strengths = carry_strengths(previous, values, chosen)
        sliders = [
            gr.Slider(value=strength, label=_strength_label(name), visible=True)
            for name, strength in zip(names, strengths, strict=False)
        ]
        while len(sliders) < MAX_CHOSEN:
            sliders.append(gr.Slider(value=1, visible=False))
        return chosen, *sliders


def _strength_slider(name: str) -> gr.Slider:
    """A slider for an adapter; hidden for an empty name."""
    return gr.Slider(
        0,
        MAX_STRENGTH,
        value=1,
        step=0.1,
        label=_strength_label(name),
        info="0 is the base, 1 is as trained",
        visible=bool(name),
        min_width=200,
    )


def _strength_label(name: str) -> str:
    return f"Strength of {name}" if name else "Strength"


def _clear_note() -> str:
    return ""


def _show_reference(against: str) -> gr.Textbox:
    return gr.Textbox(visible=against == "reference")
