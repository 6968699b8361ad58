"""The Hub, asked patiently: passing faults are tried again, lasting ones become one sentence that holds no secret."""

import functools
import json
import os
import re
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from typing import TypeVar

from lora_demo.version import __version__

TRIES = 4
LONGEST_WAIT = 60
"""Seconds; a Hub that asks for more is left alone, and the person told."""
ANSWER_SECONDS = 60.0
"""How long the Hub may be silent; the client's own default is to wait for ever."""
TOKEN = re.compile(r"Bearer\s+[\w.~+/=-]{8,}|\bhf_\w+")
"""What looks like a token; a JSON text stays one without it."""
NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
"""An owner, or a repository without its owner."""
PASSING = (408, 429, 500, 502, 503, 504)
UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError)
"""What the client raises for an answer that is no Hub's, such as a page of a proxy."""

OURS = ContextVar("ours", default=False)
"""Whether `patiently` sees to new tries, so that the client need not make its own in each of them."""

T = TypeVar("T")


class Torn(OSError):
    """A file came otherwise than the Hub says that it is; nothing of it is kept."""


@functools.cache
def be_patient():
    """Makes the client of this process give up where it would wait for ever: on a silent Hub, and on one that asks for long waits."""
    from huggingface_hub import set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    def client():
        made = default_client_factory()
        made.event_hooks["request"].append(_limit_silence)
        made.event_hooks["response"].append(_refuse_waits)
        return made

    set_client_factory(client)


def _limit_silence(request):
    """Gives a request whose caller would wait for ever the longest silence; many of the client's own calls do, whatever its default is."""
    limits = request.extensions.get("timeout") or dict.fromkeys(
        ("connect", "read", "write", "pool")
    )
    request.extensions["timeout"] = {
        name: ANSWER_SECONDS if seconds is None else seconds for name, seconds in limits.items()
    }


def _refuse_waits(response):
    """Raises for a passing fault, where the client would sleep and try again, unless nobody else would.

    An upload is always ours, and goes on in threads of the client's, too, which do not know of `OURS`.
    """
    from huggingface_hub.utils import hf_raise_for_status

    if response.status_code in PASSING and (
        OURS.get()
        or response.request.method == "PUT"
        or (_asked_wait(response) or 0) > LONGEST_WAIT
    ):
        response.read()
        hf_raise_for_status(response)


def _asked_wait(response) -> float | None:
    """Seconds that the Hub asks to wait: by its rate limit, or by Retry-After as a number or a date."""
    from huggingface_hub.utils import parse_ratelimit_headers

    limit, asked = (
        parse_ratelimit_headers(response.headers),
        response.headers.get("Retry-After", "").strip(),
    )
    if response.status_code == 429 and limit and limit.remaining == 0:
        return limit.reset_in_seconds
    if re.fullmatch(r"\d{1,9}", asked):
        return float(asked)
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    except ValueError:
        return None


def open_hub(token: str | bool | None = None, anonymous: bool = False):
    """A client of the Hub.

    Args:
        token: used for this client and kept nowhere else; None: that of `hf auth login` or HF_TOKEN; False: none, even if there is one.
        anonymous: do without a token where there is none, enough to read what is public.
    Raises:
        ValueError: if there is no token and one is needed, or it is none.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.utils import disable_progress_bars, logging

    be_patient()
    if not sys.stderr.isatty():
        disable_progress_bars()
    if not os.environ.get("HF_HUB_VERBOSITY"):
        logging.set_verbosity_error()  # its warnings say what our sentences say, with addresses in them
    token = get_token() if token is None else token
    if token and not re.fullmatch(r"[!-~]{1,2000}", token):
        raise ValueError(
            "The token holds characters that no token has: copy it again from https://huggingface.co/settings/tokens."
        )
    if not token and not anonymous:
        raise ValueError(
            "You are not logged in to the Hub: run `hf auth login`, or set HF_TOKEN to a token with the write permission."
        )
    return HfApi(token=token or False, library_name="lora_demo", library_version=__version__)


def ask(
    call: Callable[[], T],
    repo: str = "",
    settled: Callable[[], T | None] | None = None,
    token: str | bool = False,
) -> T:
    """Calls the Hub as `patiently` does.

    Args:
        repo: named in the sentence if it fails.
        token: kept out of the sentence where no request tells it, as of an answer that was refused only later.
    Raises:
        ValueError: in one sentence, what went wrong and what to do.
    """
    try:
        return patiently(call, settled)
    except Exception as error:
        said = sentence(error, repo, token)
    raise ValueError(said)


def patiently(call: Callable[[], T], settled: Callable[[], T | None] | None = None) -> T:
    """Calls the Hub, again and again while the fault may pass: 429 and 5xx, with the wait it asks for, lost connections, torn and unreadable answers.

    Args:
        settled: for a call that must not happen twice: asked before each new try whether the last one worked after all.
    Raises:
        Exception: what the last try raised.
    """
    for tries in range(1, TRIES + 1):
        before = OURS.set(True)
        try:
            return call()
        except Exception as error:
            failed = error
        finally:
            OURS.reset(before)
        pause, unsure = _pause(failed, tries), settled and (tries > 1 or not is_refusal(failed))
        if unsure or pause is not None:
            time.sleep(pause or 0)
        if unsure and (answer := patiently(settled)) is not None:
            return answer
        if pause is None:
            break
    raise _cause(failed)


def _cause(error: Exception) -> Exception:
    """What lies under an error of an upload, or under a cache that lacks what could not be fetched."""
    from huggingface_hub import errors

    while isinstance(error, (RuntimeError, errors.LocalEntryNotFoundError)) and isinstance(
        error.__cause__, Exception
    ):
        error = error.__cause__
    return error


def is_refusal(error: Exception) -> bool:
    """Whether the Hub has clearly not done what it was asked for."""
    status = getattr(getattr(_cause(error), "response", None), "status_code", 0)
    return 400 <= status < 500 and status not in PASSING


def _pause(error: Exception, tries: int) -> float | None:
    """Seconds before the next try; None if another one is of no use."""
    from huggingface_hub import errors

    is_upload, error = isinstance(error, RuntimeError), _cause(error)
    usual, response = 0.25 * 2**tries, getattr(error, "response", None)
    if (
        tries == TRIES or response is None and is_upload
    ):  # whose lost connections the client has already tried six times
        return None
    if response is None:
        return (
            usual
            if isinstance(error, (errors.HTTPError, errors.FileMetadataError, Torn, *UNREADABLE))
            else None
        )
    asked = _asked_wait(response)
    pause = usual if asked is None else asked
    return pause if response.status_code in PASSING and pause <= LONGEST_WAIT else None


def sentence(error: Exception, repo: str = "", token: str | bool = False) -> str:
    """A failed call as one sentence for a person; nothing of the request, whose headers hold the token, is in it, nor what a server echoes of it."""
    from huggingface_hub import errors

    error = _cause(error)
    response = getattr(error, "response", None)
    if isinstance(error, errors.HfHubHTTPError) and response is not None:
        return _refusal(error, response, f"the repository {repo}" if repo else "it")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, so the Hub is not asked: unset it and try again."
    if isinstance(error, errors.HFValidationError):
        return f"{repo[:100]!r} is no repository's name: write user/name, with letters, digits, '-', '_' and '.'."
    if getattr(error, "errno", None) == 28:
        return "The disk is full: free some space and try again."
    if isinstance(error, Torn):
        return f"{error} came otherwise than the Hub says that it is, torn or changed on its way, and was not kept: try again."
    if isinstance(error, (errors.HTTPError, ConnectionError, TimeoutError)):
        return "The connection to the Hub failed or was cut: check the network and try again."
    if isinstance(error, (errors.FileMetadataError, *UNREADABLE)):
        return "What answers is not the Hub as it should be: check that no proxy or login page is in between, and HF_ENDPOINT if it is set; then try again."
    if isinstance(error, ValueError):
        return " ".join(without_tokens(str(error), token).split())[:400]
    return f"The Hub could not be used ({type(error).__name__})."


def without_tokens(text: str, *secrets: str | bool | None) -> str:
    """A server's text without the tokens that it may have echoed: those given, that of `hf auth login` or HF_TOKEN, and whatever looks like one."""
    from huggingface_hub import get_token

    for secret in filter(None, (*secrets, get_token())):
        text = text.replace(secret, "***")
    return TOKEN.sub("***", text)


def _refusal(error, response, it: str) -> str:
    """What a status means, and what to do."""
    from huggingface_hub import errors

    status = response.status_code
    token = "authorization" in response.request.headers
    if isinstance(error, errors.GatedRepoError):
        return f"The access to {it} is gated: accept its terms on its page, and log in with `hf auth login`."
    if isinstance(error, errors.RevisionNotFoundError):
        return f"There is no such revision of {it}: give a branch, a tag or a commit that exists."
    if status == 401:
        if not token:
            return f"There is no public access to {it}: check the spelling, or log in with `hf auth login` if it is private."
        return "The Hub does not accept the token: log in again with `hf auth login`, or set HF_TOKEN to a valid one."
    if status == 404:
        return f"The Hub does not have {it}, or your account may not see it: check the spelling."
    if status == 403 and response.request.method in ("GET", "HEAD"):
        return f"Your account or token may not read {it}: accept its terms or ask for access on its page, and use a token that may read it."
    if status == 429:
        asked = _asked_wait(response)
        return f"The Hub has had too many requests: try again {f'in {asked:.0f} seconds' if asked else 'later'}."
    meanings = {
        400: f"The Hub refuses the request for {it} as malformed: {_message(response) or 'it does not say why'}.",
        402: "The Hub asks for payment: this hardware, or a Space that runs code, needs a subscription or credits (https://huggingface.co/settings/billing).",
        403: f"Your account or token may not do this with {it}: use a token with the write permission, or a repository under your own name.",
        409: f"Something else is changing {it} right now: try again in a moment.",
        412: f"Something else has changed {it} in the meantime: look at it, and try again.",
        413: f"The Hub refuses files of this size for {it}.",
    }
    return (
        meanings.get(status)
        or f"The Hub has trouble at the moment (status {status}): try again later."
    )


def _message(response) -> str:
    try:
        said = response.json().get("error", "")
    except (ValueError, AttributeError, RuntimeError):
        said = ""
    sent = response.request.headers.get("authorization", "").removeprefix("Bearer ")
    return " ".join(without_tokens(str(said), sent).split())[:200].rstrip(".")


def checked_name(name: str) -> str:
    """A repository's name, with its owner or without; ValueError if it is none."""
    name = name.strip().removeprefix("https://huggingface.co/")
    if (
        not re.fullmatch(f"({NAME.pattern}/)?{NAME.pattern}", name)
        or len(name) > 96
        or ".." in name
        or "--" in name
        or name.endswith((".git", ".", "-"))
    ):
        raise ValueError(
            f"{name[:100]!r} is no repository's name: write user/name, with letters, digits, '-', '_' and '.'."
        )
    return name


def repository(name: str, hub) -> str:
    """`name` with its owner, which is the token's where none is given.

    Raises:
        ValueError: if it is no repository's name, or has no owner and there is no token.
    """
    name = checked_name(name)
    if "/" not in name and not hub.token:
        raise ValueError(
            f"{name!r} has no owner, and nobody is logged in whose it could be: write user/name, or log in with `hf auth login`."
        )
    return name if "/" in name else f"{owner(hub)}/{name}"


def owner(hub) -> str:
    """The name of the account that the token belongs to."""

    def look() -> str:
        name = hub.whoami()["name"]
        if not NAME.fullmatch(name):
            raise TypeError("The account has no name.")
        return name

    return ask(look)
