"""The base class of the functions for clients: checked inputs, one queue, their own names."""

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from lora_demo.service.fair_queue import FairQueue
from lora_demo.service.services import Services
from lora_demo.web.events import in_turn
from lora_demo.web.validation import for_clients


class FunctionGroup:
    """Functions of one tab; each public method of a subclass but `register` is such a function.

    Args:
        services: The services of the page.
    """

    def __init__(self, services: Services) -> None:
        self.services = services

    def register(self, visibility: str = "public") -> None:
        """Register the functions with Gradio.

        Args:
            visibility: `api_visibility` of the functions that train, push, delete or take files.

        Raises:
            NotImplementedError: If a subclass does not override this method.
        """
        raise NotImplementedError

    def _add(self, function: Callable, queue: FairQueue | None = None, **options: Any) -> None:
        """Register a function under its name.

        Args:
            function: Plain values in, plain values out, all with type hints.
            queue: The queue in which its calls wait for their turn.
            options: Further options of `gr.api`.
        """
        gr.api(_handler(function, queue), **_named(function, options))

    def _add_with_files(
        self,
        function: Callable,
        queue: FairQueue,
        inputs: list[Component],
        output: Component,
        **options: Any,
    ) -> None:
        """Register a function that takes or returns files under its name.

        It gets hidden widgets, so that Gradio reads only files that were uploaded. MCP clients
        would give URLs, which Gradio would fetch: pass `api_visibility` where files come in.

        Args:
            function: Plain values in, plain values out, all with type hints.
            queue: The queue in which its calls wait for their turn.
            inputs: A hidden widget for each parameter.
            output: A hidden widget for the result.
            options: Further options of the event.
        """
        handler = _handler(function, queue)
        gr.Button().click(handler, inputs, output, **_named(function, options))


def _handler(function: Callable, queue: FairQueue | None) -> Callable:
    checked = for_clients(function)
    return in_turn(queue, checked) if queue else checked


def _named(function: Callable, options: dict[str, Any]) -> dict[str, Any]:
    return {"api_name": function.__name__, "concurrency_limit": None} | options
