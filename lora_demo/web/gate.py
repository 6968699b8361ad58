"""The gate before the page: which addresses answer, who may ask them, how often and how much; and headers that browsers heed.

An ASGI middleware without Gradio, which serves more than this page needs and lets every body be of any size.
"""

import asyncio
import hmac
import json
import math
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from lora_demo.errors import is_disk_full
from lora_demo.service.hub_account import LOOPBACK
from lora_demo.service.log import LOG, report
from lora_demo.service.rate_limit import RateLimiter, RateLimitExceeded

API = "/gradio_api"
HEALTH = f"{API}/health"
SHOWN = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|logout|login/(huggingface|callback))/?|/(assets|static)/.*"
)
READ = re.compile(
    rf"{API}/((info|openapi\.json|user|login_check|token|app_id|startup-events|theme\.css|upload_progress|queue/(data|status))/?|heartbeat/[^/]+|call/(v2/)?\w+/\w+|file=(?!\w+:).+)"
)
SENT = re.compile(rf"/login/?|{API}/((queue/join|upload|cancel|reset)/?|call/(v2/)?\w+/?)")
MCP = re.compile(rf"{API}/mcp(/.*)?")
RANGE = re.compile(r"|bytes=([0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})")
FREE = re.compile(
    rf"/|/(theme\.css|favicon\.ico|robots\.txt|manifest\.json|login|logout)/?|/(assets|static)/.*|{API}/(login_check|user|app_id|theme\.css|startup-events|health)/?"
)
"""What also answers those who have not given the password yet."""
MOST_BYTES, MOST_UPLOAD_BYTES = 1_000_000, 210_000_000
SECONDS, UPLOAD_SECONDS = 30, 900
"""In which a body must have come."""
MOST_OPEN, MOST_OPEN_EACH = 4000, 1500
"""Requests at once, of everybody and of one address, behind which there can be a whole class; a page that is open keeps two."""
PAGE_SECONDS, MOST_PAGES = 60, 16
"""How long a page that was made is sent to others, too, and for how many addresses of it."""
ADDRESSED = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server", "accept-encoding")
"""What a page that is made for nobody in particular depends on."""
PERSONAL = {"cookie", "authorization", "origin"}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
POLICY = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"
)
"""Nothing is asked of other places, and only Hugging Face may frame the page, as it does with Spaces; Gradio itself needs inline scripts."""
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class Refused(Exception):
    """An answer instead of the page's: a status and a sentence."""

    def __init__(self, status: int, sentence: str):
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Rules:
    """Whom the gate lets in.

    Args:
        local: whether only whoever sits at this machine may ask; then no other site may make their browser ask, either.
        proxied: whether a proxy before the page says in X-Forwarded-Host under which name it is known.
        space: whether Hugging Face's proxy is before it, which says in X-Forwarded-For who asks.
        password: of the whole page; empty: none.
        room: raises ValueError where there is no room for another upload.
        health: what `/gradio_api/health` tells.
    """

    local: bool = False
    proxied: bool = False
    space: bool = False
    password: str = ""
    room: Callable[[], None] = lambda: None
    health: Callable[[], dict] = dict


@dataclass
class Gate:
    """Answers for the page what is not for it, and hands on the rest."""

    app: Callable
    rules: Rules = field(default_factory=Rules)

    def __post_init__(self):
        self._open: Counter[str] = Counter()
        self._asked, self._told = -math.inf, {}
        self._pages, self._making = {}, asyncio.Lock()
        self._logins, self._uploads, self._calls = (
            RateLimiter(10, 60),
            RateLimiter(120, 60),
            RateLimiter(1000, 10),
        )

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send) if scope["type"] == "lifespan" else None
        started = []

        async def send_on(message):
            if message["type"] == "http.response.start":
                started.append(message["status"])
                message = message | {
                    "headers": [*message.get("headers", []), *_headers(scope["path"])]
                }
            await send(message)

        address = self._address(scope)
        self._open[address] += 1
        try:
            await self._pass(scope, address, receive, send_on)
        except (Refused, RateLimitExceeded) as refused:
            status = getattr(refused, "status", 429)
            LOG.info("refused a request: %d %s", status, refused)
            if not started:
                await _answer(send_on, status, {"detail": str(refused)})
        except ClientDisconnect:
            pass
        except Exception as error:
            await self._break_off(error, send_on, bool(started))
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

    async def _pass(self, scope, address: str, receive, send):
        path, headers = (
            scope["path"],
            {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in scope["headers"]
            },
        )
        if self._open[address] > MOST_OPEN_EACH or self._open.total() > MOST_OPEN:
            raise Refused(
                503, "Too many requests are open here. Close some pages, or come back in a while."
            )
        self._check_origin(headers)
        kind = _kind(scope["method"], path)
        if not RANGE.fullmatch(headers.get("range", "")):
            raise Refused(416, "One range of bytes at a time.")
        if self.rules.password and not FREE.fullmatch(path) and not self._is_known(scope, headers):
            raise Refused(401, "Not authenticated")
        if path.rstrip("/") == HEALTH:
            return await _answer(send, 200, self._health())
        if (scope["method"], path, scope["query_string"]) == (
            "GET",
            "/",
            b"",
        ) and PERSONAL.isdisjoint(headers):
            return await self._send_page(scope, headers, receive, send)
        await self.app(scope, await self._checked(kind, path, address, headers, receive), send)

    async def _send_page(self, scope, headers: Mapping[str, str], receive, send):
        """Sends the page as it was made for somebody else a moment ago: to make it takes 30 ms, and a class opens it at once."""
        key = tuple(headers.get(name) for name in ADDRESSED)
        async with self._making:
            made, messages = self._pages.pop(key, (-math.inf, []))
            if time.monotonic() - made > PAGE_SECONDS:
                made, messages = time.monotonic(), []
                await self.app(scope, receive, _into(messages))
            if _is_for_all(messages):
                self._pages[key] = made, messages
                if len(self._pages) > MOST_PAGES:
                    del self._pages[next(iter(self._pages))]
        for message in messages:
            await send(message)

    def _health(self) -> dict:
        """What the page told of itself within the last second, or tells now."""
        if time.monotonic() - self._asked > 1:
            self._asked, self._told = time.monotonic(), self.rules.health()
        return self._told

    async def _break_off(self, error: Exception, send, has_started: bool):
        """Ends an answer that the page could not give."""
        if has_started:
            if not isinstance(
                error.__cause__, HTTPException
            ):  # Gradio's, for a stream of a session that is not known
                report(error, "a stream")
            return await send({"type": "http.response.body", "body": b""})
        if is_disk_full(error):
            return await _answer(
                send,
                507,
                {"detail": "The disk is full here: nothing was kept. Try again in a while."},
            )
        await _answer(
            send,
            500,
            {
                "detail": f"Something went wrong here that should not have (error {report(error, 'a request')})."
            },
        )

    def _address(self, scope) -> str:
        """Who asks, as far as that can be told."""
        forwarded = next(
            (
                value.decode("latin-1")
                for name, value in scope["headers"]
                if name == b"x-forwarded-for"
            ),
            "",
        )
        if self.rules.space and forwarded:
            return forwarded.rpartition(",")[2].strip()
        return (scope.get("client") or ("", 0))[0]

    def _check_origin(self, headers: Mapping[str, str]):
        """No other site may use the browser of whoever is signed in or sits at this machine, not by a name that it gives this machine, either."""
        names = {headers.get("host", "")} | (
            {headers.get("x-forwarded-host", "")} if self.rules.proxied else set()
        )
        if (
            self.rules.local
            and urlsplit(_address(f"//{headers.get('host', '')}")).hostname not in LOOPBACK
        ):
            raise Refused(
                403,
                "This page answers by the names of this machine alone, such as 127.0.0.1; whoever runs it opens it to others with --host.",
            )
        origin = headers.get("origin")
        if (
            origin
            and urlsplit(_address(origin)).netloc not in names
            and (self.rules.local or "cookie" in headers)
        ):
            raise Refused(403, "Another site may not do that for you.")

    def _is_known(self, scope, headers: Mapping[str, str]) -> bool:
        """Whether who asks has given the password: to the page before, or with this request."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(
            given.encode(), self.rules.password.encode()
        ):
            return True
        try:
            cookies = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        app = scope["app"]
        return any(
            cookies[name].value in app.tokens
            for name in (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
            if name in cookies
        )

    async def _checked(
        self, kind: str, path: str, address: str, headers: Mapping[str, str], receive
    ):
        """What the page may receive, once it is known to be bounded."""
        if kind == "read":
            return receive
        if kind == "upload":
            self._uploads.count(address, "files")
            try:
                self.rules.room()
            except ValueError as error:
                raise Refused(507, str(error)) from None
            return _bounded(receive, headers, MOST_UPLOAD_BYTES, UPLOAD_SECONDS)
        (self._logins if path.startswith("/login") else self._calls).count(
            address, "passwords" if path.startswith("/login") else "calls"
        )
        body = await _whole(_bounded(receive, headers, MOST_BYTES, SECONDS))
        if not path.startswith("/login"):
            _check_document(body)
        return _replay(body, receive)


def _into(messages: list):
    """Keeps what is sent."""

    async def keep(message):
        messages.append(message)

    return keep


def _is_for_all(messages: list) -> bool:
    """Whether an answer can be given to others as well."""
    return (
        bool(messages)
        and messages[0].get("status") == 200
        and all(name.lower() != b"set-cookie" for name, _ in messages[0].get("headers", []))
    )


def _address(text: str) -> str:
    """The text, if it is an address; Refused if not."""
    try:
        urlsplit(text).hostname
    except ValueError:
        raise Refused(400, "That is no address.") from None
    return text


def _kind(method: str, path: str) -> str:
    """read | upload | call; Refused for what is nobody's business."""
    if MCP.fullmatch(path):
        return "call" if method == "POST" else "read"
    if method in ("GET", "HEAD") and (
        SHOWN.fullmatch(path) or READ.fullmatch(path) or path.rstrip("/") == HEALTH
    ):
        return "read"
    if method == "POST" and SENT.fullmatch(path):
        return "upload" if path.rstrip("/") == f"{API}/upload" else "call"
    raise Refused(404, "Not Found")


def _bounded(receive, headers: Mapping[str, str], most: int, seconds: float):
    """Receives at most so many bytes, for so long."""
    too_large = Refused(413, f"That is more than the {most / 1e6:g} MB that fit.")
    if (
        headers.get("content-length", "0").isdecimal()
        and int(headers.get("content-length", "0")) > most
    ):
        raise too_large
    come, until, over = 0, time.monotonic() + seconds, False

    async def receive_some():
        nonlocal come, over
        if over:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, until - time.monotonic()))
        except TimeoutError:
            raise Refused(408, "That took too long.") from None
        come += len(message.get("body", b""))
        over = not message.get("more_body", False)
        if come > most:
            raise too_large
        return message

    return receive_some


async def _whole(receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "The request broke off.")
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive):
    """Receives a body that has come already; then what comes after it."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again():
        return messages.pop() if messages else await receive()

    return receive_again


def _check_document(body: bytes):
    """Refuses what is no JSON, and files given as addresses, which Gradio would fetch."""
    if not body:
        return
    try:
        todo = [json.loads(body)]
    except (ValueError, RecursionError):
        raise Refused(400, "That is no JSON.") from None
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if isinstance(value.get("path"), str) and "://" in value["path"]:
                raise Refused(400, "A file is uploaded, not given as an address.")
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _headers(path: str) -> list[tuple[bytes, bytes]]:
    policy = FILE_POLICY if path.startswith(f"{API}/file=") else POLICY
    return [
        (name.lower().encode(), value.encode())
        for name, value in (*HEADERS.items(), ("Content-Security-Policy", policy))
    ]


async def _answer(send, status: int, document: dict):
    body = json.dumps(document).encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def rules_of(
    account: str, proxied: bool, environment: Mapping[str, str] = os.environ, **more
) -> Rules:
    """The rules for whoever's account the page speaks by, as in `sharing`; the password is LORA_DEMO_PASSWORD."""
    return Rules(
        local=account == "machine",
        proxied=proxied,
        space=account == "space",
        password=environment.get("LORA_DEMO_PASSWORD", "").strip(),
        **more,
    )
