"""The Evaluate tab: systems and a set, the verdict first, then scores, plots and sentences; the report to take away."""

import functools
import tempfile
import threading
from collections.abc import Iterator
from html import escape
from pathlib import Path

import gradio as gr

from lora_demo.evaluation.evaluate import EvaluationConfig, Evaluator
from lora_demo.evaluation.report import body, write_report
from lora_demo.evaluation.style import STYLE
from lora_demo.training.data import builtin_tests
from lora_demo.ui.answer import MOST_BEAMS
from lora_demo.ui.collection import choose
from lora_demo.ui.line import duration
from lora_demo.ui.studio import Studio
from lora_demo.ui.visitors import UPLOAD, hub_source, keep_pairs, resolve_source, visitor_folder
from lora_demo.ui.wiring import QUIET, checked, choices, refreshed, said

EMPTY = '<div class="blank"><b>Nothing evaluated yet.</b><p>Choose adapters and a set with known translations. The verdict says whether an adapter is better than the base, and whether that is more than chance.</p></div>'
MOST_SENTENCES = 2000
SHOWN_SENTENCES = 200
TURN = {"concurrency_id": "evaluation", "concurrency_limit": 1}
"""One evaluation at a time; it takes turns with Compare batch by batch."""


def build(studio: Studio, visitor: gr.BrowserState, shelf: gr.State):
    """Lays the tab out; returns a function that refreshes its choices on an event."""
    stops: dict[str, threading.Event] = {}
    with gr.Row(elem_classes="panes"):
        with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
            adapters = gr.CheckboxGroup(label="Adapters against the base", choices=choices(studio, ""), value=[id for _, id in choices(studio, "")])
            source = _source(studio, visitor)
        with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
            with gr.Row():
                most = gr.Number(500, label="Sentences at most", precision=0, minimum=1, maximum=MOST_SENTENCES, min_width=140)
                beams = gr.Slider(1, MOST_BEAMS, value=1, step=1, label="Beams", min_width=140)
            with gr.Accordion("More", open=False):
                outputs = gr.File(label="Translations made elsewhere, one a line", file_count="multiple", height=120)
                words = gr.Checkbox(label="chrF++ instead of chrF2")
                randomisation = gr.Checkbox(label="Paired approximate randomisation, too")
            with gr.Row():
                start, stop = gr.Button("Evaluate", variant="primary"), gr.Button("Stop", min_width=70)
    note = gr.HTML("", elem_classes="note")
    result = gr.HTML(EMPTY, elem_classes="output")
    files = gr.File(label="The report: a page, everything as JSON, the sentences as CSV", file_count="multiple", interactive=False, visible=False)
    asked = start.click(_streamed(_run(studio, stops)), [visitor, adapters, *source, most, beams, outputs, words, randomisation], [note, files, result], show_progress="hidden", api_visibility="private", **TURN)
    asked.failure(lambda: "", None, note, **QUIET)
    stop.click(_stop(stops), visitor, note, **QUIET)
    gr.api(said(checked(_evaluate(studio))), api_name="evaluate", **TURN)
    return lambda event: event(said(refreshed(studio)), [adapters, visitor, shelf], adapters, **QUIET)


def _source(studio: Studio, visitor: gr.BrowserState) -> list:
    """The set: a kind, and what the kind needs."""
    kinds = [("built-in test", "builtin"), *((name, f"builtin:{name}") for name in builtin_tests()), ("a file", "upload"), ("the Hub", "hub")]
    kind = gr.Radio(kinds, value="builtin", label="Set")
    file = gr.File(label="German and English, .tsv .csv .jsonl", file_types=[".tsv", ".csv", ".jsonl"], visible=False, height=120)
    hub = gr.Textbox(label="Hub data set", placeholder="wmt/wmt16:de-en:test", visible=False)
    upload = gr.State("")
    kind.change(lambda kind: (gr.File(visible=kind == "upload"), gr.Textbox(visible=kind == "hub")), kind, [file, hub], **QUIET)
    file.upload(said(_keep(studio)), [file, visitor], upload, **QUIET)
    file.clear(lambda: "", None, upload, **QUIET)
    return [kind, upload, hub]


def _keep(studio: Studio):
    def keep(file: str, visitor: str) -> str:
        """Checks an uploaded set and keeps it."""
        return keep_pairs(Path(file), visitor_folder(studio.root, visitor))[0]

    return keep


def _run(studio: Studio, stops: dict[str, threading.Event]):
    def run(visitor: str, adapters: list[str], kind: str, upload: str, hub: str, most: int, beams: int, outputs: list[str] | None, words: bool, randomisation: bool) -> Iterator[tuple]:
        """Evaluates, and shows how far it is."""
        folder = visitor_folder(studio.root, visitor)
        data = resolve_source(kind, folder, upload, hub)
        if studio.engine.state == "loading":
            yield _busy("The model is still loading; your evaluation is next."), gr.skip(), gr.skip()
        stop = stops[visitor] = threading.Event()
        made = tuple((Path(file).stem, Path(file)) for file in outputs or [])
        evaluator = _evaluator(studio, visitor, adapters, data, most, beams, outputs=made, words=2 * words, randomisation=randomisation)
        evaluator.stop = stop.is_set
        try:
            for event in evaluator.run():
                if event["kind"] in ("phase", "progress"):
                    yield _busy(_progress(event)), gr.skip(), gr.skip()
        finally:
            stops.pop(visitor, None)
        evaluation = event["evaluation"]
        report = write_report(evaluation, Path(tempfile.mkdtemp(prefix="lora_demo-")))
        yield "", gr.File([str(path) for path in report], visible=True), f"<style>{STYLE}</style>{body(evaluation, SHOWN_SENTENCES)}"

    return run


def _evaluator(studio: Studio, visitor: str, adapters: list[str], data: str, most: int, beams: int, **more) -> Evaluator:
    """An evaluation that reads only what the visitor may read, and shows no path of this machine."""
    if not isinstance(most, (int, float)) or not 1 <= most <= MOST_SENTENCES:
        raise ValueError(f"sentences = {most!r} (wanted: 1 to {MOST_SENTENCES}; the command line takes any number).")
    entries, translator = choose(studio.adapters(visitor), adapters), studio.engine.translator()
    config = EvaluationConfig(base=studio.base, revision=studio.revision, adapters=tuple(entry.folder for entry in entries), data=data, max_pairs=int(most), beams=int(beams), **more)
    own = str(visitor_folder(studio.root, visitor) / "uploads") if visitor else ""
    may_read = lambda source: source.startswith("builtin") or bool(own) and str(Path(source).parent) == own
    return Evaluator(config, translator, names=[entry.name for entry in entries], label=Path(data).name if data.startswith("/") else data, may_read=may_read)


def _streamed(handler):
    """As `said`, for a handler that yields."""

    @functools.wraps(handler)
    def call(*values):
        updates, advance = handler(*values), said(next)
        while (update := advance(updates, None)) is not None:
            yield update

    return call


def _busy(text: str) -> str:
    return f'<p class="busy"><i></i>{escape(text)}</p>'


def _progress(event: dict) -> str:
    if event["kind"] == "phase":
        return f"{event['message']} …"
    left = f", {duration(event['seconds_left'])} left" if event["seconds_left"] is not None else ""
    return f"{event['done']:,} of {event['total']:,} done{left}"


def _stop(stops: dict[str, threading.Event]):
    def stop(visitor: str) -> str:
        """Ends the visitor's evaluation; what is done is scored."""
        if visitor not in stops:
            return ""
        stops[visitor].set()
        return _busy("Stopping; what is done will be scored …")

    return stop


def _evaluate(studio: Studio):
    def evaluate(adapters: list[str], data: str = "builtin", sentences: int = 500, beams: int = 1, visitor: str = "") -> dict:
        """Scores the base and adapters on a set: BLEU, chrF and TER with intervals, signatures and p-values against the base.

        Args:
            adapters: ids as the function `adapters` gives them; the base is always there.
            data: `builtin`, `builtin:weather`, `builtin:recipes`, what `train_upload` returned, or a Hub data set as `owner/name:config:split`.
            sentences: the first so many, 1 to 2000.
            beams: 1 (greedy) to 8.
            visitor: your secret key, if adapters or files of your own are among them.
        """
        folder = visitor_folder(studio.root, visitor) if visitor else studio.root / "nobody"
        source = resolve_source("upload", folder, data.removeprefix(UPLOAD)) if data.startswith(UPLOAD) else hub_source(data) if "/" in data else resolve_source(data, folder)
        for event in _evaluator(studio, visitor, adapters, source, sentences, beams).run():
            pass
        evaluation = event["evaluation"]
        return evaluation.summary() | {"verdicts": evaluation.verdicts(), "alarms": evaluation.alarms()}

    return evaluate
