"""The bodies of requests: of bounded size, within bounded time, and valid JSON."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping

from lora_demo.language import _
from lora_demo.web.refusals import RefusedError

Receive = Callable[[], Awaitable[dict]]
"""ASGI's function that receives a part of a request."""


def bounded(
    receive: Receive, headers: Mapping[str, str], max_bytes: int, max_seconds: float
) -> Receive:
    """Limit the size of a body and the time in which it must arrive.

    Args:
        receive: ASGI's function.
        headers: The headers of the request, with names in lower case.
        max_bytes: The limit of the size.
        max_seconds: The limit of the time.

    Returns:
        A function like `receive`, which raises RefusedError where a limit is exceeded.

    Raises:
        RefusedError: If the announced size is over the limit.
    """
    too_large = RefusedError(
        413,
        _("The request is over the limit of {size:g} MB.", size=max_bytes / 1e6),
    )
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise too_large
    deadline = time.monotonic() + max_seconds
    received = 0
    is_complete = False

    async def receive_bounded() -> dict:
        nonlocal received, is_complete
        if is_complete:  # the next message is the end of the connection, which has no time limit
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise RefusedError(
                408, _("The request took too long to arrive. Send it again.")
            ) from None
        received += len(message.get("body", b""))
        is_complete = not message.get("more_body", False)
        if received > max_bytes:
            raise too_large
        return message

    return receive_bounded


async def read_body(receive: Receive) -> bytes:
    """Receive a whole body.

    Args:
        receive: ASGI's function.

    Raises:
        RefusedError: If the client disconnects before the end.
    """
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, _("The request was interrupted."))
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a function that gives a body that was received already, then what follows it.

    Args:
        body: The whole body.
        receive: ASGI's function.
    """
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> dict:
        return messages.pop() if messages else await receive()

    return receive_again


def check_json(body: bytes) -> None:
    """Check the body of a call.

    Args:
        body: The whole body; it may be empty.

    Raises:
        RefusedError: If it is not JSON, or names a file by its address, which Gradio would fetch.
    """
    if not body:
        return
    try:
        pending = [json.loads(body)]
    except (ValueError, RecursionError):
        raise RefusedError(400, _("The request is not valid JSON.")) from None
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            path = value.get("path")
            if isinstance(path, str) and "://" in path:
                raise RefusedError(400, _("Upload the file. An address of a file is not accepted."))
            pending.extend(value.values())
