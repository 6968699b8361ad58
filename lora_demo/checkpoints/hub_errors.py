"""Describe errors of the Hub to users, without secrets."""

import json
import re
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from lora_demo.errors import is_disk_full

MAX_MESSAGE = 400
MAX_SERVER_MESSAGE = 200
TOKEN = re.compile(r"Bearer\s+[\w.~+/=-]{8,}|\bhf_\w+")
"""The pattern of a token; JSON stays JSON when matches are replaced."""
TRANSIENT_STATUSES = (408, 429, 500, 502, 503, 504)
UNREADABLE_ANSWERS = (
    json.JSONDecodeError,
    UnicodeDecodeError,
    KeyError,
    TypeError,
    AttributeError,
)
"""Errors that the client raises if an answer is not the Hub's, such as a proxy's login page."""
INVALID_NAME = "is not a repository name. Write user/name, with letters, digits, '-', '_' and '.'."
SUBSCRIPTION_PAGE = "https://huggingface.co/settings/billing"


class CorruptDownloadError(OSError):
    """A downloaded file differs from what the Hub states; nothing of it was kept."""


def root_cause(error: Exception) -> Exception:
    """Return the error under a failed upload, or under a cache miss after a failed download."""
    from huggingface_hub import errors

    wrappers = (RuntimeError, errors.LocalEntryNotFoundError)
    while isinstance(error, wrappers) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def is_refusal(error: Exception) -> bool:
    """Check whether the Hub certainly did not do what it was asked for."""
    response = getattr(root_cause(error), "response", None)
    status = getattr(response, "status_code", 0)
    return 400 <= status < 500 and status not in TRANSIENT_STATUSES


def requested_wait(response: Any) -> float | None:
    """Return the seconds that the Hub asks a client to wait.

    Args:
        response: An HTTP response with a rate limit, or with Retry-After as a number or a date.

    Returns:
        None if it asks for no wait.
    """
    from huggingface_hub.utils import parse_ratelimit_headers

    limit = parse_ratelimit_headers(response.headers)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and limit and limit.remaining == 0:
        return limit.reset_in_seconds
    retry_after = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", retry_after):
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return None


def describe_hub_error(error: Exception, repo: str = "", token: str | bool = False) -> str:
    """Describe a failed call of the Hub in one sentence.

    The sentence contains nothing of the request, whose headers hold the token, and no token that
    a server echoed.

    Args:
        error: What the client raised.
        repo: The repository, which is named in the sentence.
        token: A token to remove.
    """
    from huggingface_hub import errors

    error = root_cause(error)
    response = getattr(error, "response", None)
    if isinstance(error, errors.HfHubHTTPError) and response is not None:
        return _describe_status(error, response, f"the repository {repo}" if repo else "it")
    if isinstance(error, errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, so the Hub was not called. Unset it and try again."
    if isinstance(error, errors.HFValidationError):
        return f"{repo[:100]!r} {INVALID_NAME}"
    if is_disk_full(error):
        return "The disk is full. Free some space and try again."
    if isinstance(error, CorruptDownloadError):
        return (
            f"{error} was damaged during the download. It differs from what the Hub states and was "
            "not kept. Try again."
        )
    if isinstance(error, (errors.HTTPError, ConnectionError, TimeoutError)):
        return "The connection to the Hub failed or was cut. Check the network and try again."
    if isinstance(error, (errors.FileMetadataError, *UNREADABLE_ANSWERS)):
        return (
            "The answer did not come from the Hub. Check for a proxy or login page, and check "
            "HF_ENDPOINT if it is set. Then try again."
        )
    if isinstance(error, ValueError):
        return " ".join(without_tokens(str(error), token).split())[:MAX_MESSAGE]
    return f"The request to the Hub failed ({type(error).__name__}). Try again later."


def without_tokens(text: str, *secrets: str | bool | None) -> str:
    """Remove tokens from a server's text.

    Args:
        text: Any text.
        secrets: Tokens to remove, besides the user's own and whatever looks like a token.
    """
    from huggingface_hub import get_token

    for secret in (*secrets, get_token()):
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return TOKEN.sub("***", text)


def _describe_status(error: Exception, response: Any, it: str) -> str:
    """Describe what an HTTP status means, and what to do."""
    from huggingface_hub import errors

    status = response.status_code
    if isinstance(error, errors.GatedRepoError):
        return (
            f"Access to {it} is gated. Accept its terms on its page, and log in with "
            "`hf auth login`."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return f"The revision of {it} was not found. Use a branch, a tag or a commit that exists."
    if status == HTTPStatus.UNAUTHORIZED:
        return _describe_unauthorized(response, it)
    if status == HTTPStatus.FORBIDDEN:
        return _describe_forbidden(response, it)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = requested_wait(response)
        when = f"in {seconds:.0f} seconds" if seconds else "later"
        return f"The Hub received too many requests. Try again {when}."
    meanings = {
        400: f"The Hub refuses the request for {it} as malformed: "
        f"{_server_message(response) or 'it gives no reason'}.",
        402: "The Hub asks for payment. This hardware, or a Space that runs code, needs a "
        f"subscription or credits ({SUBSCRIPTION_PAGE}).",
        404: f"The Hub does not have {it}, or your account may not see it. Check the spelling.",
        409: f"Another client is changing {it} right now. Try again in a moment.",
        412: f"Another client has changed {it} in the meantime. Check the changes and try again.",
        413: f"The Hub refuses files of this size for {it}. Send smaller files.",
    }
    unknown = f"The Hub has a problem at the moment (status {status}). Try again later."
    return meanings.get(status, unknown)


def _describe_unauthorized(response: Any, it: str) -> str:
    if "authorization" not in response.request.headers:
        return (
            f"{it} was not found, or is private. Check the spelling, or log in with "
            "`hf auth login` if it is private."
        )
    return (
        "The Hub does not accept the token. Log in again with `hf auth login`, or set HF_TOKEN to "
        "a valid one."
    )


def _describe_forbidden(response: Any, it: str) -> str:
    if response.request.method in ("GET", "HEAD"):
        return (
            f"Your account or token may not read {it}. Accept its terms or ask for access on its "
            "page, and use a token that may read it."
        )
    return (
        f"Your account or token may not do this with {it}. Use a token with the write permission, "
        "or a repository under your own name."
    )


def _server_message(response: Any) -> str:
    """Return the server's own explanation, without tokens."""
    try:
        message = response.json().get("error", "")
    except (ValueError, AttributeError, RuntimeError):
        message = ""
    sent = response.request.headers.get("authorization", "").removeprefix("Bearer ")
    return " ".join(without_tokens(str(message), sent).split())[:MAX_SERVER_MESSAGE].rstrip(".")
