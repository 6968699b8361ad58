"""Describe errors of the Hub to users, without secrets."""

import json
import re
import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from lora_demo.checkpoints.hub_advice import (
    ACCEPT_TERMS,
    CHECK_SPELLING,
    GET_WRITE_PERMISSION,
    RENEW_TOKEN,
    advice,
)
from lora_demo.errors import is_disk_full
from lora_demo.language import _

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


class CorruptDownloadError(OSError):
    """A downloaded file differs from what the Hub states; nothing of it was kept."""


def root_cause(error: Exception) -> Exception:
    """Return the error under a failed upload, or under a cache miss after a failed download.

    Args:
        error: An error that the Hub's client raised.
    """
    from huggingface_hub import errors

    wrappers = (RuntimeError, errors.LocalEntryNotFoundError)
    while isinstance(error, wrappers) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    return error


def is_refusal(error: Exception) -> bool:
    """Check whether the Hub refused a request, so that it certainly changed nothing.

    Args:
        error: As for `root_cause`. A time-out or a rate limit is not a refusal.
    """
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
        error: The error that the client raised.
        repo: The repository, which is named in the sentence.
        token: A token to remove.

    Returns:
        One sentence with the failure and advice.
    """
    from huggingface_hub import errors

    error = root_cause(error)
    response = getattr(error, "response", None)
    if isinstance(error, errors.HfHubHTTPError) and response is not None:
        return _describe_status(
            error, response, _("the repository {repo}", repo=repo) if repo else _("the repository")
        )
    if isinstance(error, errors.OfflineModeIsEnabled):
        return _("HF_HUB_OFFLINE is set, so the Hub was not called. Unset it and try again.")
    if isinstance(error, errors.HFValidationError):
        return invalid_name(repo)
    if is_disk_full(error):
        return _("The disk is full. Free some space and try again.")
    if isinstance(error, CorruptDownloadError):
        return _(
            "{name} was damaged during the download. It differs from what the Hub states and "
            "was not kept. Try again.",
            name=error,
        )
    if isinstance(error, (errors.HTTPError, ConnectionError, TimeoutError)):
        return _("The connection to the Hub failed or was cut. Check the network and try again.")
    if isinstance(error, (errors.FileMetadataError, *UNREADABLE_ANSWERS)):
        return _(
            "The answer did not come from the Hub. Check for a proxy or login page, and check "
            "HF_ENDPOINT if it is set. Then try again."
        )
    if isinstance(error, ValueError):
        return " ".join(without_tokens(str(error), token).split())[:MAX_MESSAGE]
    return _(
        "The request to the Hub failed ({error}). Try again later.", error=type(error).__name__
    )


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


def _describe_status(error: Exception, response: Any, repo: str) -> str:
    """Describe what an HTTP status means, and what to do."""
    from huggingface_hub import errors

    status = response.status_code
    if isinstance(error, errors.GatedRepoError):
        gated = _("Access to {repo} is gated.", repo=repo)
        return f"{gated} {advice(ACCEPT_TERMS)}"
    if isinstance(error, errors.RevisionNotFoundError):
        return _(
            "The revision of {repo} was not found. Use a branch, a tag or a commit that exists.",
            repo=repo,
        )
    if status == HTTPStatus.UNAUTHORIZED:
        return _describe_unauthorized(response, repo)
    if status == HTTPStatus.FORBIDDEN:
        return _describe_forbidden(response, repo)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _describe_rate_limit(response)
    return _describe_other_status(response, repo)


def _describe_rate_limit(response: Any) -> str:
    seconds = requested_wait(response)
    if not seconds:
        return _("The Hub received too many requests. Try again later.")
    return _(
        "The Hub received too many requests. Try again in {seconds:.0f} s.",
        seconds=seconds,
    )


def _describe_other_status(response: Any, repo: str) -> str:
    """Describe a status that says by itself what it means."""
    status = response.status_code
    reason = _server_message(response) or _("it gives no reason")
    meanings = {
        400: _(
            "The Hub refuses the request for {repo} as malformed: {reason}. Correct it and try "
            "again.",
            repo=repo,
            reason=reason,
        ),
        402: _(
            "The Hub asks for payment. This hardware, or a Space that runs code, needs a "
            "subscription or credits (https://huggingface.co/settings/billing)."
        ),
        404: _(
            "The Hub does not have {repo}, or your account cannot see it. Check the spelling.",
            repo=repo,
        ),
        409: _("Another client is changing {repo} right now. Try again in a moment.", repo=repo),
        412: _(
            "Another client has changed {repo} in the meantime. Check the changes and try again.",
            repo=repo,
        ),
        413: _("The Hub refuses files of this size for {repo}. Send smaller files.", repo=repo),
    }
    unknown = _(
        "The Hub has a problem at the moment (status {status}). Try again later.", status=status
    )
    return meanings.get(status, unknown)


def invalid_name(name: str) -> str:
    """Say what the name of a repository must be.

    Args:
        name: The given name.
    """
    return _(
        "{name!r} is not a repository name. Write user/name, with letters from a to z, digits, "
        "'-', '_' and '.', and no '-' or '.' at the start or end.",
        name=name[:100],
    )


def _describe_unauthorized(response: Any, repo: str) -> str:
    if "authorization" not in response.request.headers:
        missing = _("Could not find {repo}.", repo=repo)
        return f"{missing} {advice(CHECK_SPELLING)}"
    return f"{_('The Hub does not accept the token.')} {advice(RENEW_TOKEN)}"


def _describe_forbidden(response: Any, repo: str) -> str:
    if response.request.method in ("GET", "HEAD"):
        return _(
            "Your account or token is not allowed to read {repo}. Accept its terms or ask for "
            "access on its page, and use a token that can read it.",
            repo=repo,
        )
    forbidden = _(
        "Your account or token does not have permission for this action on {repo}.", repo=repo
    )
    return f"{forbidden} {advice(GET_WRITE_PERMISSION)}"


def _server_message(response: Any) -> str:
    """Return the server's own explanation, without tokens."""
    try:
        message = response.json().get("error", "")
    except (ValueError, AttributeError, RuntimeError):
        message = ""
    sent = response.request.headers.get("authorization", "").removeprefix("Bearer ")
    return " ".join(without_tokens(str(message), sent).split())[:MAX_SERVER_MESSAGE].rstrip(".")
