"""The panel of Compare with a blind test: two unnamed translations, a vote, then the names."""

from collections.abc import Callable
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.language import N_, _
from lora_demo.service.bases import ServedBase
from lora_demo.service.blind_test import BASE, COUNT, MAX_COUNT, BlindTest, BlindTests
from lora_demo.service.services import Services
from lora_demo.web.adapter_choices import adapter_choices
from lora_demo.web.errors import show_errors
from lora_demo.web.events import EACH, QUIET, in_turn
from lora_demo.web.tabs.section import Section
from lora_demo.web.views.blind_test import blind_html

INTRODUCTION = N_(
    "You see two translations without names and choose the better one. After the last vote, a sign "
    "test and chrF say which system wins, and the names appear."
)
EVERYDAY, OWN = "everyday", "own"
BUSY = '<p class="busy" role="status"><i></i>{}</p>'
SIDES = (0, None, 1)
LABELS = (N_("1 is better"), N_("No difference"), N_("2 is better"))


class BlindTestPanel(Section):
    """Two systems to choose, a button to start, three buttons to vote.

    Args:
        services: The services of the page.
        visitor: The visitor's key.
        base: The list of bases.
        settings: The German text, the beams and the maximum length.
    """

    def __init__(
        self,
        services: Services,
        visitor: gr.BrowserState,
        base: gr.Radio,
        settings: list[Component],
    ) -> None:
        self.visitor = visitor
        self.base = base
        self.settings = settings
        super().__init__(services)

    def layout(self) -> None:
        """Create the widgets."""
        self.test = gr.State(None)
        own = self.services.bases.own
        offered = _systems(own, "")
        with gr.Accordion(_("Blind test"), open=False):
            gr.HTML(f'<p class="small">{_(INTRODUCTION)}</p>')
            with gr.Row():
                self.first = gr.Dropdown(
                    offered, value=BASE, label=_("One system"), filterable=False, min_width=160
                )
                self.second = gr.Dropdown(
                    offered,
                    value=_first_choices(own, offered)[1],
                    label=_("The other system"),
                    filterable=False,
                    min_width=160,
                )
                self.source = gr.Radio(
                    [
                        (_("{count} everyday sentences", count=COUNT), EVERYDAY),
                        (_("my sentences above, at most {count}", count=MAX_COUNT), OWN),
                    ],
                    value=EVERYDAY,
                    label=_("Sentences"),
                    min_width=300,
                )
            with gr.Row(elem_classes="action"):
                self.start = gr.Button(_("Start the blind test"), size="md", min_width=180)
            self.shown = gr.HTML("")
            with gr.Row(visible=False, elem_classes="votes") as self.bar:
                self.votes = [gr.Button(_(label), min_width=110) for label in LABELS]
                self.end = gr.Button(_("End and show the names"), size="md", min_width=180)

    def connect(self) -> None:
        """Connect events to handlers."""
        outputs = [self.test, self.shown, self.bar]
        started = self.start.click(_busy, None, self.shown, **QUIET)
        translated = started.then(
            in_turn(self.services.model_queue, show_errors(self.begin)),
            [self.base, self.first, self.second, self.source, self.visitor, *self.settings],
            outputs,
            show_progress="hidden",
            concurrency_limit=None,
            api_visibility="private",
        )
        translated.failure(lambda: "", None, self.shown, **QUIET)
        for button, side in zip(self.votes, SIDES, strict=True):
            button.click(partial(_vote, side=side), self.test, outputs, **QUIET)
        self.end.click(_end, self.test, outputs, **QUIET)

    def refresh_on(self, event: Callable[..., Any]) -> None:
        """Refresh the lists of systems on an event.

        Args:
            event: Registers a handler.
        """
        lists = [self.first, self.second]
        event(self.refresh, [self.base, *lists, self.visitor], lists, **EACH)

    def refresh(self, base: str, first: str, second: str, visitor: str) -> list[gr.Dropdown]:
        """Offer the visitor's systems; what is chosen stays while it exists.

        Args:
            base: Name of the chosen base.
            first: The system chosen in the first list: `BASE`, or the id of an adapter.
            second: The system chosen in the second list.
            visitor: The visitor's key.
        """
        served = self.services.bases.find(base)
        offered = _systems(served, visitor)
        ids = [id for _name, id in offered]
        return [
            gr.Dropdown(choices=offered, value=chosen if chosen in ids else otherwise)
            for chosen, otherwise in zip(
                (first, second), _first_choices(served, offered), strict=True
            )
        ]

    def begin(
        self,
        base: str,
        first: str,
        second: str,
        source: str,
        visitor: str,
        text: str,
        beams: int,
        max_tokens: int,
    ) -> tuple[BlindTest, str, gr.Row]:
        """Translate with both systems and show the first sentence.

        Args:
            base: Name of the chosen base.
            first: One system: `BASE`, or the id of an adapter.
            second: The other system, which must differ.
            source: `EVERYDAY` for built-in sentences, `OWN` for those in `text`.
            visitor: The visitor's key.
            text: German, one sentence per line, at most `MAX_COUNT` lines; used only for `OWN`.
            beams: Beams of the search; 1 is greedy.
            max_tokens: Limit for one translation.
        """
        own = text if source == OWN else None
        (served,) = self.services.bases.ready(base)
        tests = BlindTests(served.comparisons)
        test = tests.start([first, second], visitor, own, beams=beams, max_tokens=max_tokens)
        return _show(test)


def _systems(base: ServedBase, visitor: str) -> list[tuple[str, str]]:
    return [(_("base"), BASE), *adapter_choices(base, visitor)]


def _first_choices(base: ServedBase, offered: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the base and its last general adapter; without one, the last system on offer."""
    general = base.library.general_ids()
    second = general[-1] if general else offered[-1][1]
    return BASE, second


def _busy() -> str:
    return BUSY.format(_("Translating with both systems …"))


def _vote(test: BlindTest, side: int | None) -> tuple[BlindTest, str, gr.Row]:
    return _show(test.vote(side))


def _end(test: BlindTest) -> tuple[BlindTest, str, gr.Row]:
    return _show(test.stop())


def _show(test: BlindTest) -> tuple[BlindTest, str, gr.Row]:
    return test, blind_html(test), gr.Row(visible=not test.has_ended)
