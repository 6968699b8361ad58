"""The Compare tab: German in, the base and any adapters side by side."""

import gradio as gr

from lora_demo.training.data import Dataset, probe_pairs
from lora_demo.ui.results import EMPTY, results_html
from lora_demo.ui.studio import MOST_BEAMS, Studio
from lora_demo.ui.wiring import COPY, QUIET, said

EVERYDAY = ["Guten Morgen! Hast du gut geschlafen?", "Ich habe gestern ein neues Fahrrad gekauft."]


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays the tab out; returns a function that refreshes its choices on an event."""
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=3, min_width=320):
            text = gr.Textbox(label="German", placeholder="Ein Satz pro Zeile …", lines=3, max_lines=12, value=EVERYDAY[0], max_length=5000, elem_classes="german")
            with gr.Row(elem_classes="action"):
                button = gr.Button("Translate", variant="primary", scale=0, min_width=180)
                note = gr.HTML("", elem_classes="note")
        with gr.Column(scale=2, min_width=280):
            adapters = gr.CheckboxGroup(label="Adapters beside the base", choices=_choices(studio, ""), value=[value for _, value in _choices(studio, "")])
            beams = gr.Slider(1, MOST_BEAMS, value=1, step=1, label="Beams", info="1 is greedy and fastest")
    with gr.Column(elem_classes="chips"):
        gr.Examples([[sentence] for sentence in _examples()], text, label="Or try one of these")
    results = gr.HTML(EMPTY, js_on_load=COPY, elem_classes="output")
    asked = gr.on([button.click, text.submit], _begin(studio), None, note, **QUIET)
    answered = asked.then(
        said(_translate(studio)),
        [text, adapters, beams, visitor],
        [note, results],
        show_progress="hidden",
        concurrency_id="model",
        concurrency_limit=2,
        api_visibility="private",
    )
    answered.failure(lambda: "", None, note, **QUIET)
    return lambda event: event(said(_refresh(studio)), [adapters, visitor, shelf], adapters, **QUIET)


def _examples() -> list[str]:
    return [*EVERYDAY, *(de for de, _ in probe_pairs("builtin", Dataset("builtin", [], [], []), 4))]


def _choices(studio: Studio, visitor: str) -> list[tuple[str, str]]:
    return [(entry.label, entry.id) for entry in studio.adapters(visitor).values()]


def _begin(studio: Studio):
    def begin() -> str:
        """Says at once that the sentence has arrived."""
        waiting = studio.engine.state == "loading"
        return f'<p class="busy"><i></i>{"The model is still loading; your text is next." if waiting else "Translating …"}</p>'

    return begin


def _translate(studio: Studio):
    def translate(text: str, adapters: list[str], beams: float, visitor: str) -> tuple[str, str]:
        """Shows the translations of the base and of the chosen adapters."""
        texts, entries, columns = studio.compare(text, adapters, beams, visitor)
        return "", results_html(texts, columns, ["base", *(entry.name for entry in entries)], int(beams))

    return translate


def _refresh(studio: Studio):
    def refresh(chosen: list[str], visitor: str, shelf: dict) -> gr.CheckboxGroup:
        """The visitor's adapters as choices; what has just been made is chosen, too."""
        choices = _choices(studio, visitor)
        ids = [id for _, id in choices]
        return gr.CheckboxGroup(choices=choices, value=[id for id in ids if id in chosen or id == shelf["made"]])

    return refresh
