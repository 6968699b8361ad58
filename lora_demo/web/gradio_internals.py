"""All uses of Gradio's private API, each with its reason.

A new version of Gradio may change any of them; `tests/web/test_gradio_internals.py` notices it.
"""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from itertools import takewhile
from typing import Any

import anyio
import gradio as gr
from gradio.blocks import BlocksConfig
from gradio.context import LocalContext
from gradio.exceptions import AppError

from lora_demo.web.errors import gradio_error, unexpected_error

os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
"""Otherwise Gradio builds a table of the last 10,000 calls after every error."""


class SessionConfig(BlocksConfig):
    """Widgets and functions of a page, whose copies for sessions omit the widgets' descriptions.

    Gradio needs the descriptions for deep links only, which this page does not offer. Every call
    of a client is a session: copying them would take most of the page's time and 0.5 MB each.
    """

    def __copy__(self) -> BlocksConfig:
        copied = super().__copy__()
        copied.config_for_block = lambda *_: {}
        return copied


class Page(gr.Blocks):
    """Blocks that show unexpected errors as one sentence with an id for the server log.

    Gradio has no public hook around a call. Without this one, it would print the details of errors
    to visitors or hide them from the log, and its own errors would quote inputs unescaped.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.default_config = SessionConfig(self)

    async def process_api(self, block_fn: Any, inputs: list, *values: Any, **named: Any) -> Any:
        """Run one call of a function of the page; raises `gr.Error` for all errors."""
        function = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        try:
            inputs = fill_defaults(inputs, function.inputs)
            check_custom_values(inputs, function.inputs)
            return await super().process_api(block_fn, inputs, *values, **named)
        except AppError as error:
            if not error.print_exception:  # ours: it is short and escaped
                raise
            raise gradio_error(error.message) from None
        except Exception as error:
            raise unexpected_error(error, str(function.api_name or function.name)) from None


def fill_defaults(inputs: list, components: Sequence) -> list:
    """Add the default values of inputs that a call omits at its end.

    `gradio_client` adds them before it calls; a call by plain HTTP may not.

    Args:
        inputs: the values of the call.
        components: the widgets whose values the function takes.

    Returns:
        The values, up to the first omitted one without a default.
    """
    omitted = components[len(inputs) :]
    defaults = (getattr(component, "value", None) for component in omitted)
    return [*inputs, *takewhile(lambda value: value is not None, defaults)]


def check_custom_values(inputs: list, components: Sequence) -> None:
    """Check the type of values for dropdowns that allow any text, which Gradio does not check.

    Args:
        inputs: the values of the call.
        components: the widgets whose values the function takes.

    Raises:
        ValueError: for a value that is neither a text nor None.
    """
    for component, value in zip(components, inputs, strict=False):
        if not isinstance(component, gr.Dropdown) or not component.allow_custom_value:
            continue
        if not isinstance(value, str | None):
            raise ValueError(f"{type(value).__name__} instead of a text")


def caller_address() -> str:
    """Return the network address of the present call.

    Gradio passes a request only to functions with a `gr.Request` parameter, which would then be
    part of their signature for clients.
    """
    request = LocalContext.request.get(None)
    return request.client.host if request and request.client else "unknown"


async def run_in_thread(function: Callable, values: tuple, *, with_limit: bool = False) -> Any:
    """Run a function in a thread and return its result.

    Args:
        function: the function.
        values: its arguments.
        with_limit: respect the limit of threads that Gradio has for the page's functions.
    """
    page = LocalContext.blocks.get(None) if with_limit else None
    limiter = page.limiter if page else None
    return await anyio.to_thread.run_sync(functools.partial(function, *values), limiter=limiter)


def has_login_cookie(app: Any, headers: Mapping[str, str]) -> bool:
    """Check whether a request has the cookie that Gradio sets after the password was given.

    The gate must know it before Gradio does: Gradio's own check leaves some addresses open.

    Args:
        app: Gradio's FastAPI app.
        headers: the request's headers, with names in lower case.
    """
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return False
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    tokens = [cookies[name].value for name in names if name in cookies]
    return any(token in app.tokens for token in tokens)
