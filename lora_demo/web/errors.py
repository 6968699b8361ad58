"""Errors as one sentence on the page."""

import functools
from collections.abc import Callable
from html import escape
from typing import Any

import gradio as gr

from lora_demo.errors import is_disk_full
from lora_demo.language import _
from lora_demo.service.disk_usage import DISK_FULL
from lora_demo.service.log import LOG, unexpected_error_message

MAX_ERROR_CHARS = 500
"""Limit of a message of Gradio's, which may quote a long input."""
ERROR_SECONDS = 20
"""Seconds for which an error stays on the page, long enough to read it."""


def show_errors(handler: Callable) -> Callable:
    """Show the ValueErrors of a handler on the page as they are worded.

    Args:
        handler: Raises ValueError with a sentence for the visitor.

    Returns:
        The handler, which raises `gr.Error` instead: Gradio keeps the visitor's input then.
    """

    @functools.wraps(handler)
    def call(*values: Any) -> Any:
        try:
            return handler(*values)
        except ValueError as error:
            LOG.info("refused: %s", handler.__name__)
            raise page_error(error) from None

    return call


def page_error(error: ValueError) -> gr.Error:
    """Return an error as the page shows it: its first line, with HTML escaped.

    Args:
        error: An error with a sentence for the visitor; a `gr.Error` is returned unchanged.
    """
    if isinstance(error, gr.Error):
        return error
    first_line = str(error).split("\n")[0]
    return gr.Error(
        escape(first_line, quote=False),
        duration=ERROR_SECONDS,
        title=_("Error"),
        print_exception=False,
    )


def gradio_error(message: object) -> gr.Error:
    """Return an error of Gradio's as the page shows it, shortened and escaped.

    Args:
        message: Gradio's message, which may quote the input.
    """
    return page_error(ValueError(str(message)[:MAX_ERROR_CHARS]))


def unexpected_error(error: Exception, function_name: str) -> gr.Error:
    """Return an error that no handler expected as the page shows it; log its details.

    Args:
        error: The error that the function raised.
        function_name: The function of the page or its `api_name`, for the log.
    """
    if is_disk_full(error):
        return page_error(ValueError(_(DISK_FULL)))
    if isinstance(error, ValueError):  # Gradio's own, about the inputs
        return page_error(
            ValueError(
                _(
                    "These values do not fit the function. See its description under "
                    "/gradio_api/info."
                )
            )
        )
    return page_error(ValueError(unexpected_error_message(error, function_name)))
