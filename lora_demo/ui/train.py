"""The Train tab: choose data and settings, start a run, watch it, stop it, find it again after a reload."""

from pathlib import Path

import gradio as gr

from lora_demo.model.parameters import TARGET_SETS
from lora_demo.training.data import builtin_domains
from lora_demo.training.runs import Run
from lora_demo.ui.following import RESUMABLE, View, look
from lora_demo.ui.presets import LENGTHS, PRESETS, Settings
from lora_demo.ui.run_view import EMPTY
from lora_demo.ui.source_view import preview_html, source_html
from lora_demo.ui.studio import Studio, shelved
from lora_demo.ui.visitors import keep_pairs, resolve_source, visitor_folder
from lora_demo.ui.wiring import COPY, QUIET, said


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays the tab out; returns a function that finds the visitor's run again on an event."""
    seen, timer = gr.State(""), gr.Timer(1, active=False)
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=2, min_width=320, elem_classes="form-pane"):
            source = _source(studio, visitor)
            settings = _settings()
            start = gr.Button("Start training", variant="primary")
        with gr.Column(scale=3, min_width=340):
            with gr.Column(visible=False) as bar:
                runs = gr.Dropdown([], label="Your runs", filterable=False)
                with gr.Row(elem_classes="run-bar"):
                    stop, resume, delete = (gr.Button(name, size="md", min_width=70) for name in ("Stop", "Resume", "Delete"))
            live = gr.HTML(EMPTY, js_on_load=COPY, elem_classes="live")
    view = [bar, runs, live, stop, resume, delete, timer, shelf, seen]
    follow = said(_follow(studio))
    start.click(said(_start(studio)), [visitor, *source, *settings], runs, **QUIET).success(follow, [visitor, runs, shelf], view, **QUIET)
    for button, act in ((stop, _stop), (resume, _resume), (delete, _delete)):
        button.click(said(act(studio)), [visitor, runs], runs, **QUIET).success(follow, [visitor, runs, shelf], view, **QUIET)
    runs.input(follow, [visitor, runs, shelf], view, **QUIET)
    timer.tick(said(_tick(studio)), [visitor, runs, shelf, seen], view, **QUIET)
    return lambda event: event(follow, [visitor, runs, shelf], view, **QUIET)


def _source(studio: Studio, visitor: gr.BrowserState) -> list:
    """Data: a kind, and what the kind needs; a preview as soon as there is something to see."""
    kinds = [("built-in", "builtin"), *((name, f"builtin:{name}") for name in builtin_domains()), ("a file", "upload"), ("the Hub", "hub")]
    kind = gr.Radio(kinds, value="builtin", label="Data")
    file = gr.File(label="German and English, .tsv .csv .jsonl", file_types=[".tsv", ".csv", ".jsonl"], visible=False, height=140)
    hub = gr.Textbox(label="Hub data set", placeholder="wmt/wmt16:de-en:train[:1%]", visible=False)
    upload, preview = gr.State(""), gr.HTML(source_html("builtin"), elem_classes="preview")
    kind.change(said(_choose_kind), [kind, upload, visitor], [file, hub, preview], **QUIET)
    file.upload(said(_keep_file(studio)), [file, visitor], [upload, preview], **QUIET)
    file.clear(lambda: ("", ""), None, [upload, preview], **QUIET)
    return [kind, upload, hub]


def _choose_kind(kind: str, upload: str, visitor: str) -> tuple:
    """Shows what the kind of data needs."""
    preview = source_html(kind) if kind.startswith("builtin") else ""
    return gr.File(visible=kind == "upload"), gr.Textbox(visible=kind == "hub"), preview


def _keep_file(studio: Studio):
    def keep(file: str, visitor: str) -> tuple[str, str]:
        """Checks an uploaded file and shows what is in it."""
        name, pairs = keep_pairs(Path(file), visitor_folder(studio.root, visitor))
        return name, preview_html(pairs)

    return keep


def _settings() -> list:
    """Presets, and every setting that they fill in, in the order of `Settings`' fields."""
    first = PRESETS["60 seconds"]
    preset = gr.Radio(list(PRESETS), value="60 seconds", label="Preset")
    with gr.Row():
        rank = gr.Dropdown(["2", "4", "8", "16", "32"], value=str(first.rank), allow_custom_value=True, label="Rank", min_width=90)
        alpha = gr.Number(first.alpha, label="Alpha", min_width=90)
        targets = gr.Dropdown(list(TARGET_SETS), value=first.targets, allow_custom_value=True, label="Matrices", min_width=140)
    with gr.Row():
        length = gr.Number(first.length, label="Length", min_width=90)
        unit = gr.Dropdown(list(LENGTHS), value=first.unit, label="counted in", min_width=130)
        rate = gr.Number(first.learning_rate, label="Learning rate", min_width=110, step=0.0001)
    with gr.Accordion("More settings", open=False):
        with gr.Row():
            batch = gr.Number(first.batch_size, label="Batch size", precision=0, min_width=110)
            dropout = gr.Number(first.dropout, label="Dropout", min_width=110, step=0.05)
            patience = gr.Number(first.patience, label="Patience", info="0: never stop early", precision=0, min_width=140)
            seed = gr.Number(first.seed, label="Seed", precision=0, min_width=110)
        name = gr.Textbox(label="Name of the adapter", placeholder="made from base, data and rank", max_length=64)
    fields = [rank, alpha, targets, rate, batch, unit, length, dropout, patience, seed, name]
    preset.input(_fill, preset, fields[:-2], **QUIET)
    return fields


def _fill(preset: str) -> tuple:
    """A preset's settings, put into the form; seed and name stay."""
    settings = PRESETS[preset]
    return (str(settings.rank), *list(vars(settings).values())[1:-2])


def _start(studio: Studio):
    def start(visitor: str, kind: str, upload: str, hub: str, *settings) -> gr.Dropdown:
        """Starts a run with the form's settings, or puts it in line."""
        data = resolve_source(kind, visitor_folder(studio.root, visitor), upload, hub)
        run = studio.train(Settings(*settings), data, visitor)
        return _shown(run)

    return start


def _stop(studio: Studio):
    def stop(visitor: str, run: str | None) -> gr.Dropdown:
        """Stops the run, or leaves the line."""
        studio.stop(run or "", visitor)
        return gr.skip()

    return stop


def _resume(studio: Studio):
    def resume(visitor: str, run: str | None) -> gr.Dropdown:
        """Goes on with a stopped run, or puts it in line."""
        return _shown(studio.resume(run or "", visitor))

    return resume


def _delete(studio: Studio):
    def delete(visitor: str, run: str | None) -> gr.Dropdown:
        """Removes a run."""
        studio.delete_run(run or "", visitor)
        return gr.Dropdown(value=None)

    return delete


def _shown(run: Run | None) -> gr.Dropdown:
    """The list of runs with this one chosen; nothing is chosen by who waits in line."""
    return gr.Dropdown(choices=[(run.id, run.id)], value=run.id) if run else gr.Dropdown(value=None)


def _follow(studio: Studio):
    def follow(visitor: str, chosen: str | None, shelf: dict) -> tuple:
        """Shows the chosen run, or the one that goes on."""
        return _update(look(studio, visitor, chosen), shelf)

    return follow


def _tick(studio: Studio):
    def tick(visitor: str, chosen: str | None, shelf: dict, seen: str) -> tuple:
        """Shows what is new since the last look."""
        if trouble := studio.trouble(visitor):
            raise ValueError(trouble)
        view = look(studio, visitor, chosen, seen)
        return _update(view, shelf) if view else (gr.skip(),) * 9

    return tick


def _update(view: View, shelf: dict) -> tuple:
    """The view as updates of the tab's widgets; the shelf changes when there is a new adapter."""
    busy = view.is_active
    return (
        gr.Column(visible=view.state != "none"),
        gr.Dropdown(choices=view.choices, value=view.chosen),
        view.html,
        gr.Button("Leave the line" if view.state == "waiting" else "Stop", interactive=busy and view.state != "stopping"),
        gr.Button(interactive=view.state in RESUMABLE),
        gr.Button(interactive=bool(view.chosen) and not busy),
        gr.Timer(active=busy),
        shelved(shelf, view.made) if view.made else gr.skip(),
        view.mark,
    )
