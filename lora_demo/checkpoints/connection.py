"""A Hub client with timeouts and retries, whose errors are one sentence without secrets."""

import functools
import os
import re
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from lora_demo.checkpoints.hub_errors import (
    TRANSIENT_STATUSES,
    UNREADABLE_ANSWERS,
    CorruptDownloadError,
    describe_hub_error,
    is_refusal,
    requested_wait,
    root_cause,
)
from lora_demo.language import _
from lora_demo.version import __version__

MAX_TRIES = 4
MAX_WAIT_SECONDS = 60
"""Longest wait that the Hub may ask for; if it asks for more, the call fails with a message."""
TIMEOUT_SECONDS = 60.0
"""Longest wait for an answer of the Hub; the client's own default is to wait forever."""
FIRST_PAUSE_SECONDS = 0.5
"""Pause before the second try if the Hub asks for none; it doubles each time."""

_RETRIES_HERE: ContextVar[bool] = ContextVar("retries_here", default=False)
"""True while `with_retries` retries a call, so that the client must not retry as well."""

T = TypeVar("T")


@functools.cache
def configure_client() -> None:
    """Limit how long this process's Hub client waits for silent servers and rate limits."""
    from huggingface_hub import set_client_factory

    # The default client cannot be extended through a public function.
    from huggingface_hub.utils._http import default_client_factory

    def client() -> Any:
        made = default_client_factory()
        made.event_hooks["request"].append(_limit_silence)
        made.event_hooks["response"].append(_refuse_waits)
        return made

    set_client_factory(client)


def _limit_silence(request: Any) -> None:
    """Set a timeout where a request has none; many of the client's own calls have none."""
    unlimited = dict.fromkeys(("connect", "read", "write", "pool"))
    limits = request.extensions.get("timeout") or unlimited
    request.extensions["timeout"] = {
        name: TIMEOUT_SECONDS if seconds is None else seconds for name, seconds in limits.items()
    }


def _refuse_waits(response: Any) -> None:
    """Raise for a transient fault, so that the client does not sleep and retry by itself.

    The client retries only calls outside of `with_retries`, after a short wait. It runs uploads in
    threads of its own, which do not see `_RETRIES_HERE`, so every faulty upload raises.
    """
    from huggingface_hub.utils import hf_raise_for_status

    if response.status_code not in TRANSIENT_STATUSES:
        return
    is_upload = response.request.method == "PUT"
    is_too_long = (requested_wait(response) or 0) > MAX_WAIT_SECONDS
    if _RETRIES_HERE.get() or is_upload or is_too_long:
        response.read()
        hf_raise_for_status(response)


def open_hub(token: str | bool | None = None, anonymous: bool = False) -> Any:
    """Create a Hub client.

    Args:
        token: Used by this client and stored nowhere. None: that of `hf auth login` or HF_TOKEN.
            False: none, even if one is set.
        anonymous: Allow a client without a token, which can read public repositories.

    Returns:
        A `huggingface_hub.HfApi`.

    Raises:
        ValueError: If a token is needed and none is found, or it is malformed.
    """
    from huggingface_hub import HfApi, get_token

    configure_client()
    _silence_client()
    token = get_token() if token is None else token
    if isinstance(token, str) and token:
        _check_characters(token)
    if not token and not anonymous:
        raise ValueError(
            _(
                "You are not logged in to the Hub. Run `hf auth login`, or set HF_TOKEN to a "
                "token with the write permission."
            )
        )
    return HfApi(token=token or False, library_name="lora_demo", library_version=__version__)


def _silence_client() -> None:
    """Hide the client's progress bars outside a terminal, and its warnings."""
    from huggingface_hub.utils import disable_progress_bars, logging

    if not sys.stderr.isatty():
        disable_progress_bars()
    if not os.environ.get("HF_HUB_VERBOSITY"):
        # Its warnings repeat our messages, with addresses in them.
        logging.set_verbosity_error()


def _check_characters(token: str) -> None:
    if not re.fullmatch(r"[!-~]{1,2000}", token):
        raise ValueError(
            _(
                "The token has characters that tokens never have. Copy it again from "
                "https://huggingface.co/settings/tokens."
            )
        )


def call_hub(
    call: Callable[[], T],
    repo: str = "",
    settled: Callable[[], T | None] | None = None,
    token: str | bool = False,
) -> T:
    """Call the Hub with retries, and turn errors into one sentence.

    Args:
        call: Calls the Hub.
        repo: The repository, which the sentence names.
        settled: As for `with_retries`.
        token: A token to remove from the sentence, where the failed request does not show it.

    Returns:
        The result of the call.

    Raises:
        ValueError: Saying what went wrong and what to do.
    """
    try:
        return with_retries(call, settled)
    except Exception as error:
        message = describe_hub_error(error, repo, token)
    # Outside of `except`, so that the original error, which holds the request, is not chained.
    raise ValueError(message)


def with_retries(call: Callable[[], T], settled: Callable[[], T | None] | None = None) -> T:
    """Call the Hub, and retry transient faults.

    Transient faults are statuses 429 and 5xx, lost connections, and damaged or unreadable answers.
    If the Hub asks for a wait, the next try follows after it.

    Args:
        call: Calls the Hub.
        settled: For a call that must not happen twice: checks before each retry whether the last
            try worked in spite of the error, and returns its result or None.

    Returns:
        The result of the call.

    Raises:
        Exception: What the last try raised.
    """
    tries = 0
    while True:
        tries += 1
        try:
            return _call_without_client_retries(call)
        except Exception as error:
            failure = error
        pause = _pause(failure, tries)
        if pause is not None:
            time.sleep(pause)
        # After a refusal of the first try, there is no result to find.
        if settled is not None and (tries > 1 or not is_refusal(failure)):
            result = with_retries(settled)
            if result is not None:
                return result
        if pause is None:
            raise root_cause(failure)


def _call_without_client_retries(call: Callable[[], T]) -> T:
    before = _RETRIES_HERE.set(True)
    try:
        return call()
    finally:
        _RETRIES_HERE.reset(before)


def _pause(error: Exception, tries: int) -> float | None:
    """Return the seconds before the next try; None if another try would not help."""
    if tries == MAX_TRIES:
        return None
    default = FIRST_PAUSE_SECONDS * 2 ** (tries - 1)
    response = getattr(root_cause(error), "response", None)
    if response is None:
        return default if _is_transient_without_answer(error) else None
    if response.status_code not in TRANSIENT_STATUSES:
        return None
    requested = requested_wait(response)
    pause = default if requested is None else requested
    return pause if pause <= MAX_WAIT_SECONDS else None


def _is_transient_without_answer(error: Exception) -> bool:
    """Check whether a call without an answer of the Hub can work on the next try."""
    from huggingface_hub import errors

    # An upload raises RuntimeError; the client has retried its lost connections six times.
    if isinstance(error, RuntimeError):
        return False
    transient = (
        errors.HTTPError,
        errors.FileMetadataError,
        CorruptDownloadError,
        *UNREADABLE_ANSWERS,
    )
    return isinstance(root_cause(error), transient)
