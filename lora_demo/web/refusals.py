"""Refusals: what the gate answers instead of the page."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict], Awaitable[None]]
"""ASGI's function that sends a part of an answer."""


class RefusedError(Exception):
    """A request is not passed on.

    Args:
        status: The HTTP status.
        sentence: The sentence that the client reads.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


async def send_json(send: Send, status: int, document: dict[str, Any]) -> None:
    """Send a whole answer.

    Args:
        send: ASGI's function.
        status: The HTTP status.
        document: The body.
    """
    body = json.dumps(document).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
