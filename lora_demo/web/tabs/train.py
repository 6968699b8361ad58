"""The Train tab: choose data and settings, start a run, watch it, stop it, find it again after a reload, compare runs."""

from html import escape

import gradio as gr

from lora_demo.data.sources import builtin_domains, builtin_tests
from lora_demo.model.parameters import TARGET_SETS
from lora_demo.service.data_sources import resolve_source
from lora_demo.service.presets import PRESET_FIELDS, PRESETS
from lora_demo.service.studio import Studio, shelved
from lora_demo.service.visitor_folders import visitor_folder
from lora_demo.training.config import DECAYS, PRECISIONS
from lora_demo.training.request import FIELDS, UNITS, TrainRequest
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST, QUIET, RECHECK_SECONDS, newest
from lora_demo.web.scripts import COPY
from lora_demo.web.tabs import jobs_panel, source_chooser
from lora_demo.web.views.followed_run import Mark, View, look
from lora_demo.web.views.run_comparison import MOST, comparison_html
from lora_demo.web.views.run_view import EMPTY
from lora_demo.web.views.source_view import look_html

FIRST = PRESETS["60 seconds"]
READING = '<p class="busy"><i></i>Reading the data …</p>'


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays the tab out; returns a function that finds the visitor's run again on an event."""
    seen, timer = gr.State(None), gr.Timer(RECHECK_SECONDS)
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=2, min_width=320, elem_classes="form-pane"):
            data, preview, read = _source(studio, visitor)
            settings, filled = _settings()
            machine = jobs_panel.build(studio)
        with gr.Column(scale=3, min_width=340):
            with gr.Row(elem_classes="action"):
                start = gr.Button("Start training", variant="primary", scale=0, min_width=180)
                estimate = gr.HTML("", elem_classes="estimate-pane", min_height=60)
            with gr.Column(visible=False) as bar:
                runs = gr.Dropdown([], label="Your runs", filterable=False)
                with gr.Row(elem_classes="run-bar"):
                    stop, resume, delete = (
                        gr.Button(name, size="md", min_width=70)
                        for name in ("Stop", "Resume", "Delete")
                    )
            live = gr.HTML(EMPTY, js_on_load=COPY, elem_classes="live")
            with gr.Accordion("Compare runs", open=False, visible=False) as history:
                compared = gr.CheckboxGroup([], label="Two or more of your runs")
                comparison = gr.HTML("")
    begun = gr.State("")
    view = [bar, runs, live, stop, resume, delete, timer, shelf, seen, history, compared, begun]
    follow, following, looked = (
        newest(show_errors(_follow(studio, anyway=True))),
        [gr.State({}), visitor, runs, begun, shelf, seen],
        [visitor, *data, *settings],
    )
    began = start.click(
        show_errors(jobs_panel.starting(studio, _start(studio))),
        [*machine, *looked],
        begun,
        **QUIET,
    )
    resumed = resume.click(
        show_errors(jobs_panel.resuming(studio)), [visitor, runs, machine.token], begun, **QUIET
    )
    acted = [
        button.click(show_errors(act(studio)), [visitor, runs], runs, **QUIET)
        for button, act in ((stop, _stop), (delete, _delete))
    ]
    for event in (began, resumed, *acted):
        event.success(follow, following, view, **EACH)
    for event in (began, resumed):
        for ended in (event.then, event.failure):
            ended(jobs_panel.forget, None, [machine.consent, machine.token], **QUIET)
    runs.input(follow, following, view, **EACH)
    compared.change(show_errors(_side_by_side(studio)), [visitor, compared], comparison, **QUIET)
    timer.tick(newest(show_errors(_follow(studio, anyway=False))), following, view, **QUIET)
    show, asking = newest(show_errors(_look(studio)), studio.work_queue), [gr.State({}), *looked]
    gr.on([field.input for field in settings], show, asking, [preview, estimate], **LATEST)
    for event in (
        *read,
        filled,
        shelf.change,
    ):  # a run that has ended tells how long the next one takes
        event(show, asking, [preview, estimate], **EACH)

    def attach(event):
        event(show, asking, [preview, estimate], **EACH)
        return event(jobs_panel.reattaching(studio), visitor, None, **QUIET).then(
            follow, following, view, **EACH
        )

    return attach


def _source(studio: Studio, visitor: gr.BrowserState) -> tuple[list, gr.HTML, list]:
    """Data, the place of its preview, and the events after which there is a new one."""
    kinds = [*((name, f"builtin:{name}") for name in builtin_domains()), ("both", "builtin")]
    chosen = source_chooser.build(
        studio,
        visitor,
        "Data",
        kinds,
        "builtin:weather",
        least=2,
        example="wmt/wmt16:de-en:train[:1%]",
        info="owner/name:config:split, then Enter",
    )
    preview = gr.HTML(READING, elem_classes="preview", min_height=150)
    asked = gr.on([chosen.kind.change, chosen.hub.submit], lambda: READING, None, preview, **EACH)
    return chosen.inputs, preview, [asked.then, *chosen.sent]


def _settings() -> tuple[list, object]:
    """Presets, and every setting that they fill in, in the order of `TrainRequest`'s fields; the event after a preset is chosen."""
    preset = gr.Radio(list(PRESETS), value="60 seconds", label="Preset")
    with gr.Row():
        rank = gr.Dropdown(
            ["2", "4", "8", "16", "32", "4, 8, 16"],
            value=str(FIRST.rank),
            allow_custom_value=True,
            label="Rank",
            info="several: a sweep",
            min_width=100,
        )
        alpha = gr.Number(FIRST.alpha, label="Alpha", info="0: twice the rank", min_width=100)
        targets = gr.Dropdown(
            list(TARGET_SETS),
            value=FIRST.targets,
            allow_custom_value=True,
            label="Matrices",
            info="or q, wo, ...",
            min_width=150,
        )
    with gr.Row():
        length = gr.Number(FIRST.length, label="Length", min_width=90)
        unit = gr.Dropdown(list(UNITS), value=FIRST.unit, label="counted in", min_width=150)
        rate = gr.Number(FIRST.learning_rate, label="Learning rate", min_width=110, step=0.0001)
    with gr.Accordion("More settings", open=False):
        with gr.Row():
            batch, accumulation, seed = (
                _number("batch_size", "Batch size", precision=0),
                _number("accumulation", "Accumulation", "batches an update", precision=0),
                _number("seed", "Seed", precision=0),
            )
        with gr.Row():
            dropout, smoothing, decay_weight = (
                _number("dropout", "Dropout", step=0.05),
                _number("label_smoothing", "Label smoothing", step=0.05),
                _number("weight_decay", "Weight decay", step=0.01),
            )
        with gr.Row():
            warmup, decay, clip = (
                _number("warmup", "Warm-up", "share of the steps", step=0.01),
                gr.Dropdown(
                    list(DECAYS),
                    value=FIRST.decay,
                    label="Decay",
                    info="of the rate",
                    min_width=110,
                ),
                _number("clip", "Clipping", "of the gradient", step=0.1),
            )
        with gr.Row():
            patience, every = (
                _number("patience", "Patience", "0: never stop early", precision=0),
                _number("eval_every", "Steps between evaluations", "0: ten in a run", precision=0),
            )
        with gr.Row():
            max_length, max_pairs = (
                _number("max_length", "Longest sentence", "in tokens", precision=0),
                _number("max_pairs", "Pairs at most", "0: all", precision=0),
            )
            precision = gr.Dropdown(
                list(PRECISIONS),
                value=FIRST.precision,
                label="Precision",
                info="auto: by the device",
                min_width=110,
            )
        watch = gr.Dropdown(
            [("nothing", ""), *((name, f"builtin:{name}") for name in builtin_tests())],
            value=FIRST.watch,
            label="Watch beside",
            info="chrF of another set, so that forgetting shows",
        )
        rslora = gr.Checkbox(FIRST.use_rslora, label="rsLoRA: scale by 1/√r")
        name = gr.Textbox(
            label="Name of the adapter", placeholder="made from data and rank", max_length=60
        )
    by_name = dict(
        rank=rank,
        alpha=alpha,
        targets=targets,
        learning_rate=rate,
        batch_size=batch,
        unit=unit,
        length=length,
        dropout=dropout,
        patience=patience,
        seed=seed,
        name=name,
        warmup=warmup,
        decay=decay,
        weight_decay=decay_weight,
        label_smoothing=smoothing,
        clip=clip,
        accumulation=accumulation,
        eval_every=every,
        max_length=max_length,
        max_pairs=max_pairs,
        use_rslora=rslora,
        watch=watch,
        precision=precision,
    )
    chosen = preset.input(_fill, preset, [by_name[field] for field in PRESET_FIELDS], **LATEST)
    return [by_name[field] for field in FIELDS], chosen.then


def _number(field: str, label: str, info: str | None = None, **options) -> gr.Number:
    return gr.Number(getattr(FIRST, field), label=label, info=info, min_width=110, **options)


def _fill(preset: str) -> tuple:
    """A preset's settings, put into the form; seed and name stay."""
    settings = PRESETS[preset]
    return (str(settings.rank), *(getattr(settings, field) for field in PRESET_FIELDS[1:]))


def _look(studio: Studio):
    def show(visitor: str, kind: str, upload: str, hub: str, *settings) -> tuple[str, str]:
        """The preview of the data and the estimate for the settings; what is wrong with either stands in its place."""
        if (kind == "upload" and not upload) or (kind == "hub" and not (hub or "").strip()):
            return "", ""
        try:
            return look_html(
                studio,
                resolve_source(kind, visitor_folder(studio.root, visitor), upload, hub),
                dict(zip(FIELDS, settings, strict=True)),
            )
        except ValueError as error:
            return f'<p class="warning">{escape(str(error))}</p>', ""

    return show


def _start(studio: Studio):
    def start(visitor: str, kind: str, upload: str, hub: str, *settings) -> str:
        """Starts a run with the form's settings, or a sweep, or puts them in line; its id."""
        data = resolve_source(kind, visitor_folder(studio.root, visitor), upload, hub)
        request = TrainRequest.from_mapping(dict(zip(FIELDS, settings, strict=True)))
        return studio.train(request, data, visitor)[0].id

    return start


def _stop(studio: Studio):
    def stop(visitor: str, run: str | None) -> gr.Dropdown:
        """Stops the run, or leaves the line."""
        studio.stop(run or "", visitor)
        return gr.skip()

    return stop


def _delete(studio: Studio):
    def delete(visitor: str, run: str | None) -> gr.Dropdown:
        """Removes a run."""
        studio.delete_run(run or "", visitor)
        return gr.Dropdown(value=None)

    return delete


def _side_by_side(studio: Studio):
    def side_by_side(visitor: str, chosen: list[str]) -> str:
        """Lays the chosen runs side by side."""
        runs = [run for run in studio.runs(visitor) if run.id in chosen]
        if len(runs) < 2:
            return ""
        if len(runs) > MOST:
            raise ValueError(f"{len(runs)} runs are chosen; {MOST} fit side by side.")
        return comparison_html(runs[::-1])

    return side_by_side


def _follow(studio: Studio, anyway: bool):
    def follow(
        visitor: str, chosen: str | None, begun: str, shelf: dict, seen: Mark | None
    ) -> tuple:
        """Shows the run that was just begun, or the chosen one, or the one that goes on; if not anyway, only what is new."""
        view = look(studio, visitor, begun or chosen, seen, anyway)
        return _update(view, shelf) if view else gr.skip()

    return follow


def _update(view: View, shelf: dict) -> tuple:
    """The view as updates of the tab's widgets; the shelf changes when there is a new adapter."""
    busy = view.state in ("starting", "running", "waiting")
    return (
        gr.Column(visible=view.state != "none"),
        gr.Dropdown(choices=view.choices, value=view.chosen),
        view.html,
        gr.Button("Leave the line" if view.state == "waiting" else "Stop", interactive=busy),
        gr.Button(interactive=view.can_resume),
        gr.Button(interactive=bool(view.chosen) and not busy and view.state != "stopping"),
        gr.Timer(1 if view.is_active else RECHECK_SECONDS),
        shelved(shelf, view.made) if view.made else gr.skip(),
        view.mark,
        gr.Accordion(visible=len(view.choices) > 1),
        gr.CheckboxGroup(choices=view.choices),
        "",
    )
