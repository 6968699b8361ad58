"""A cache of the page's HTML. It takes 30 ms to make, and a whole class may open it at once."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

from lora_demo.language import current_language
from lora_demo.web.refusals import Send

MAX_AGE_SECONDS = 60
MAX_PAGES = 16
"""Pages for different languages and values of `ADDRESS_HEADERS`."""
ADDRESS_HEADERS = (
    "host",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-gradio-server",
    "accept-encoding",
)
"""The headers on which the page for all visitors depends."""
PERSONAL_HEADERS = {"cookie", "authorization", "origin"}
"""Headers on which a page for one visitor may depend."""

MakePage = Callable[[Send], Awaitable[None]]


class PageCache:
    """Keeps answers to `GET /` that are the same for all visitors."""

    def __init__(self) -> None:
        # Times and answers, the least recently used first.
        self._pages: OrderedDict[tuple, tuple[float, list[dict]]] = OrderedDict()
        self._lock = asyncio.Lock()

    @staticmethod
    def applies(query: bytes, headers: Mapping[str, str]) -> bool:
        """Check whether the answer to a request can be the same for all visitors.

        Args:
            query: The query string.
            headers: The request's headers, with names in lower case, without the cookie of the
                language.
        """
        return not query and PERSONAL_HEADERS.isdisjoint(headers)

    async def send(self, headers: Mapping[str, str], make: MakePage, send: Send) -> None:
        """Send the page from the cache, or make it if it is missing there or too old.

        Args:
            headers: The request's headers, with names in lower case.
            make: Makes the page and sends it with the function that it gets.
            send: ASGI's function.
        """
        key = (current_language(), *(headers.get(name) for name in ADDRESS_HEADERS))
        async with self._lock:  # requests that arrive together wait for one page
            messages = self._messages_if_fresh(key)
            if messages is None:
                messages = await _collect(make)
                self._store(key, messages)
        for message in messages:
            await send(message)

    def _messages_if_fresh(self, key: tuple) -> list[dict] | None:
        if key not in self._pages:
            return None
        made_at, messages = self._pages[key]
        if time.monotonic() - made_at > MAX_AGE_SECONDS:
            return None
        self._pages.move_to_end(key)
        return messages

    def _store(self, key: tuple, messages: list[dict]) -> None:
        self._pages.pop(key, None)
        if not _is_for_everyone(messages):
            return
        self._pages[key] = time.monotonic(), messages
        if len(self._pages) > MAX_PAGES:
            self._pages.popitem(last=False)


async def _collect(make: MakePage) -> list[dict]:
    messages: list[dict] = []

    async def collect(message: dict) -> None:
        messages.append(message)

    await make(collect)
    return messages


def _is_for_everyone(messages: list[dict]) -> bool:
    if not messages or messages[0].get("status") != 200:
        return False
    return all(name.lower() != b"set-cookie" for name, _ in messages[0].get("headers", []))
