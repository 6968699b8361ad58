"""The Compare tab: German in, the base and any adapters side by side."""

import json

import gradio as gr

from lora_demo.service.adapter_library import MOST_CHOSEN
from lora_demo.service.comparison import (
    EXAMPLES,
    MOST_BEAMS,
    MOST_STRENGTH,
    MOST_TOKENS,
    USUAL_TOKENS,
    Answer,
    carried_over,
)
from lora_demo.service.studio import Studio
from lora_demo.web.adapter_choices import adapter_choices, refresh_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, in_turn, newest
from lora_demo.web.scripts import COPY
from lora_demo.web.views.results import AGAINST, EMPTY, answer_html


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays the tab out; returns a function that refreshes its choices on an event."""
    offered = adapter_choices(studio, "")
    held, answer = gr.State([id for _, id in offered]), gr.State(None)
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=3, min_width=320):
            text = gr.Textbox(
                label="German",
                placeholder="Ein Satz pro Zeile …   (Shift + Enter translates)",
                lines=3,
                max_lines=12,
                value=EXAMPLES[0],
                max_length=5000,
                elem_classes="german",
            )
        with gr.Column(scale=2, min_width=280):
            adapters = gr.CheckboxGroup(
                label="Adapters beside the base",
                info=f"at most {MOST_CHOSEN}",
                choices=offered,
                value=held.value,
            )
    with gr.Row(elem_classes="action"):
        button = gr.Button("Translate", variant="primary", scale=0, min_width=180)
        note = gr.HTML("", elem_classes="note")
    with gr.Column(elem_classes="chips"):
        examples = gr.Dataset(
            components=[text],
            samples=[[sentence] for sentence in EXAMPLES],
            type="index",
            label="Or try one of these",
        )
    with gr.Accordion("Strength, beams and length", open=False, elem_classes="fine"):
        strengths = _strengths(offered)
        with gr.Row():
            beams = gr.Slider(
                1,
                MOST_BEAMS,
                value=1,
                step=1,
                label="Beams",
                info="1 is greedy and fastest",
                min_width=200,
            )
            most_tokens = gr.Slider(
                8,
                MOST_TOKENS,
                value=USUAL_TOKENS,
                step=8,
                label="Longest translation",
                info="in tokens",
                min_width=200,
            )
    with gr.Row(elem_classes="against"):
        against = gr.Radio(
            list(AGAINST.items()),
            value="base",
            label="Mark the words that differ from",
            min_width=300,
        )
        reference = gr.Textbox(
            label="Reference",
            info="a known translation, one line for each sentence",
            lines=2,
            max_lines=12,
            max_length=5000,
            visible=False,
            min_width=320,
        )
    results = gr.HTML(EMPTY, js_on_load=COPY, elem_classes="output")
    examples.click(None, examples, text, js=f"(number) => {json.dumps(EXAMPLES)}[number]")
    asked = gr.on(
        [button.click, text.submit, examples.click, *(slider.release for slider in strengths)],
        _begin(studio),
        None,
        note,
        trigger_mode="always_last",
        **QUIET,
    )
    answered = asked.then(
        in_turn(studio.model_queue, show_errors(_translate(studio))),
        [text, adapters, beams, most_tokens, against, reference, visitor, *strengths],
        [note, answer, results],
        trigger_mode="always_last",
        show_progress="hidden",
        concurrency_limit=None,
        api_visibility="private",
    )
    answered.failure(lambda: "", None, note, **QUIET)
    mark, marking = newest(show_errors(_show)), [gr.State({}), answer, against, reference]
    answered.success(mark, marking, results, **EACH)  # against what was chosen meanwhile
    adapters.change(
        _fit(studio), [adapters, held, visitor, *strengths], [held, *strengths], **QUIET
    )
    against.change(lambda kind: gr.Textbox(visible=kind == "reference"), against, reference, **EACH)
    gr.on([against.change, reference.submit, reference.blur], mark, marking, results, **EACH)
    return lambda event: event(
        refresh_choices(studio), [adapters, visitor, shelf], adapters, **EACH
    )


def _strengths(offered: list[tuple[str, str]]) -> list[gr.Slider]:
    """A slider for each adapter that can be chosen; those of no adapter are hidden."""
    names = [name for name, _ in offered][:MOST_CHOSEN]
    with gr.Row():
        return [
            gr.Slider(
                0,
                MOST_STRENGTH,
                value=1,
                step=0.1,
                label=f"Strength of {name}" if name else "Strength",
                info="0 is the base, 1 as trained",
                visible=bool(name),
                min_width=200,
            )
            for name in [*names, *[""] * (MOST_CHOSEN - len(names))]
        ]


def _begin(studio: Studio):
    def begin() -> str:
        """Says at once that the sentence has arrived."""
        waiting = studio.engine.state == "loading"
        return f'<p class="busy" role="status"><i></i>{"The model is still loading; your text is next." if waiting else "Translating … a text of a new size is compiled first, once."}</p>'

    return begin


def _translate(studio: Studio):
    def translate(
        text: str,
        adapters: list[str],
        beams: float,
        most_tokens: float,
        against: str,
        reference: str,
        visitor: str,
        *strengths: float,
    ) -> tuple[str, Answer, str]:
        """Shows the translations of the base and of the chosen adapters."""
        answer = studio.compare(
            text,
            adapters,
            visitor,
            strengths=strengths[: len(adapters)],
            beams=beams,
            most_tokens=most_tokens,
        )
        return "", answer, answer_html(answer, against, reference)

    return translate


def _show(answer: Answer | None, against: str, reference: str) -> str:
    """The same translations, marked anew."""
    return answer_html(answer, against, reference) if answer else EMPTY


def _fit(studio: Studio):
    def fit(chosen: list[str], held: list[str], visitor: str, *values: float) -> tuple:
        """The sliders of the adapters that are now chosen, each where it was left."""
        entries = studio.adapters(visitor)
        names = [entries[id].name for id in chosen[:MOST_CHOSEN] if id in entries]
        sliders = [
            gr.Slider(value=value, label=f"Strength of {name}", visible=True)
            for name, value in zip(names, carried_over(held, values, chosen))
        ]
        return (
            chosen,
            *sliders,
            *(gr.Slider(value=1, visible=False) for _ in range(MOST_CHOSEN - len(sliders))),
        )

    return fit
