"""Answers to the buttons on an adapter's card in Compare: its ranks, and its next tokens."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from lora_demo.language import N_, _
from lora_demo.service.comparison import Comparison
from lora_demo.service.rank_ladder import RankLadder
from lora_demo.service.services import Services
from lora_demo.service.token_comparison import TokenComparison
from lora_demo.web.errors import show_errors
from lora_demo.web.events import QUIET, in_turn
from lora_demo.web.views.elements import busy_html

TRANSLATING_AT_RANKS = N_("Translating at each rank …")
READING_TOKENS = N_("Comparing the next tokens …")


class CardQuestions:
    """Answers the questions about the shown comparison, in turn with translations.

    Args:
        services: The services of the page.
        comparison: The shown comparison.
        note: Shows that a question has arrived.

    Attributes:
        ladder: An adapter's translations at each rank, or None.
        tokens: The next tokens of base and an adapter, or None.
    """

    def __init__(self, services: Services, comparison: gr.State, note: gr.HTML) -> None:
        self.services = services
        self.comparison = comparison
        self.note = note
        self.ladder = gr.State(None)
        self.tokens = gr.State(None)

    def connect(self, results: gr.HTML, visitor: gr.BrowserState) -> list[Any]:
        """Connect the buttons to their handlers.

        Args:
            results: Shows the cards.
            visitor: The visitor's key.

        Returns:
            The events of the answers.
        """
        adapter = gr.State("")
        ladder_started = results.select(self.start_ladder, None, [self.note, adapter], **QUIET)
        ladder_inputs = [self.comparison, adapter, visitor]
        asked = gr.State(None)
        tokens_started = results.submit(self.start_tokens, None, [self.note, asked], **QUIET)
        tokens_inputs = [self.comparison, asked, visitor]
        return [
            self._answer(ladder_started.then, self.translate_at_ranks, ladder_inputs, self.ladder),
            self._answer(tokens_started.then, self.find_tokens, tokens_inputs, self.tokens),
        ]

    def _answer(
        self, event: Callable[..., Any], handler: Callable, inputs: list[Any], answer: gr.State
    ) -> Any:
        answered = event(
            in_turn(self.services.model_queue, show_errors(handler)),
            inputs,
            [self.note, answer],
            show_progress="hidden",
            concurrency_limit=None,
            api_visibility="private",
        )
        answered.failure(_clear, None, self.note, **QUIET)
        return answered

    def start_ladder(self, event: gr.EventData) -> tuple[str, str]:
        """Show at once that the request for an adapter's ranks has arrived.

        Args:
            event: Its value is the id of the adapter.
        """
        return busy_html(_(TRANSLATING_AT_RANKS)), event.value

    def translate_at_ranks(
        self, comparison: Comparison, adapter: str, visitor: str
    ) -> tuple[str, RankLadder]:
        """Translate the same text with one adapter at each of its ranks.

        Args:
            comparison: The shown comparison; its text, strength and search settings are used.
            adapter: Id of an adapter of the comparison.
            visitor: The visitor's key.
        """
        strengths = {system.id: system.strength for system in comparison.systems}
        (base,) = self.services.bases.ready(comparison.base)
        ladder = base.comparisons.at_ranks(
            "\n".join(comparison.texts),
            adapter,
            visitor,
            strength=strengths[adapter],
            beams=comparison.beams,
            max_tokens=comparison.max_tokens,
        )
        return "", ladder

    def start_tokens(self, event: gr.EventData) -> tuple[str, dict[str, Any]]:
        """Show at once that the request for next tokens has arrived.

        Args:
            event: Its value is the `asked` of `find_tokens`.
        """
        return busy_html(_(READING_TOKENS)), event.value

    def find_tokens(
        self, comparison: Comparison, asked: dict[str, Any], visitor: str
    ) -> tuple[str, TokenComparison]:
        """Find where base and adapter diverge in a sentence, and the likely next tokens of each.

        Args:
            comparison: The shown comparison; its text, strength and search settings are used.
            asked: `adapter`, the id of an adapter of the comparison; and `sentence`, the number of
                a sentence in it, from 0.
            visitor: The visitor's key.
        """
        strengths = {system.id: system.strength for system in comparison.systems}
        (base,) = self.services.bases.ready(comparison.base)
        tokens = base.comparisons.compare_tokens(
            comparison.texts[asked["sentence"]],
            asked["adapter"],
            visitor,
            strength=strengths[asked["adapter"]],
            beams=comparison.beams,
            max_tokens=comparison.max_tokens,
        )
        return "", tokens


def _clear() -> str:
    return ""
