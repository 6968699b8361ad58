"""The Evaluate tab: choose systems and a test set, follow the evaluation, read the report."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.data.readers import GZIP, UPLOADED
from lora_demo.data.sources import builtin_tests
from lora_demo.evaluation.segment_scores import TABLES, SegmentFile, name_from_file
from lora_demo.language import N_, _
from lora_demo.service.comparison import MAX_BEAMS
from lora_demo.service.data_sources import resolve_source
from lora_demo.service.evaluation_request import MAX_SENTENCES, EvaluationRequest
from lora_demo.web.adapter_choices import adapter_choices, updated_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, LATEST, QUIET, RECHECK_SECONDS
from lora_demo.web.scripts import SEARCH_SENTENCES, localised
from lora_demo.web.shelf import Shelf
from lora_demo.web.tabs.base_menu import base_list
from lora_demo.web.tabs.confirmed_button import ConfirmedButton
from lora_demo.web.tabs.section import FollowedSection
from lora_demo.web.tabs.source_chooser import SourceChooser
from lora_demo.web.views.elements import blank_html
from lora_demo.web.views.followed_evaluation import EMPTY, EvaluationsView, view_evaluations
from lora_demo.web.views.terms import terms_line

TERMS = ("BLEU", "chrF", "TER", "p", "reference", "beam", "signature")
DOWNLOADS = {
    "report.html": N_("Web page"),
    "report.json": N_("Data (JSON)"),
    "sentences.csv": N_("Sentences (CSV)"),
    "scores.tex": N_("Scores (LaTeX)"),
    "report.xlsx": N_("Tables (Excel)"),
}
"""Label of the download button of each file of a report."""
SCORE_SUFFIXES = [*TABLES, ".txt", GZIP]
BUILTIN_TESTS = [(name, f"builtin:{name}") for name in builtin_tests()]


class EvaluateTab(FollowedSection):
    """The tab's widgets and handlers."""

    def layout(self) -> None:
        """Create the widgets."""
        self.request = gr.State({})
        self.seen = gr.State("")
        self.started = gr.State("")
        self.timer = gr.Timer(RECHECK_SECONDS)
        with gr.Row(elem_classes="panes"):
            with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
                self._layout_systems()
            with gr.Column(scale=2, min_width=300, elem_classes="form-pane"):
                self._layout_options()
                gr.HTML(terms_line(TERMS))
                self.start = gr.Button(_("Evaluate"), variant="primary")
        with gr.Column(visible=False) as self.bar:
            self.chosen = gr.Dropdown([], label=_("Your evaluations"), filterable=False)
            with gr.Row(elem_classes="run-bar"):
                self.stop = gr.Button(_("Stop"), size="md", min_width=70)
                question = _("Delete this evaluation and its report? This cannot be undone.")
                self.deletion = ConfirmedButton(_("Delete"), question, _("Delete for good"))
                self.delete = self.deletion.button
        with gr.Row(visible=False, elem_classes="run-bar") as self.downloads:
            self.files = [
                gr.DownloadButton(_(label), size="md", min_width=110)
                for label in DOWNLOADS.values()
            ]
            self.search = gr.Textbox(
                placeholder=_("Search the sentences"),
                show_label=False,
                label=_("Search the sentences"),
                min_width=220,
                max_lines=1,
            )
        self.result = gr.HTML(blank_html(*EMPTY), elem_classes="output")

    def _layout_systems(self) -> None:
        bases = self.services.bases
        self.base = base_list(bases, visible=bases.has_choice)
        shipped = adapter_choices(bases.own, "")
        self.adapters = gr.CheckboxGroup(
            label=_("Adapters to compare with the base"),
            choices=shipped,
            value=[id for _name, id in shipped],
        )
        self.source = SourceChooser(
            self.services,
            self.visitor,
            _("Test set"),
            [(_("built-in test"), "builtin"), *BUILTIN_TESTS],
            "builtin",
            min_pairs=1,
            example="wmt/wmt16:de-en:test",
            info="owner/name:config:split",
        )

    def _layout_options(self) -> None:
        with gr.Row():
            self.sentences = gr.Number(
                500,
                label=_("Number of sentences"),
                info=_("from the start of the set"),
                precision=0,
                minimum=1,
                maximum=MAX_SENTENCES,
                min_width=140,
            )
            self.beams = gr.Slider(
                1,
                MAX_BEAMS,
                value=1,
                step=1,
                label=_("Beams"),
                info=_("1 is greedy"),
                min_width=140,
            )
        with gr.Accordion(_("More"), open=False):
            self._layout_files()
            self._layout_measurements()

    def _layout_files(self) -> None:
        """Create the fields for files besides the test set, and the choice of COMET."""
        self.outputs = gr.File(
            label=_("Translations by other systems, one sentence per line"),
            file_count="multiple",
            height=140,
        )
        self.scores = gr.File(
            label=_("Segment scores, such as COMET.tsv with a column for each system"),
            file_count="multiple",
            file_types=SCORE_SUFFIXES,
            height=140,
        )
        self.lower = gr.CheckboxGroup([], label=_("Lower is better for"), visible=False)
        comet = self.services.evaluations.comet
        self.comet = gr.Checkbox(
            label=_("Score with COMET, which takes longer"),
            info=comet.model.description if comet else None,
            visible=comet is not None,
        )
        self.glossary = gr.File(
            label=_("Glossary with the columns term_de and term_en: counts terms hit and missed"),
            file_types=[*UPLOADED],
            height=140,
        )

    def _layout_measurements(self) -> None:
        """Create the choices of what to measure besides the usual scores."""
        self.words = gr.Checkbox(label=_("chrF++ instead of chrF2"))
        self.randomisation = gr.Checkbox(label=_("Add paired approximate randomisation"))
        self.own_data = gr.Checkbox(
            label=_("Also evaluate each adapter on its own training data, to show overfitting")
        )
        self.also = gr.Dropdown(
            [(_("none"), ""), *BUILTIN_TESTS],
            value="",
            label=_("Second test set"),
            info=_("shows forgetting"),
        )

    def connect(self) -> None:
        """Connect the events of the widgets to their handlers."""
        options = [self.sentences, self.beams, self.outputs]
        options += [self.words, self.randomisation, self.own_data, self.also, self.glossary]
        options += [self.scores, self.lower, self.comet]
        inputs = [self.visitor, self.base, self.adapters, *self.source.inputs, *options]
        started = self.start.click(show_errors(self._start), inputs, self.started, **QUIET)
        self.show_after(started.success)
        self.base.input(self._choose_base, [self.base, self.visitor], self.adapters, **LATEST)
        self.scores.change(show_errors(self._list_metrics), self.scores, self.lower, **LATEST)
        self.search.change(None, self.search, None, js=localised(SEARCH_SENTENCES), **QUIET)
        self.connect_view([(self.stop, self._stop), (self.deletion.yes, self._delete)])
        self.deletion.reset_on(self.chosen.change)

    def view_inputs(self) -> list[Component]:
        """Return the inputs of `show`, after the state that `newest` needs."""
        return [self.request, self.visitor, self.chosen, self.started, self.seen]

    def view_outputs(self) -> list[Component]:
        """Return the widgets that `show` updates."""
        return [
            self.bar,
            self.chosen,
            self.stop,
            self.delete,
            self.result,
            self.downloads,
            *self.files,
            self.search,
            self.timer,
            self.seen,
            self.started,
        ]

    def refresh_on(self, event: Callable) -> Callable:
        """Show the visitor's evaluations and adapters again after an event.

        Args:
            event: Registers a handler.

        Returns:
            The result of the registration of the last handler.
        """
        self.show_after(event)
        inputs = [self.base, self.adapters, self.visitor, self.shelf]
        return event(show_errors(self._refresh), inputs, [self.base, self.adapters], **EACH)

    def _refresh(
        self, base: str, chosen: list[str], visitor: str, shelf: Shelf
    ) -> tuple[Any, gr.CheckboxGroup]:
        """Offer the visitor's adapters and choose the one that was just made, with its base."""
        bases = self.services.bases
        made = shelf["made"]
        served = bases.home_of(made, visitor, base) if made else bases.find(base)
        menu = gr.skip() if served.name == base else gr.Radio(value=served.name)
        return menu, updated_choices(served, chosen, visitor, shelf)

    def _choose_base(self, base: str, visitor: str) -> gr.CheckboxGroup:
        """Offer the adapters of another base, with the shipped ones chosen."""
        served = self.services.bases.find(base)
        shipped = [id for _name, id in adapter_choices(served, "")]
        return gr.CheckboxGroup(choices=adapter_choices(served, visitor), value=shipped)

    def _start(
        self,
        visitor: str,
        base: str,
        adapters: list[str],
        kind: str,
        upload: str,
        hub: str,
        sentences: int,
        beams: int,
        outputs: list[str] | None,
        words: bool,
        randomisation: bool,
        own_data: bool,
        also: str,
        glossary: str | None = None,
        scores: list[str] | None = None,
        lower: Sequence[str] = (),
        comet: bool = False,
    ) -> str:
        """Queue an evaluation and return its id."""
        folder = self.services.visitors.folder(visitor)
        request = EvaluationRequest(
            adapters=tuple(adapters),
            data=resolve_source(kind, folder, upload, hub),
            sentences=sentences,
            beams=beams,
            outputs=tuple(map(Path, outputs or [])),
            words=words,
            randomisation=randomisation,
            own_data=own_data,
            also=also and resolve_source(also, folder),
            glossary=Path(glossary) if glossary else None,
            segment_scores=tuple(map(Path, scores or [])),
            lower_is_better=tuple(lower),
            comet=comet,
            base=base,
        )
        return self.services.evaluations.start(request, visitor).folder.name

    def _list_metrics(self, scores: list[str] | None) -> gr.CheckboxGroup:
        """Offer the metrics of the files of scores, each once."""
        names = [name_from_file(Path(file)) for file in scores or []]
        metrics = list(dict.fromkeys(SegmentFile(name, Path()).metric for name in names))
        return gr.CheckboxGroup(metrics, value=[], visible=bool(metrics))

    def _stop(self, visitor: str, chosen: str | None) -> gr.Dropdown:
        """Stop an evaluation, so that the translations so far are scored, or take it out."""
        self.services.evaluations.stop(chosen or "", visitor)
        return gr.skip()

    def _delete(self, visitor: str, chosen: str | None) -> gr.Dropdown:
        """Delete an evaluation with its report."""
        self.services.evaluations.delete(chosen or "", visitor)
        return gr.Dropdown(value=None)

    def show(
        self, visitor: str, chosen: str | None, started: str, seen: str, force: bool = True
    ) -> dict[Component, Any]:
        """Show the evaluation that was just started, or the chosen one, or the active one.

        Args:
            visitor: The visitor's key.
            chosen: Id of the chosen evaluation; None for none.
            started: Id of the evaluation that was just started; empty for none.
            seen: Mark of the view that was last shown.
            force: Return updates even if nothing is new.
        """
        evaluations = self.services.evaluations
        view = view_evaluations(evaluations, visitor, started or chosen, seen, force)
        return self._updates(view) if view else gr.skip()

    def poll(
        self, visitor: str, chosen: str | None, started: str, seen: str
    ) -> dict[Component, Any]:
        """Show the work if it has changed since it was last shown.

        Args:
            visitor: The visitor's key.
            chosen: Id of the chosen evaluation; None for none.
            started: Id of the evaluation that was just started; empty for none.
            seen: Mark of the view that was last shown.
        """
        return self.show(visitor, chosen, started, seen, force=False)

    def _updates(self, view: EvaluationsView) -> dict[Component, Any]:
        stop_label = _("Leave the queue") if view.state == "waiting" else _("Stop")
        return {
            self.bar: gr.Column(visible=bool(view.choices)),
            self.chosen: gr.Dropdown(choices=view.choices, value=view.chosen),
            self.stop: gr.Button(stop_label, interactive=view.can_stop),
            self.delete: gr.Button(interactive=view.can_delete),
            self.result: view.html,
            self.downloads: gr.Row(visible=bool(view.report)),
            **self._file_updates(view.report),
            self.search: "",
            self.timer: gr.Timer(1 if view.is_active else RECHECK_SECONDS),
            self.seen: view.mark,
            self.started: "",
        }

    def _file_updates(self, report: list[Path]) -> dict[Component, Any]:
        """Give each download button its file; a button without a file is hidden."""
        paths = {path.name: str(path) for path in report}
        return {
            button: gr.DownloadButton(value=paths.get(name), visible=name in paths)
            for name, button in zip(DOWNLOADS, self.files, strict=True)
        }
