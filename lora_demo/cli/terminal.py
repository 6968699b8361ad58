"""Output of commands to the terminal: the result as JSON, status lines, and the stop signal."""

import json
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

LINE_WIDTH = 70
"""Columns that a status line fills, so that it covers the progress line before it."""


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on standard output.

    Args:
        document: An object whose values JSON can express.
    """
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print(flush=True)


def print_status(message: str) -> None:
    """Print a line on standard error; on a terminal it replaces a progress line.

    Args:
        message: One line, without a line break.
    """
    line = f"\r{message:<{LINE_WIDTH}}" if sys.stderr.isatty() else message
    print(line, file=sys.stderr, flush=True)


def print_notes(adapter: Path, notes: Iterable[str]) -> None:
    """Print what an adapter holds or lists without effect, on standard error.

    Args:
        adapter: Its folder.
        notes: A sentence each.
    """
    for note in notes:
        print_status(f"! {adapter}: {note}")


def print_progress(message: str, in_log: bool) -> None:
    """Show progress on standard error.

    Args:
        message: One line; on a terminal the next line replaces it.
        in_log: True to print the line also if standard error is a file and not a terminal.
    """
    if sys.stderr.isatty():
        print(f"\r{message:<{LINE_WIDTH}}", end="", file=sys.stderr, flush=True)
    elif in_log:
        print(message, file=sys.stderr, flush=True)


class StopSignal:
    """Turns Ctrl-C and the TERM signal into a request to stop, which the command looks at."""

    def __init__(self) -> None:
        self.is_requested = False

    def listen(self) -> None:
        """Replace this process's handlers of both signals."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._request)

    def _request(self, number: int, frame: FrameType | None) -> None:
        self.is_requested = True
