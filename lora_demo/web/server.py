"""Serve the page behind the gate."""

import hmac
from collections.abc import Callable, Sequence
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from lora_demo.web.gate import Gate, Rules
from lora_demo.web.gradio_internals import LAUNCH, has_login_cookie
from lora_demo.web.gradio_texts import GradioTexts
from lora_demo.web.theme import CSS, theme

MAX_THREADS = 300
"""Threads for calls, most of which wait in a queue."""
MAX_SESSIONS = 500
"""Browsers and calls of clients whose state is kept."""
MAX_FILE_SIZE = "200mb"
OPEN_RULES = Rules()


def launch(
    page: gr.Blocks,
    host: str,
    port: int | None,
    *,
    root_path: str = "",
    share: bool = False,
    mcp: bool = False,
    rules: Rules = OPEN_RULES,
    closed: Sequence[Path] = (),
) -> None:
    """Serve the page and print its address; return at once.

    Args:
        page: The page.
        host: The network address to listen on.
        port: The port to listen on; None for a free one.
        root_path: The path under which a proxy serves the page.
        share: Also open a public link through Gradio's servers.
        mcp: Also serve the documented functions to MCP clients.
        rules: Who may use the page.
        closed: Folders of which no file is served. Otherwise Gradio serves files of the working
            directory and of the temporary folder.

    Raises:
        ValueError: If MCP clients cannot be served.
    """
    _, local_url, public_url = page.launch(
        server_name=host,
        server_port=port,
        root_path=root_path,
        share=share,
        mcp_server=mcp,
        auth=_password_check(rules.password) if rules.password else None,
        auth_message="Use any name. Ask the owner of this page for the password.",
        app_kwargs={
            "middleware": [Middleware(Gate, rules=rules, has_login_cookie=has_login_cookie)]
        },
        blocked_paths=[str(folder) for folder in closed],
        max_threads=MAX_THREADS,
        state_session_capacity=MAX_SESSIONS,
        theme=theme(),
        css_paths=CSS,
        i18n=GradioTexts(),
        footer_links=["api"],
        run_history=False,
        enable_monitoring=False,
        max_file_size=MAX_FILE_SIZE,
        prevent_thread_lock=True,
        pwa=False,
        ssr_mode=False,
        quiet=True,
        **LAUNCH,
    )
    if page.mcp_error:
        raise ValueError(page.mcp_error)
    print(_describe_addresses(page.title, local_url, public_url, mcp), flush=True)


def _password_check(password: str) -> Callable[[str, str], bool]:
    def is_right(name: str, given: str) -> bool:
        return hmac.compare_digest(given.encode(), password.encode())

    return is_right


def _describe_addresses(title: str, local_url: str, public_url: str | None, mcp: bool) -> str:
    addresses = f"{local_url} and {public_url}" if public_url else local_url
    text = f"{title}: {addresses}"
    if mcp:
        text += f"; for MCP clients: {(public_url or local_url).rstrip('/')}/gradio_api/mcp/"
    return text
