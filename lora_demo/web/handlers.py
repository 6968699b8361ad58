"""What the tabs share: errors as one sentence on the page, options of quick handlers, copying by a button."""

import functools
import inspect
import math
import reprlib
from collections.abc import Callable
from html import escape
from itertools import takewhile

import anyio
import gradio as gr
import pydantic
from gradio.blocks import BlocksConfig
from gradio.context import LocalContext
from gradio.exceptions import AppError

from lora_demo.errors import is_disk_full
from lora_demo.service.fair_queue import FairQueue
from lora_demo.service.log import LOG, report
from lora_demo.service.studio import Studio

MOST_SHOWN = 500
"""Characters of a refusal that quotes what came."""

SHOWN_SECONDS = 20
"""How long a refusal stays on the page: until it is read, and not for ever over what it is about."""

AGAIN_SECONDS = 8
"""When to look for what another tab has begun, where nothing goes on."""

HUB = {"concurrency_id": "hub", "concurrency_limit": 4}
"""Options of a handler that speaks to the Hub and tells how far it is: so many visitors do at once."""

QUIET = {"show_progress": "hidden", "concurrency_limit": None, "api_visibility": "private"}
"""Options of a handler that answers at once: no overlay, no waiting, not for clients. Without the queue, errors would not reach the page."""

LAST = QUIET | {"trigger_mode": "always_last"}
"""Options of a handler that follows a choice: what is chosen while it answers is answered next, where Gradio would pass it over; not after a refusal, so for handlers that seldom refuse. For one handler of an event; two of them would set each other off for ever."""

EACH = QUIET | {"trigger_mode": "multiple"}
"""Options of a handler that is asked again while it answers; see `newest` for one that takes its time."""

COPY = """element.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const text = button.dataset.copy, shown = button.textContent;
  try { await navigator.clipboard.writeText(text); }
  catch { const area = Object.assign(document.createElement('textarea'), {value: text}); document.body.append(area); area.select(); document.execCommand('copy'); area.remove(); }
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = shown; }, 1200);
});"""
"""Copies what a button carries; clipboards are closed to plain http, hence the second way."""


CHOOSE = """element.addEventListener('click', (event) => {
  const card = event.target.closest('[data-id]');
  if (card) trigger('select', {value: card.dataset.id});
});"""
"""Selects what the clicked element stands for."""


def said(handler: Callable) -> Callable:
    """The handler, whose ValueErrors are shown on the page as they are worded; what was typed stays."""

    @functools.wraps(handler)
    def call(*values):
        try:
            return handler(*values)
        except ValueError as error:
            LOG.info("refused: %s", handler.__name__)
            raise _shown(error) from None

    return call


def in_turn(queue: FairQueue, handler: Callable) -> Callable:
    """The handler, which waits for its turn without holding a thread; whoever has no key is known by their address."""
    parameters = list(inspect.signature(handler).parameters)
    place = parameters.index("visitor") if "visitor" in parameters else None

    @functools.wraps(handler)
    async def call(*values):
        request = LocalContext.request.get()
        visitor = values[place] if place is not None and place < len(values) else ""
        address = request.client.host if request and request.client else "nowhere"
        try:
            async with queue.turn(str(visitor or address), address):
                return await anyio.to_thread.run_sync(functools.partial(handler, *values))
        except ValueError as error:
            raise _shown(error) from None

    return call


def newest(handler: Callable, queue: FairQueue | None = None) -> Callable:
    """The handler, of which only the answer, or refusal, to what was asked last counts: a slower one to an older question would cover it.

    Its first input becomes a `gr.State({})`, which handlers that fill the same widgets share. With `queue` it waits for
    its turn, and does nothing if it was asked again until then.
    """

    async def call(asked: dict, *values):
        asked["last"] = mine = object()

        @functools.wraps(handler)
        def unless_late(*values):
            return handler(*values) if asked["last"] is mine else gr.skip()

        try:
            answer = await (
                in_turn(queue, unless_late)(*values) if queue else _in_thread(unless_late, values)
            )
        except gr.Error:
            if asked["last"] is mine:
                raise
        return answer if asked["last"] is mine else gr.skip()

    call.__name__ = handler.__name__
    return call


async def _in_thread(function: Callable, values: tuple):
    """Its result; as many work at a time as Gradio lets functions of a page."""
    page = LocalContext.blocks.get(None)
    return await anyio.to_thread.run_sync(
        functools.partial(function, *values), limiter=page.limiter if page else None
    )


class Config(BlocksConfig):
    """A page's widgets and functions, of which each session gets a copy without descriptions of the widgets.

    Gradio makes those for deep links, which are closed here; every call of a client is a session, and they would take
    most of the page's time and half a megabyte each.
    """

    def __copy__(self):
        new = super().__copy__()
        new.config_for_block = lambda *_: {}
        return new


class Page(gr.Blocks):
    """Blocks whose unforeseen errors are one sentence with an id, by which the log has how they came about.

    Gradio's own refusals quote what came: they are escaped as ours are, and nothing of them is printed.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.default_config = Config(self)

    async def process_api(self, block_fn, inputs, *values, **named):
        function = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        try:
            return await super().process_api(
                block_fn, _texts(_filled(inputs, function), function), *values, **named
            )
        except AppError as error:
            if not error.print_exception:
                raise
            raise _shown(ValueError(str(error.message)[:MOST_SHOWN])) from None
        except Exception as error:
            raise _unforeseen(error, function) from None


def _filled(inputs: list, function) -> list:
    """The values of a call, with defaults for those left out at its end, as `gradio_client` fills them in before it calls; up to one without a default."""
    defaults = (getattr(component, "value", None) for component in function.inputs[len(inputs) :])
    return [*inputs, *takewhile(lambda value: value is not None, defaults)]


def _texts(inputs: list, function) -> list:
    """The values of a call; ValueError where a list that takes any text, for which Gradio checks nothing, got something else."""
    for component, value in zip(function.inputs, inputs):
        if (
            isinstance(component, gr.Dropdown)
            and component.allow_custom_value
            and not isinstance(value, str | None)
        ):
            raise ValueError(f"{type(value).__name__} instead of a text")
    return inputs


def _unforeseen(error: Exception, function) -> gr.Error:
    if is_disk_full(error):
        return _shown(ValueError("The disk is full here: nothing was kept. Try again in a while."))
    if isinstance(error, ValueError):  # Gradio's own, about what came
        return _shown(
            ValueError(
                "These values do not fit the function: see its description under /gradio_api/info."
            )
        )
    id = report(error, str(function.api_name or function.name))
    return _shown(
        ValueError(
            f"Something went wrong here that should not have (error {id}). Try again; whoever runs this page finds the reason in the log by that number."
        )
    )


def checked(function: Callable) -> Callable:
    """The function for values of strangers: those that are not what its type hints say are refused by name.

    Raises:
        ValueError: in one line, for the first of them.
    """
    validated, names = (
        pydantic.validate_call(function),
        list(inspect.signature(function).parameters),
    )

    @functools.wraps(function)
    def call(*values, **named):
        try:
            return _no_file(validated(**dict(zip(names, values)), **named))
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            raise ValueError(
                f"{'.'.join(map(str, first['loc']))} = {reprlib.repr(first['input'])} ({first['msg']})."
            ) from None

    return call


def served(function: Callable) -> Callable:
    """A function for clients: what they give is checked, and refused in a sentence."""
    return said(checked(function))


def _no_file(value):
    """A result in which nothing looks like a file: Gradio would hand out what lies at a `path` that has `meta`, whoever wrote that."""
    if isinstance(value, dict):
        return {
            name: _no_file(inner)
            for name, inner in value.items()
            if not (name == "meta" and "path" in value)
        }
    return [_no_file(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def token_of(signed_in: gr.OAuthToken | None) -> str:
    """The token of who has signed in on a Space; empty for anyone else."""
    return signed_in.token if signed_in else ""


def ends_at(signed_in: gr.OAuthToken | None) -> float:
    """When a sign-in ends."""
    return signed_in.expires_at if signed_in else math.inf


def _shown(error: ValueError) -> gr.Error:
    """The refusal as the page shows it; one that is worded for it already, a ValueError too, stays as it is."""
    if isinstance(error, gr.Error):
        return error
    return gr.Error(
        escape(str(error).split("\n")[0], quote=False),
        duration=SHOWN_SECONDS,
        title="That did not work",
        print_exception=False,
    )


def choices(studio: Studio, visitor: str) -> list[tuple[str, str]]:
    """The visitor's adapters for a list of choices: name and id."""
    return [(entry.label, entry.id) for entry in studio.adapters(visitor).values()]


def refreshed(studio: Studio):
    """A handler that brings a group of checkboxes up to date."""

    def refresh(chosen: list[str], visitor: str, shelf: dict) -> gr.CheckboxGroup:
        """The visitor's adapters as choices; what has just been made is chosen, too. Where that changes nothing, what is ticked meanwhile stays."""
        offered = choices(studio, visitor)
        value = [id for _, id in offered if id in chosen or id == shelf["made"]]
        return gr.CheckboxGroup(
            choices=offered, **({"value": value} if set(value) != set(chosen) else {})
        )

    return refresh
