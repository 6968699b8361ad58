"""The form of a refusal: a ValueError of one line, in bounded time."""

import signal
from contextlib import contextmanager

from lora_demo.data.readers.columns import ColumnsNotFoundError
from lora_demo.training.settings_error import SettingsError

SECONDS = 60
"""Far above what any case takes, far below what an attack on a weak reader takes."""
MAX_CHARACTERS = 3000
REFUSALS = (ValueError, ColumnsNotFoundError, SettingsError)


@contextmanager
def bounded():
    """End calls that take far too long."""

    def end_call(*_):
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, end_call)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(call, *values, **named):
    """Return what the call returns, or None if it refuses in one clear line.

    Raises:
        AssertionError: If the refusal is not one clear line. Other errors are raised unchanged.
    """
    with bounded():
        try:
            return call(*values, **named)
        except ValueError as error:
            message = str(error)
            is_one_line = message.strip() and "\n" not in message and "\r" not in message
            is_short = len(message) <= MAX_CHARACTERS
            if type(error) in REFUSALS and is_one_line and is_short:
                return None
            kind = type(error).__name__
            raise AssertionError(f"no clear line: {kind}: {message[:500]!r}") from error
