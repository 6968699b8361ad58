"""The log on standard error, one line per event.

It names runs by their tags, and never contains texts, keys or tokens of visitors.
"""

import logging
import os
import secrets
import traceback

from lora_demo.language import _

LOG = logging.getLogger("lora_demo")


def start_logging() -> None:
    """Write the app's own log lines, and no other library's, to standard error.

    The lines go to a copy of its file descriptor, because standard error is redirected while
    TensorFlow is imported (`model/backend.py`), and lines of that time must not be lost.
    """
    stream = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def report(error: BaseException, where: str) -> str:
    """Log an unexpected error.

    Only the types of the errors and the traceback are logged: messages may quote a visitor.

    Args:
        error: The error.
        where: The failed operation, such as the name of a function.

    Returns:
        An id under which the log has the details.
    """
    error_id = secrets.token_hex(4)
    LOG.error("error %s in %s: %s", error_id, where, "".join(_traceback(error)).rstrip())
    return error_id


def unexpected_error_message(error: BaseException, where: str) -> str:
    """Log an unexpected error and return the sentence that a visitor reads.

    Args:
        error: The error.
        where: The failed operation, such as the name of a function.
    """
    error_id = report(error, where)
    return _(
        "Something went wrong. Try again. The server log has details under error {error_id}.",
        error_id=error_id,
    )


def _traceback(error: BaseException) -> list[str]:
    """Format an error and its causes without their messages."""
    lines = []
    cause = error.__cause__
    if cause is None and not error.__suppress_context__:
        cause = error.__context__
    if cause is not None:
        lines = [*_traceback(cause), "which led to\n"]
    number = f" (errno {error.errno})" if isinstance(error, OSError) else ""
    return [
        *lines,
        f"{type(error).__name__}{number}\n",
        *traceback.format_tb(error.__traceback__),
    ]
