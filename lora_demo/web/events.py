"""Options of event handlers, and the order in which their calls run and answer."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr

from lora_demo.service.fair_queue import FairQueue
from lora_demo.web.errors import page_error
from lora_demo.web.gradio_internals import caller_address, run_in_thread

RECHECK_SECONDS = 8
"""Seconds after which a tab without active work looks for work that another tab started."""

HUB: dict[str, Any] = {"concurrency_id": "hub", "concurrency_limit": 4}
"""Options of a handler that reports its progress with the Hub; four run at a time."""

QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "concurrency_limit": None,
    "api_visibility": "private",
}
"""Options of a handler that answers at once: no overlay, no limit, not for clients.

It stays in Gradio's queue, since without the queue errors would not reach the page.
"""

LATEST = QUIET | {"trigger_mode": "always_last"}
"""Options of a handler that follows a choice: the last choice made during a call is handled next.

Gradio's default would ignore that choice. Two limits: Gradio does not repeat after an error, so
use it where errors are rare; and use it for one handler of an event, since two of them would
trigger each other without end.
"""

EACH = QUIET | {"trigger_mode": "multiple"}
"""Options of a handler that may run several times at once; see `newest` if it is slow."""


def in_turn(queue: FairQueue, handler: Callable) -> Callable:
    """Let the calls of a handler wait in a fair queue, without holding a thread.

    Args:
        queue: Decides who is next.
        handler: Its parameter `visitor`, if it has one, is the visitor's key. Without one, the
            network address is used as the key.

    Returns:
        An async handler. It raises `gr.Error` for a full queue and for a ValueError of the handler.
    """
    parameters = list(inspect.signature(handler).parameters)
    position = parameters.index("visitor") if "visitor" in parameters else len(parameters)

    @functools.wraps(handler)
    async def call(*values: Any) -> Any:
        address = caller_address()
        visitor = values[position] if position < len(values) else ""
        try:
            async with queue.turn(str(visitor or address), address):
                return await run_in_thread(handler, values)
        except ValueError as error:
            raise page_error(error) from None

    return call


def newest(handler: Callable, queue: FairQueue | None = None) -> Callable:
    """Ignore the answers of a handler to all calls except the newest one.

    Otherwise a slow answer to an old question would replace the answer to a newer one.

    Args:
        handler: Both its answers and its errors are ignored, except for the newest call.
        queue: The queue of the calls; a queued call is skipped if a newer one has arrived.

    Returns:
        An async handler with one more input before the others: a `gr.State({})`, shared by all
        handlers that fill the same widgets.
    """

    async def call(calls: dict, *values: Any) -> Any:
        calls["newest"] = this_call = object()

        @functools.wraps(handler)
        def run_if_newest(*values: Any) -> Any:
            return handler(*values) if calls["newest"] is this_call else gr.skip()

        try:
            if queue:
                answer = await in_turn(queue, run_if_newest)(*values)
            else:
                answer = await run_in_thread(run_if_newest, values, with_limit=True)
        except gr.Error:
            if calls["newest"] is this_call:
                raise
        return answer if calls["newest"] is this_call else gr.skip()

    call.__name__ = handler.__name__
    return call
