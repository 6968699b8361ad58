"""What happens, a line each, on standard error: with runs by their tags, and no text, key or token of a visitor."""

import logging
import secrets
import sys
import traceback

LOG = logging.getLogger("lora_demo")


def begin():
    """Lets the app's own lines through, and nobody else's."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def report(error: BaseException, where: str) -> str:
    """Logs an unforeseen error and returns the id under which it is found there.

    Only its kind and its way through the code are told, since what it says may quote a visitor.
    """
    id = secrets.token_hex(4)
    LOG.error("error %s in %s: %s", id, where, "".join(_told(error)).rstrip())
    return id


def _told(error: BaseException) -> list[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    number = f" (errno {error.errno})" if isinstance(error, OSError) else ""
    return [
        *(_told(cause) + ["which led to\n"] if cause else []),
        f"{type(error).__name__}{number}\n",
        *traceback.format_tb(error.__traceback__),
    ]
