"""The page's HTML in the visitor's language: the attribute `lang`, and Gradio's own texts."""

import re
from collections.abc import Awaitable, Callable

from lora_demo.language import ENGLISH, LANGUAGES, current_language
from lora_demo.web.refusals import Send

HEAD = b"<head>"
LANG = re.compile(rb'\blang="en"')


async def send_in_language(
    make: Callable[[Send], Awaitable[None]], cookie: str | None, send: Send
) -> None:
    """Send a page that names its language.

    Gradio takes the language of its own texts from the browser, so a script in the page gives it
    the chosen one.

    Args:
        make: Makes the page and sends it with the function that it gets.
        cookie: Remembers the language; None for no cookie.
        send: ASGI's function.
    """
    start: dict = {}
    body = b""

    async def collect(message: dict) -> None:
        nonlocal start, body
        if message["type"] == "http.response.start":
            start = message
        else:
            body += message.get("body", b"")

    await make(collect)
    if start.get("status") == 200 and body:
        body = _in_language(body)
    headers = [
        (name, value) for name, value in start.get("headers", []) if name != b"content-length"
    ]
    headers.append((b"content-length", str(len(body)).encode()))
    if cookie:
        headers.append((b"set-cookie", cookie.encode()))
    await send(start | {"headers": headers})
    await send({"type": "http.response.body", "body": body})


def _in_language(body: bytes) -> bytes:
    language = current_language()
    code = language if language in LANGUAGES else ENGLISH
    script = (
        f'<script>Object.defineProperty(navigator,"language",{{value:"{code}"}});'
        f'window.lora_demo_language="{code}";</script>'
    )
    body = LANG.sub(f'lang="{code}"'.encode(), body, count=1)
    return body.replace(HEAD, HEAD + script.encode(), 1)
