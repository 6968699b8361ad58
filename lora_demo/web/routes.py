"""The addresses that the page answers. Gradio serves more than it needs; the rest is closed."""

import re
from enum import Enum

from lora_demo.web.refusals import RefusedError

API = "/gradio_api"
HEALTH = f"{API}/health"
LOGIN = "/login"
UPLOAD = f"{API}/upload"

PAGE = re.compile(
    r"/"
    r"|/(config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|logout)/?"
    r"|/login/(huggingface|callback)/?"
    r"|/(assets|static)/.*"
)
READ = re.compile(
    rf"{API}/("
    r"(info|openapi\.json|user|login_check|token|app_id|startup-events|theme\.css)/?"
    r"|(upload_progress|queue/(data|status)|health)/?"
    r"|heartbeat/[^/]+"
    r"|call/(v2/)?\w+/\w+"
    r"|file=(?!\w+:).+"  # a path, and not an address such as http:
    r")"
)
CALL = re.compile(rf"{LOGIN}/?|{API}/((queue/join|upload|cancel|reset)/?|call/(v2/)?\w+/?)")
MCP = re.compile(rf"{API}/mcp(/.*)?")
WITHOUT_PASSWORD = re.compile(
    r"/"
    r"|/(theme\.css|favicon\.ico|robots\.txt|manifest\.json|login|logout)/?"
    r"|/(assets|static)/.*"
    rf"|{API}/(login_check|user|app_id|theme\.css|startup-events|health)/?"
)
"""Addresses that the page needs to ask for the password."""


class Kind(Enum):
    """The kind of a request, which decides how its body is checked."""

    READ = "read"
    UPLOAD = "upload"
    LOGIN = "login"
    CALL = "call"


def kind_of(method: str, path: str) -> Kind:
    """Classify a request.

    Args:
        method: HTTP method, such as GET.
        path: Path of the address, without the query.

    Raises:
        RefusedError: With 404 for an address that is closed.
    """
    if MCP.fullmatch(path):
        return Kind.CALL if method == "POST" else Kind.READ
    if method in ("GET", "HEAD") and (PAGE.fullmatch(path) or READ.fullmatch(path)):
        return Kind.READ
    if method == "POST" and CALL.fullmatch(path):
        return {UPLOAD: Kind.UPLOAD, LOGIN: Kind.LOGIN}.get(path.rstrip("/"), Kind.CALL)
    raise RefusedError(404, "Not Found")


def is_health(path: str) -> bool:
    """Check for the address that reports the state of the app.

    Args:
        path: Path of the address, without the query.
    """
    return path.rstrip("/") == HEALTH


def needs_password(path: str) -> bool:
    """Check whether an address is closed to those who have not given the page's password.

    Args:
        path: Path of the address, without the query.
    """
    return not WITHOUT_PASSWORD.fullmatch(path)
