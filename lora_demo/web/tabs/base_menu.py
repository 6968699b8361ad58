"""The menus of bases; in Compare, the one whose adapters are listed, and one beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from lora_demo.language import N_, _
from lora_demo.service.bases import Bases, ServedBase
from lora_demo.service.services import Services
from lora_demo.web.errors import page_error
from lora_demo.web.events import QUIET
from lora_demo.web.gradio_internals import run_in_thread
from lora_demo.web.views.elements import busy_html

LOADING = N_("Loading the model. Your text will be translated next.")
TRANSLATING = N_(
    "Translating … The first text of a new length takes longer, because it is compiled."
)
CHECK_SECONDS = 1.0
"""Seconds between checks whether the chosen bases are loaded."""


def base_list(bases: Bases, **options: Any) -> gr.Radio:
    """Create a list of the bases by their names, at first with the page's own.

    Args:
        bases: The bases of the page.
        options: Options of the widget.
    """
    return gr.Radio(bases.names, value=bases.own.name, label=_("Base model"), **options)


class BaseMenu:
    """Two lists of bases, which are hidden where the page has one base.

    Args:
        services: The services of the page.

    Attributes:
        base: The list of bases, by their names; its value is the page's own at first.
        beside: The list of the others, and none.
        changes: The number of the visitor's choices; its change starts a new translation.
        has_choice: True if the page has several bases.
    """

    def __init__(self, services: Services) -> None:
        self.bases = services.bases
        self.changes = gr.State(0)
        self.has_choice = self.bases.has_choice
        with gr.Row(visible=self.has_choice, elem_classes="bases"):
            self.base = base_list(self.bases, min_width=320, scale=3)
            self.beside = gr.Dropdown(
                self._others(self.bases.own.name),
                value="",
                label=_("Second base"),
                filterable=False,
                min_width=240,
                scale=2,
            )

    def _others(self, base: str) -> list[tuple[str, str]]:
        return [
            (_("no second base"), ""),
            *((name, name) for name in self.bases.names if name != base),
        ]

    def updates(self, base: ServedBase, beside: str) -> tuple[gr.Radio, gr.Dropdown]:
        """Return updates of both lists.

        Args:
            base: The chosen base.
            beside: Name of the one beside it, which is dropped if it is the same.
        """
        others = self._others(base.name)
        kept = beside if beside in dict(others).values() else ""
        return gr.Radio(value=base.name), gr.Dropdown(choices=others, value=kept)

    def start(self) -> str:
        """Show at once that a request to translate has arrived."""
        is_loading = self.bases.own.loader.state == "loading"
        return busy_html(_(LOADING if is_loading else TRANSLATING))

    def load_after(self, started: Any, note: gr.HTML) -> Callable[..., Any]:
        """Load the chosen bases after an event, if the page has several.

        Args:
            started: The event, which runs `start`.
            note: Shows the progress.

        Returns:
            Registers a handler that runs once the bases are loaded.
        """
        if not self.has_choice:
            return started.then
        lists = [self.base, self.beside]
        loaded = started.then(self.load, lists, note, **QUIET)
        loaded.failure(lambda: "", None, note, **QUIET)
        self.beside.input(_count, self.changes, self.changes, **QUIET)
        gr.on([one.input for one in lists], None, cancels=loaded)
        return loaded.success

    async def load(self, base: str, beside: str) -> AsyncIterator[str]:
        """Load the chosen bases; show progress until they are ready.

        Args:
            base: Name of the chosen base.
            beside: Name of the second base; empty for none.

        Raises:
            gr.Error: If a base does not fit into memory, or cannot be loaded.
        """
        names = [base, beside] if beside else [base]
        try:
            while loading := await run_in_thread(self._loading, (names,)):
                yield _loading_html(loading[0])
                await asyncio.sleep(CHECK_SECONDS)
        except ValueError as error:
            raise page_error(error) from None
        yield self.start()

    def _loading(self, names: list[str]) -> list[ServedBase]:
        """Load bases, and return those that are still loading."""
        return [base for base in self.bases.load(*names) if self.bases.is_loading(base)]


def _count(changes: int) -> int:
    return changes + 1


def _loading_html(base: ServedBase) -> str:
    return busy_html(
        _(
            "Loading {base}: {message}, {seconds:.0f} s …",
            base=base.name,
            message=base.message,
            seconds=base.loader.seconds,
        )
    )
