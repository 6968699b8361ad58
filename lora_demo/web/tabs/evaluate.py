"""The Evaluate tab: systems and a set, the verdict first, then scores, plots and sentences; reports are found again after a reload."""

from pathlib import Path

import gradio as gr

from lora_demo.data.sources import builtin_tests
from lora_demo.service import evaluation_requests
from lora_demo.service.comparison import MAX_BEAMS
from lora_demo.service.data_sources import resolve_source
from lora_demo.service.evaluation_queue import ACTIVE
from lora_demo.service.evaluation_requests import MOST_SENTENCES, Request
from lora_demo.service.studio import Studio
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.web.adapter_choices import adapter_choices, refresh_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, RECHECK_SECONDS, newest
from lora_demo.web.tabs import source_chooser
from lora_demo.web.views.followed_evaluation import EMPTY, View, look


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays the tab out; returns a function that on an event refreshes its choices and finds the visitor's evaluations again."""
    seen, timer = gr.State(""), gr.Timer(RECHECK_SECONDS)
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
            adapters = gr.CheckboxGroup(
                label="Adapters against the base",
                choices=adapter_choices(studio, ""),
                value=[id for _, id in adapter_choices(studio, "")],
            )
            kinds = [
                ("built-in test", "builtin"),
                *((name, f"builtin:{name}") for name in builtin_tests()),
            ]
            data = source_chooser.build(
                studio,
                visitor,
                "Set",
                kinds,
                "builtin",
                least=1,
                example="wmt/wmt16:de-en:test",
                info="owner/name:config:split",
            ).inputs
        with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
            with gr.Row():
                most = gr.Number(
                    500,
                    label="Sentences at most",
                    info="the first so many",
                    precision=0,
                    minimum=1,
                    maximum=MOST_SENTENCES,
                    min_width=140,
                )
                beams = gr.Slider(
                    1, MAX_BEAMS, value=1, step=1, label="Beams", info="1 is greedy", min_width=140
                )
            more = _more()
            start = gr.Button("Evaluate", variant="primary")
    with gr.Column(visible=False) as bar:
        reports = gr.Dropdown([], label="Your evaluations", filterable=False)
        with gr.Row(elem_classes="run-bar"):
            stop, delete = (gr.Button(name, size="md", min_width=70) for name in ("Stop", "Delete"))
    result = gr.HTML(EMPTY, elem_classes="output")
    files = gr.File(
        label="The report: a page, everything as JSON, the sentences as CSV",
        file_count="multiple",
        interactive=False,
        visible=False,
    )
    begun = gr.State("")
    view = [bar, reports, stop, delete, result, files, timer, seen, begun]
    follow, following = (
        newest(show_errors(_follow(studio, anyway=True))),
        [gr.State({}), visitor, reports, begun, seen],
    )
    start.click(
        show_errors(_start(studio)), [visitor, adapters, *data, most, beams, *more], begun, **QUIET
    ).success(follow, following, view, **EACH)
    for button, act in ((stop, _stop), (delete, _delete)):
        button.click(show_errors(act(studio)), [visitor, reports], reports, **QUIET).success(
            follow, following, view, **EACH
        )
    reports.input(follow, following, view, **EACH)
    timer.tick(newest(show_errors(_follow(studio, anyway=False))), following, view, **QUIET)

    def refresh(event):
        event(follow, following, view, **EACH)
        return event(
            show_errors(refresh_choices(studio)), [adapters, visitor, shelf], adapters, **EACH
        )

    return refresh


def _more() -> list:
    """What is seldom asked for, in the order of `Request`."""
    with gr.Accordion("More", open=False):
        outputs = gr.File(
            label="Translations made elsewhere, one a line", file_count="multiple", height=140
        )
        words = gr.Checkbox(label="chrF++ instead of chrF2")
        randomisation = gr.Checkbox(label="Paired approximate randomisation, too")
        own_data = gr.Checkbox(
            label="Each adapter on its own training data, too: shows overfitting"
        )
        also = gr.Dropdown(
            [("none", ""), *((name, f"builtin:{name}") for name in builtin_tests())],
            value="",
            label="Another set beside",
            info="shows forgetting",
        )
    return [outputs, words, randomisation, own_data, also]


def _start(studio: Studio):
    def start(
        visitor: str,
        adapters: list[str],
        kind: str,
        upload: str,
        hub: str,
        most: int,
        beams: int,
        outputs: list[str] | None,
        words: bool,
        randomisation: bool,
        own_data: bool,
        also: str,
    ) -> str:
        """Puts an evaluation in line; its id."""
        folder = visitor_folder(studio.root, visitor)
        data, also = (
            resolve_source(kind, folder, upload, hub),
            also and resolve_source(also, folder),
        )
        request = Request(
            tuple(adapters),
            data,
            most,
            beams,
            tuple(map(Path, outputs or [])),
            words,
            randomisation,
            own_data,
            also,
        )
        return evaluation_requests.start(studio, request, visitor).folder.name

    return start


def _stop(studio: Studio):
    def stop(visitor: str, chosen: str | None) -> gr.Dropdown:
        """Ends the visitor's evaluation, and what is done is scored; or gives up its place in line."""
        evaluation_requests.stop(studio, chosen or "", visitor)
        return gr.skip()

    return stop


def _delete(studio: Studio):
    def delete(visitor: str, chosen: str | None) -> gr.Dropdown:
        """Removes a report."""
        evaluation_requests.delete(studio, chosen or "", visitor)
        return gr.Dropdown(value=None)

    return delete


def _follow(studio: Studio, anyway: bool):
    def follow(visitor: str, chosen: str | None, begun: str, seen: str) -> tuple:
        """Shows the evaluation that was just begun, or the chosen one, or the one that goes on; if not anyway, only what is new."""
        view = look(studio, visitor, begun or chosen, seen, anyway)
        return _update(view) if view else gr.skip()

    return follow


def _update(view: View) -> tuple:
    """The view as updates of the tab's widgets."""
    return (
        gr.Column(visible=bool(view.choices)),
        gr.Dropdown(choices=view.choices, value=view.chosen),
        gr.Button(
            "Leave the line" if view.state == "waiting" else "Stop",
            interactive=view.state in ("waiting", "running"),
        ),
        gr.Button(interactive=bool(view.chosen) and view.state not in ACTIVE),
        view.html,
        gr.File([str(path) for path in view.report] or None, visible=bool(view.report)),
        gr.Timer(1 if view.is_active else RECHECK_SECONDS),
        view.mark,
        "",
    )
