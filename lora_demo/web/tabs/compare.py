"""The Compare tab: German in, translations by the base and any adapters side by side."""

import json
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.language import _
from lora_demo.service.adapter_library import MAX_CHOSEN
from lora_demo.service.comparison import (
    MAX_CHARACTERS,
    Comparison,
    split_sentences,
)
from lora_demo.service.examples import EXAMPLES
from lora_demo.service.rank_ladder import RankLadder
from lora_demo.service.references import find_references
from lora_demo.service.strengths import carry_strengths
from lora_demo.service.token_comparison import TokenComparison
from lora_demo.service.two_bases import compare_bases
from lora_demo.web.adapter_choices import adapter_choices, updated_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, in_turn, newest
from lora_demo.web.scripts import COPY, NEXT_TOKENS, RANK_SLIDER, SAVE_TEXT, SHOW_RESULTS, localised
from lora_demo.web.shelf import Shelf
from lora_demo.web.tabs.base_menu import BaseMenu
from lora_demo.web.tabs.blind_test_panel import BlindTestPanel
from lora_demo.web.tabs.card_questions import CardQuestions
from lora_demo.web.tabs.compare_options import CompareOptions
from lora_demo.web.tabs.first_results import FirstResults
from lora_demo.web.tabs.origin_strip import OriginStrip
from lora_demo.web.tabs.section import VisitorSection
from lora_demo.web.tabs.shared_link import SharedLink
from lora_demo.web.tabs.strength_sliders import slider_updates
from lora_demo.web.tabs.text_file_panel import TextFilePanel
from lora_demo.web.views.comparison import EMPTY, no_adapter_html, results_html
from lora_demo.web.views.elements import blank_html

SENTENCES = [sentence for sentence, _reference in EXAMPLES]


class CompareTab(VisitorSection):
    """The tab's widgets and handlers."""

    def layout(self) -> None:
        """Create the widgets."""
        offered = adapter_choices(self.services, "")
        self.previous = gr.State(self.services.library.general_ids())
        first = self.services.first_comparison.shipped
        self.comparison = gr.State(first)
        self.menu = BaseMenu(self.services)
        with gr.Row(elem_classes="panes"):
            with gr.Column(scale=3, min_width=320):
                self.text = gr.Textbox(
                    label=_("German"),
                    placeholder=_("Ein Satz pro Zeile …   (Shift + Enter translates)"),
                    lines=2,
                    max_lines=12,
                    value=SENTENCES[0],
                    max_length=MAX_CHARACTERS,
                    elem_classes="german",
                )
            with gr.Column(scale=2, min_width=280):
                self._layout_adapters(offered)
        with gr.Row(elem_classes="action"):
            self.button = gr.Button(_("Translate"), variant="primary", scale=0, min_width=180)
            with gr.Accordion(_("Options"), open=False, elem_classes="options"):
                ticked = [name for name, id in offered if id in self.previous.value]
                self.options = CompareOptions(ticked)
            self.note = gr.HTML("", elem_classes="note")
            with gr.Column(elem_classes="chips", min_width=280):
                self.examples = gr.Dataset(
                    components=[self.text],
                    samples=[[sentence] for sentence in SENTENCES],
                    type="index",
                    label=_("Or try an example"),
                )
        OriginStrip(self.services, self.menu.base, self.adapters, self.visitor)
        script = localised(COPY + SAVE_TEXT + RANK_SLIDER + NEXT_TOKENS)
        shown = results_html(first) if first else blank_html(*EMPTY)
        self.results = gr.HTML(shown, js_on_load=script, elem_classes="output")
        form: list[Component] = [self.text, self.options.beams, self.note]
        outputs = [*form, *self._base_outputs()]
        self.link = SharedLink(self.services, self.visitor, self.menu, outputs)
        FirstResults(self.services, self.comparison, self.results, self.link)
        bases: list[Component] = [self.menu.base, self.menu.beside]
        settings = [self.adapters, *self.options.search, self.options.together]
        TextFilePanel(self.services, self.visitor, [*bases, *settings, *self.options.strengths])
        search = [self.text, *self.options.search]
        self.blind_test = BlindTestPanel(self.services, self.visitor, self.menu.base, search)
        self.questions = CardQuestions(self.services, self.comparison, self.note)

    def _base_outputs(self) -> list[Component]:
        """Return the widgets that depend on the base."""
        lists = [self.menu.base, self.menu.beside, self.adapters, self.previous]
        return [*lists, *self.options.strengths]

    def _layout_adapters(self, offered: list[tuple[str, str]]) -> None:
        """Create the list of adapters, and what is shown in its place if there is none."""
        with gr.Column(visible=bool(offered)) as self.some:
            self.adapters = gr.CheckboxGroup(
                label=_(
                    "Adapters to compare with the base, at most {max_chosen}", max_chosen=MAX_CHOSEN
                ),
                choices=offered,
                value=self.previous.value,
            )
        with gr.Column(visible=not offered) as self.none:
            self.no_adapter = gr.HTML(no_adapter_html(self.services.bases.own.name))
            self.first_run = gr.Button(_("Set up three ranks in Train"), size="md", min_width=200)

    def connect(self) -> None:
        """Connect events to handlers."""
        show_example = f"(number) => [{json.dumps(SENTENCES)}[number], '']"
        shown = [self.text, self.options.reference]
        self.examples.click(None, self.examples, shown, js=show_example)
        self._connect_marking(self._connect_translation())
        self._connect_adapters()

    def _connect_translation(self) -> Any:
        """Load the base and translate on each of several events; return the event after that."""
        started = gr.on(
            [
                self.button.click,
                self.text.submit,
                self.examples.click,
                self.menu.changes.change,
                *(slider.release for slider in self.options.strengths),
            ],
            self.menu.start,
            None,
            self.note,
            trigger_mode="always_last",
            **QUIET,
        )
        bases = [self.menu.base, self.menu.beside]
        options = self.options
        search = [self.adapters, *options.search, *options.marking]
        inputs = [self.text, *bases, *search, self.visitor, options.together]
        translated = self.menu.load_after(started, self.note)(
            in_turn(self.services.model_queue, show_errors(self.translate)),
            [*inputs, *options.strengths],
            [self.note, self.comparison, self.questions.ladder, self.results],
            trigger_mode="always_last",
            show_progress="hidden",
            concurrency_limit=None,
            api_visibility="private",
        )
        translated.failure(_clear_note, None, self.note, **QUIET)
        translated.success(None, js=SHOW_RESULTS)
        return translated

    def _connect_marking(self, translated: Any) -> None:
        """Mark words again after a translation, a change of the settings, or an answer on a card.

        The visitor may have changed `against` while the translation was made.
        """
        mark = newest(show_errors(self.mark))
        answers = [self.questions.ladder, self.questions.tokens]
        inputs = [gr.State({}), self.comparison, *self.options.marking, *answers]
        changes = [
            self.options.against.change,
            self.options.reference.submit,
            self.options.reference.blur,
        ]
        translated.success(mark, inputs, self.results, **EACH)
        gr.on(changes, mark, inputs, self.results, **EACH)
        for answered in self.questions.connect(self.results, self.visitor):
            answered.success(mark, inputs, self.results, **EACH)

    def _connect_adapters(self) -> None:
        """Fit the sliders to the ticked adapters, and the list of adapters to the base."""
        self.adapters.change(
            self.fit_sliders,
            [self.menu.base, self.adapters, self.previous, self.visitor, *self.options.strengths],
            [self.previous, *self.options.strengths],
            **QUIET,
        )
        self.menu.base.input(
            self.choose,
            [self.menu.base, self.menu.beside, self.menu.changes, self.visitor],
            [self.menu.changes, *self._base_outputs()],
            **QUIET,
        )
        offered = [self.some, self.none, self.no_adapter]
        self.menu.base.change(self.offer, [self.menu.base, self.visitor], offered, **EACH)
        self.blind_test.refresh_on(self.menu.base.change)

    def refresh_on(self, event: Callable[..., Any]) -> Any:
        """Refresh the list of adapters on an event.

        Args:
            event: Registers a handler.

        Returns:
            The event of the refreshed list.
        """
        lists = [self.menu.base, self.menu.beside, self.adapters]
        inputs = [*lists, self.visitor, self.shelf]
        refreshed = event(self.refresh, inputs, lists, **EACH)
        offered = [self.some, self.none, self.no_adapter]
        event(self.offer, [self.menu.base, self.visitor], offered, **EACH)
        self.blind_test.refresh_on(event)
        return refreshed

    def refresh(
        self, base: str, beside: str, chosen: list[str], visitor: str, shelf: Shelf
    ) -> tuple[Any, ...]:
        """Offer the visitor's adapters and choose the one that was just made, with its base.

        Args:
            base: Name of the base.
            beside: Name of the second base; empty for none.
            chosen: Ids of the ticked adapters.
            visitor: The visitor's key.
            shelf: Holds the id of the adapter that was just made.
        """
        served = self.services.bases.find(base)
        home = served
        if shelf["made"]:
            home = self.services.bases.home_of(shelf["made"], visitor, base)
        lists = (gr.skip(), gr.skip()) if home is served else self.menu.updates(home, beside)
        return *lists, updated_choices(home, chosen, visitor, shelf)

    def offer(self, base: str, visitor: str) -> tuple[gr.Column, gr.Column, str]:
        """Show the list of adapters, or the first run where the visitor has no adapter.

        Args:
            base: Name of the base.
            visitor: The visitor's key.
        """
        served = self.services.bases.find(base)
        has_adapters = bool(served.library.entries(visitor))
        return (
            gr.Column(visible=has_adapters),
            gr.Column(visible=not has_adapters),
            no_adapter_html(served.name),
        )

    def choose(self, base: str, beside: str, changes: int, visitor: str) -> list[Any]:
        """List the adapters of a base that the visitor chose, and tick the general ones.

        Args:
            base: Name of the base.
            beside: Name of the second base, which is dropped if it is the same; empty for none.
            changes: Number of the visitor's choices so far; a change starts a new translation.
            visitor: The visitor's key.
        """
        served = self.services.bases.find(base)
        general = served.library.general_ids()
        names = [served.library.find(id, visitor).name for id in general]
        return [
            changes + 1,
            *self.menu.updates(served, beside),
            gr.CheckboxGroup(choices=adapter_choices(served, visitor), value=general),
            general,
            *slider_updates(names, [1.0] * len(names)),
        ]

    def translate(
        self,
        text: str,
        base: str,
        beside: str,
        adapters: list[str],
        beams: int,
        max_tokens: int,
        against: str,
        reference: str,
        visitor: str,
        together: bool,
        *strengths: float,
    ) -> tuple[str, Comparison, None, str]:
        """Show the translations of the base and of the chosen adapters.

        Args:
            text: German text.
            base: Name of the base.
            beside: Name of the second base; empty for none.
            adapters: Ids of the ticked adapters.
            beams: Width of the search; 1 is greedy.
            max_tokens: The largest number of tokens of a translation.
            against: A value of AGAINST.
            reference: A known translation, one line for each sentence.
            visitor: The visitor's key.
            together: Add a column for the sum of the adapters.
            *strengths: Strengths of the sliders, first those of the ticked adapters.
        """
        find_references(split_sentences(text), reference)  # before the work of translating
        comparison = compare_bases(
            self.services.bases,
            text,
            adapters,
            visitor,
            base=base,
            beside=beside,
            strengths=strengths[: len(adapters)],
            beams=beams,
            max_tokens=max_tokens,
            together=together,
        )
        return "", comparison, None, results_html(comparison, against, reference)

    def mark(
        self,
        comparison: Comparison | None,
        against: str,
        reference: str,
        ladder: RankLadder | None,
        tokens: TokenComparison | None,
    ) -> str:
        """Show the same translations with other words marked.

        Args:
            comparison: The translations; None before the first.
            against: A value of AGAINST.
            reference: A known translation, one line for each sentence.
            ladder: Translations at each rank, if a card shows them.
            tokens: The likeliest next tokens, if a card shows them.
        """
        if comparison is None:
            return blank_html(*EMPTY)
        return results_html(comparison, against, reference, ladder, tokens)

    def fit_sliders(
        self, base: str, chosen: list[str], previous: list[str], visitor: str, *values: float
    ) -> tuple[Any, ...]:
        """Show a slider for each chosen adapter, at the strength that it had before.

        Args:
            base: Name of the base.
            chosen: Ids of the ticked adapters.
            previous: Ids of the adapters that were ticked before.
            visitor: The visitor's key.
            *values: Strengths of the sliders, in the order of `previous`.
        """
        entries = self.services.bases.find(base).library.entries(visitor)
        names = [entries[id].name for id in chosen[:MAX_CHOSEN] if id in entries]
        return chosen, *slider_updates(names, carry_strengths(previous, values, chosen))


def _clear_note() -> str:
    return ""
