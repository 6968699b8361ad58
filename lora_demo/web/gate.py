"""The gate before the page: which requests reach Gradio.

An ASGI middleware. It closes the addresses that this page does not need, checks who asks, limits
how often and how much, and adds security headers. It does not import Gradio.
"""

import hmac
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from lora_demo.errors import is_disk_full
from lora_demo.language import N_, _, in_language
from lora_demo.service.disk_usage import DISK_FULL
from lora_demo.service.hub_account import LOOPBACK
from lora_demo.service.log import LOG, report, unexpected_error_message
from lora_demo.service.rate_limit import RateLimiter, RateLimitError
from lora_demo.web.language_choice import (
    choose_language,
    language_cookie,
    without_language_cookie,
)
from lora_demo.web.page_cache import PageCache
from lora_demo.web.page_language import send_in_language
from lora_demo.web.refusals import RefusedError, Send, send_json
from lora_demo.web.request_bodies import Receive, bounded, check_json, read_body, replay
from lora_demo.web.response_headers import security_headers
from lora_demo.web.routes import Kind, is_health, kind_of, needs_password

ONE_RANGE = re.compile(r"|bytes=([0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})")
"""The header Range: none, or one range of bytes."""
MAX_BODY_BYTES = 1_000_000
MAX_UPLOAD_BYTES = 210_000_000
BODY_SECONDS = 30
UPLOAD_SECONDS = 900
MAX_OPEN = 4000
"""Open requests of all addresses; an open page has two."""
MAX_OPEN_PER_ADDRESS = 1500
"""A whole class of students may share one address."""
HEALTH_SECONDS = 1
"""Time for which a measured state of the app is reported again."""


@dataclass(frozen=True)
class Rules:
    """The rules for access to the page.

    Args:
        local: Only this machine; then no other site may use the visitor's browser to send
            requests.
        proxied: A proxy before the page names its public host in X-Forwarded-Host.
        space: The proxy of Hugging Face is before the page and names the visitor's address in
            X-Forwarded-For.
        password: Password of the whole page; empty for none.
        check_room: Raises ValueError if another upload does not fit.
        health: Returns what `/gradio_api/health` answers.
    """

    local: bool = False
    proxied: bool = False
    space: bool = False
    password: str = ""
    check_room: Callable[[], None] = lambda: None
    health: Callable[[], dict] = dict


def rules_of(
    account: str, proxied: bool, environment: Mapping[str, str] = os.environ, **more: Any
) -> Rules:
    """Return the rules for a page.

    Args:
        account: Whose Hub account the page uses, see `hub_account.account_of`.
        proxied: True if a proxy is before the page.
        environment: LORA_DEMO_PASSWORD is the page's password.
        **more: `check_room` and `health` of the rules.
    """
    return Rules(
        local=account == "machine",
        proxied=proxied,
        space=account == "space",
        password=environment.get("LORA_DEMO_PASSWORD", "").strip(),
        **more,
    )


class Gate:
    """Answers some requests itself and passes the others on to the page.

    Args:
        app: Gradio's ASGI app.
        rules: Who may use the page.
        has_login_cookie: Returns True if a request to the app, with these headers, has the cookie
            that Gradio sets after the password was given.
    """

    def __init__(
        self,
        app: Callable,
        rules: Rules,
        has_login_cookie: Callable[[Any, Mapping[str, str]], bool] = lambda app, headers: False,
    ) -> None:
        self.app = app
        self.rules = rules
        self._has_login_cookie = has_login_cookie
        self._open_requests: Counter[str] = Counter()
        self._pages = PageCache()
        self._health: dict = {}
        self._health_at = float("-inf")
        self._rates = {
            Kind.LOGIN: (RateLimiter(10, 60), N_("passwords")),
            Kind.UPLOAD: (RateLimiter(120, 60), N_("files")),
            Kind.CALL: (RateLimiter(1000, 10), N_("calls")),
        }

    async def __call__(self, scope: dict, receive: Receive, send: Send) -> None:
        """Answer one connection or pass it on; this is the ASGI entry point."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        if scope["type"] != "http":  # the page uses no WebSocket
            return
        has_started = False

        async def send_with_headers(message: dict) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                headers = [*message.get("headers", []), *security_headers(scope["path"])]
                message = message | {"headers": headers}
            await send(message)

        address = self._address(scope)
        self._open_requests[address] += 1
        try:
            headers = _headers(scope)
            language = choose_language(scope["query_string"].decode("latin-1"), headers)
            with in_language(language):
                await self._answer(scope, address, receive, send_with_headers)
        except (RefusedError, RateLimitError) as refusal:
            status = refusal.status if isinstance(refusal, RefusedError) else 429
            LOG.info("refused a request: %d %s", status, refusal)
            if not has_started:
                await send_json(send_with_headers, status, {"detail": str(refusal)})
        except ClientDisconnect:
            pass
        except Exception as error:
            await _end_failed(error, send_with_headers, has_started)
        finally:
            self._open_requests[address] -= 1
            if not self._open_requests[address]:
                del self._open_requests[address]

    async def _answer(self, scope: dict, address: str, receive: Receive, send: Send) -> None:
        path, headers = scope["path"], _without_language(_headers(scope))
        kind = self._check(scope, address, headers)
        if is_health(path):
            await send_json(send, 200, self._recent_health())
        elif (scope["method"], path) == ("GET", "/"):
            await self._send_page(scope, headers, receive, send)
        else:
            receive = await self._checked_body(kind, address, headers, receive)
            await self.app(scope, receive, send)

    async def _send_page(
        self, scope: dict, headers: Mapping[str, str], receive: Receive, send: Send
    ) -> None:
        query = scope["query_string"]

        async def make_page(send: Send) -> None:
            await self.app(scope, receive, send)

        async def make(send: Send) -> None:
            cookie = language_cookie(query.decode("latin-1"), self.rules.space)
            await send_in_language(make_page, cookie, send)

        if PageCache.applies(query, headers):
            await self._pages.send(headers, make, send)
        else:
            await make(send)

    def _check(self, scope: dict, address: str, headers: Mapping[str, str]) -> Kind:
        """Check everything but the body of a request; raises RefusedError."""
        is_crowded = self._open_requests.total() > MAX_OPEN
        if is_crowded or self._open_requests[address] > MAX_OPEN_PER_ADDRESS:
            raise RefusedError(
                503,
                _("Too many requests are open. Close some pages, or try again in a few minutes."),
            )
        self._check_origin(headers)
        kind = kind_of(scope["method"], scope["path"])
        if not ONE_RANGE.fullmatch(headers.get("range", "")):
            raise RefusedError(416, _("Request one range of bytes at a time."))
        if self.rules.password and needs_password(scope["path"]):
            self._check_password(scope, headers)
        return kind

    def _check_origin(self, headers: Mapping[str, str]) -> None:
        """Refuse requests that another site makes the visitor's browser send.

        This concerns visitors who are signed in and pages of this machine. A page of this machine
        also refuses other names for the machine, which any site can define.
        """
        host = headers.get("host", "")
        if self.rules.local and _split_address(f"//{host}").hostname not in LOOPBACK:
            raise RefusedError(
                403,
                _(
                    "This page is open only under the names of this machine, such as 127.0.0.1. "
                    "Start it with --host to open it to others."
                ),
            )
        origin = headers.get("origin")
        if not origin or not (self.rules.local or "cookie" in headers):
            return
        own_hosts = {host}
        if self.rules.proxied:
            own_hosts.add(headers.get("x-forwarded-host", ""))
        if _split_address(origin).netloc not in own_hosts:
            raise RefusedError(403, _("Requests from other sites are not allowed."))

    def _check_password(self, scope: dict, headers: Mapping[str, str]) -> None:
        """Accept the password in this request, or the cookie of an earlier login."""
        scheme, _unused, given = headers.get("authorization", "").partition(" ")
        is_right = hmac.compare_digest(given.encode(), self.rules.password.encode())
        if scheme.lower() == "bearer" and is_right:
            return
        if not self._has_login_cookie(scope["app"], headers):
            raise RefusedError(401, "Not authenticated")

    async def _checked_body(
        self, kind: Kind, address: str, headers: Mapping[str, str], receive: Receive
    ) -> Receive:
        """Return what the page may receive: a body of bounded size."""
        if kind is Kind.READ:
            return receive
        rate, noun = self._rates[kind]
        rate.count(address, noun)
        if kind is Kind.UPLOAD:
            try:
                self.rules.check_room()
            except ValueError as error:
                raise RefusedError(507, str(error)) from None
            return bounded(receive, headers, MAX_UPLOAD_BYTES, UPLOAD_SECONDS)
        body = await read_body(bounded(receive, headers, MAX_BODY_BYTES, BODY_SECONDS))
        if kind is Kind.CALL:
            check_json(body)
        return replay(body, receive)

    def _recent_health(self) -> dict:
        if time.monotonic() - self._health_at > HEALTH_SECONDS:
            self._health_at, self._health = time.monotonic(), self.rules.health()
        return self._health

    def _address(self, scope: dict) -> str:
        """Return the network address of the visitor, as far as it is known."""
        forwarded = _headers(scope).get("x-forwarded-for", "")
        if self.rules.space and forwarded:
            # The proxy appends the address that it sees.
            return forwarded.rpartition(",")[2].strip()
        host, _unused = scope.get("client") or ("", 0)
        return host


def _headers(scope: dict) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def _without_language(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers without the cookie that any visitor may have."""
    cookies = without_language_cookie(headers.pop("cookie", ""))
    return headers | ({"cookie": cookies} if cookies else {})


def _split_address(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _unused = parts.hostname  # raises ValueError for what `urlsplit` accepts
    except ValueError:
        raise RefusedError(400, _("The host or origin of the request is not valid.")) from None
    return parts


async def _end_failed(error: Exception, send: Send, has_started: bool) -> None:
    """End the answer to a request on which the page failed."""
    if has_started:
        # Gradio raises HTTPException in the stream of a session that it does not know.
        if not isinstance(error.__cause__, HTTPException):
            report(error, "a stream")
        await send({"type": "http.response.body", "body": b""})
    elif is_disk_full(error):
        await send_json(send, 507, {"detail": _(DISK_FULL)})
    else:
        detail = unexpected_error_message(error, "a request")
        await send_json(send, 500, {"detail": detail})
