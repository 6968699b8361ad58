"""All uses of Gradio's private API, each with its reason.

A new version of Gradio may change any of them; `tests/web/test_gradio_internals.py` notices it.
"""

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.cookies import CookieError, SimpleCookie
from typing import Any

import anyio
import gradio as gr
import gradio.blocks
from gradio.blocks import BlockFunction, BlocksConfig
from gradio.context import Context, LocalContext
from gradio.exceptions import AppError
from gradio.utils import get_function_params

from lora_demo.language import ENGLISH, current_language, in_language
from lora_demo.web.errors import gradio_error, unexpected_error
from lora_demo.web.language_choice import choose_language

os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
"""Otherwise Gradio builds a table of the last 10,000 calls after every error."""

LAUNCH: dict[str, Any] = {"_frontend": False}
"""Options of `launch`. Gradio would request the page at the start, and end the app if that takes
more than three seconds, as it does on a busy machine."""


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
        self._first_id = ThreadContext.id
        self._description: dict[str, Any] | None = None
        self._translated: dict[str, dict[str, Any]] = {}
        self._describing, self._translating = threading.Lock(), threading.Lock()
        self._build: Callable[[], gr.Blocks] | None = None
        super().__init__(**options)
        self.default_config = SessionConfig(self)

    def translate_with(self, build: Callable[[], gr.Blocks]) -> None:
        """Also serve the page in other languages.

        Args:
            build: Builds the same page again, with texts in the current language.
        """
        self._build = build

    @property
    def config(self) -> dict[str, Any]:
        """The description of the page for browsers, in the visitor's language.

        All languages share the functions of one page. Only the widgets' texts and the scripts are
        those of a page that is built in the language; its widgets have the same ids.
        """
        language = current_language()
        if language == ENGLISH or self._build is None:
            return self._describe()
        return self._describe() | self._translate(language, self._build)

    @config.setter
    def config(self, config: object) -> None:
        """Discard all descriptions; the next reading makes them again.

        Args:
            config: What `get_config_file` returned to Gradio.
        """
        self._description = None
        self._translated.clear()

    def _describe(self) -> dict[str, Any]:
        with self._describing:
            if self._description is None:
                with in_language(ENGLISH):
                    self._description = super().get_config_file()
            return self._description

    def _translate(self, language: str, build: Callable[[], gr.Blocks]) -> dict[str, Any]:
        with self._translating:
            if language not in self._translated:
                self._translated[language] = self._build_texts(build)
            return self._translated[language]

    def get_config_file(self) -> None:
        """Do nothing: `config` makes the description when it is read.

        Gradio calls this three times before it serves the page, and each description takes a
        fortieth of the time of a start.
        """

    def _build_texts(self, build: Callable[[], gr.Blocks]) -> dict[str, Any]:
        with own_context(self._first_id):
            config = build().config
        own_texts = getattr(self, "i18n_instance", None)  # `launch` sets it
        return {
            "components": config["components"],
            "dependencies": config["dependencies"],
            "i18n_translations": own_texts.translations_dict if own_texts else None,
        }

    async def process_api(self, block_fn: Any, inputs: list, *values: Any, **named: Any) -> Any:
        """Run one call in the visitor's language.

        Args:
            block_fn: The function, or its id.
            inputs: The values of the call; default values are added for those omitted at the end.
            values: Further arguments that Gradio passes.
            named: Further arguments by name; the headers of `request` give the language.

        Raises:
            gr.Error: For every error, with a text for the visitor.
        """
        with in_language(request_language(named.get("request"))):
            return await self._process(block_fn, inputs, *values, **named)

    async def _process(self, block_fn: Any, inputs: list, *values: Any, **named: Any) -> Any:
        function = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        try:
            inputs = fill_defaults(inputs, function)
            check_custom_values(inputs, function.inputs)
            return await super().process_api(block_fn, inputs, *values, **named)
        except AppError as error:
            if not error.print_exception:  # ours: it is short and escaped
                raise
            raise gradio_error(error.message) from None
        except Exception as error:
            raise unexpected_error(error, str(function.api_name or function.name)) from None


class _NoApp:
    """Takes the place of Gradio's web app while a page is built."""

    @staticmethod
    def create_app(page: gr.Blocks, **options: Any) -> None:
        """Make no app."""


@contextmanager
def without_apps() -> Iterator[None]:
    """Stop Gradio from making web apps while a page is built.

    It would make three and discard them, which takes a third of the time. `launch` makes the one
    that serves the page.
    """
    original = gradio.blocks.App
    gradio.blocks.App = _NoApp
    try:
        yield
    finally:
        gradio.blocks.App = original


def request_language(request: Any) -> str:
    """Return the language of a call.

    Gradio runs calls in tasks of its own, which do not know the HTTP request that brought them.

    Args:
        request: The call's `gr.Request`; a list of them for a batch, or None.
    """
    headers = getattr(request, "headers", None)
    return choose_language("", headers) if headers else ENGLISH


class _ContextOfThread(type):
    """Gives a thread that builds a page its own `Context`.

    Gradio holds the page that is being built in attributes of that class, which all threads share:
    widgets that calls make at the same time would become part of the page.
    """

    own = threading.local()

    def __getattribute__(cls, name: str) -> Any:
        attributes = getattr(_ContextOfThread.own, "attributes", {})
        return attributes[name] if name in attributes else super().__getattribute__(name)

    def __setattr__(cls, name: str, value: Any) -> None:
        attributes = getattr(_ContextOfThread.own, "attributes", {})
        if name in attributes:
            attributes[name] = value
        else:
            super().__setattr__(name, value)


class ThreadContext(Context, metaclass=_ContextOfThread):
    """Gradio's `Context`, which a thread can have to itself."""


# Replace `Context` in each module of Gradio that has imported it.
for name, module in list(sys.modules.items()):
    if name.startswith("gradio.") and vars(module).get("Context") is Context:
        vars(module)["Context"] = ThreadContext


@contextmanager
def own_context(first_id: int) -> Iterator[None]:
    """Build a page in this thread while calls run in others.

    Args:
        first_id: The id of the first widget.
    """
    _ContextOfThread.own.attributes = {"root_block": None, "block": None, "id": first_id}
    try:
        yield
    finally:
        del _ContextOfThread.own.attributes


def fill_defaults(inputs: list, function: BlockFunction) -> list:
    """Add the default values of inputs that a call omits at its end.

    `gradio_client` adds them before it calls; a call by plain HTTP may not.

    Args:
        inputs: The values of the call.
        function: The function that is called.

    Returns:
        The values, up to the first omitted one without a default.
    """
    filled = list(inputs)
    for position in range(len(inputs), len(function.inputs)):
        default = getattr(function.inputs[position], "value", None)
        if default is None and position not in _with_default_none(function):
            break
        filled.append(default)
    return filled


def _with_default_none(function: BlockFunction) -> set[int]:
    """Return the positions of parameters whose default is None.

    A widget without a value does not tell whether None is its default.
    """
    parameters = get_function_params(function.fn) if function.fn else []
    return {
        position
        for position, (_name, has_default, default, _type) in enumerate(parameters)
        if has_default and default is None
    }


def check_custom_values(inputs: list, components: Sequence) -> None:
    """Check the type of values for dropdowns that allow any text, which Gradio does not check.

    Args:
        inputs: The values of the call.
        components: The widgets whose values the function takes.

    Raises:
        ValueError: For a value that is neither a text nor None.
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
        function: The function.
        values: Its arguments.
        with_limit: Respect the limit of threads that Gradio has for the page's functions.
    """
    page = LocalContext.blocks.get(None) if with_limit else None
    limiter = page.limiter if page else None
    return await anyio.to_thread.run_sync(functools.partial(function, *values), limiter=limiter)


def has_login_cookie(app: Any, headers: Mapping[str, str]) -> bool:
    """Check whether a request has the cookie that Gradio sets after the password was given.

    The gate must know it before Gradio does: Gradio's own check leaves some addresses open.

    Args:
        app: Gradio's FastAPI app.
        headers: The request's headers, with names in lower case.
    """
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return False
    names = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    tokens = [cookies[name].value for name in names if name in cookies]
    return any(token in app.tokens for token in tokens)
