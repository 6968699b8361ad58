"""The page: header, tabs, and what ties them together; each tab stands in its own file."""

import hmac
from collections.abc import Sequence
from html import escape
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from lora_demo.model.parameters import total_parameters
from lora_demo.service.status import describe_queue, health
from lora_demo.service.studio import Studio
from lora_demo.web.api import functions
from lora_demo.web.events import QUIET
from lora_demo.web.gate import Gate, Rules
from lora_demo.web.gradio_internals import Page, has_login_cookie
from lora_demo.web.scripts import REOPEN_TAB, VISITOR_KEY
from lora_demo.web.shelf import new_shelf
from lora_demo.web.tabs import evaluate, train
from lora_demo.web.tabs.adapters import AdaptersTab
from lora_demo.web.tabs.compare import CompareTab
from lora_demo.web.tabs.parameters import ParametersTab
from lora_demo.web.theme import CSS, theme
from lora_demo.web.views.units import short, size

TITLE = "LoRA, side by side"
HEADLINE = "<h1>See how LoRA adapters change what one T5 makes of your German, and train your own in a minute.</h1>"

MOST_AT_ONCE, MOST_QUEUED, MOST_SESSIONS = 300, 500, 500
"""Calls under way, most of which wait for their turn; calls not yet begun; browsers, and calls of clients, whose state is kept."""
SETTLED_SECONDS = 15


def build(studio: Studio, mcp: bool = False) -> gr.Blocks:
    """The whole page for a studio; nothing is loaded yet.

    Args:
        mcp: document only the functions that neither train nor push, since MCP clients get those that are documented.
    """
    with Page(title=TITLE, analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        visitor = gr.BrowserState("", storage_key="lora_demo_visitor", secret="lora_demo")
        shelf = gr.State(new_shelf())
        timer = gr.Timer(1)
        gr.HTML(HEADLINE, elem_classes="headline")
        status = gr.HTML(status_html(studio))
        download = gr.Button(visible=False, size="sm", elem_classes="download")
        if studio.account == "space":
            gr.DuplicateButton("Duplicate this Space", elem_classes="duplicate")
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            with gr.Tab("Compare", id="compare"):
                compare = CompareTab(studio, visitor, shelf)
            with gr.Tab("Train", id="train"):
                attach = train.TrainTab(studio, visitor, shelf).refresh_on
            with gr.Tab("Evaluate", id="evaluate"):
                refresh_evaluate = evaluate.EvaluateTab(studio, visitor, shelf).refresh_on
            with gr.Tab("Parameters", id="parameters"):
                ParametersTab(studio)
            with gr.Tab("Adapters", id="adapters"):
                adapters = AdaptersTab(studio, visitor, shelf, tabs)
        acting = "undocumented" if mcp else "public"
        functions.build(studio, acting)
        poll = _poll(studio)
        timer.tick(poll, None, [status, timer, download], **QUIET)
        if studio.is_at_home:
            download.click(_switch(studio), None, [status, timer, download], **QUIET)
        page.load(None, js=REOPEN_TAB)
        known = page.load(None, visitor, visitor, js=VISITOR_KEY)
        for refresh in (compare.refresh_on, attach, refresh_evaluate, adapters.refresh_on):
            refresh(known.then)
        for refresh in (compare.refresh_on, refresh_evaluate, adapters.refresh_on):
            refresh(shelf.change)
    return page.queue(status_update_rate=10, max_size=MOST_QUEUED, api_open=False)


def _poll(studio: Studio):
    def poll() -> tuple[str, gr.Timer, gr.Button]:
        """How far the model is, later who trains, which is asked more seldom. Who sits at this machine may cancel its download."""
        engine = studio.engine
        can = studio.is_at_home and (engine.is_downloading or engine.state == "cancelled")
        name = "Go on with the download" if engine.state == "cancelled" else "Cancel the download"
        return (
            status_html(studio),
            gr.Timer(1 if engine.state == "loading" else SETTLED_SECONDS),
            gr.Button(name, visible=can),
        )

    return poll


def _switch(studio: Studio):
    def switch() -> tuple:
        """Cancels the download of the base, or goes on with it."""
        studio.engine.start() if studio.engine.state == "cancelled" else studio.engine.cancel()
        return _poll(studio)()

    return switch


def status_html(studio: Studio) -> str:
    """The state of the model, and of the machine behind it, in a line."""
    engine, facts = studio.engine, health(studio)
    words = {
        "loading": f"loading: {engine.message}, {engine.seconds:.0f} s …",
        "ready": f"ready on {facts['device'] or 'CPU'}",
        "failed": f"not loaded: {engine.error}",
        "cancelled": engine.error,
    }[engine.state]
    told = f"{short(total_parameters(studio.config))} weights · {words} · {describe_queue(facts)} · {size(facts['memory_bytes'])} of {size(facts['memory_limit_bytes'])} memory"
    return f'<p class="status {engine.state}" role="status"><i></i><b>{escape(facts["base"])}</b> {escape(told)}</p>'


def launch(
    page: gr.Blocks,
    host: str,
    port: int,
    *,
    root_path: str = "",
    share: bool = False,
    mcp: bool = False,
    rules: Rules = Rules(),
    closed: Sequence[Path] = (),
):
    """Serves the page behind the gate, with mcp also its documented functions to MCP clients, prints where, and returns at once.

    Args:
        closed: folders of which no file is ever handed out; Gradio would allow the working directory and the temporary one.
    """
    _, local, public = page.launch(
        server_name=host,
        server_port=port,
        root_path=root_path,
        share=share,
        mcp_server=mcp,
        auth=(
            lambda name, password: hmac.compare_digest(password.encode(), rules.password.encode())
        )
        if rules.password
        else None,
        auth_message="Any name will do; the password is known to whoever runs this page.",
        app_kwargs={
            "middleware": [Middleware(Gate, rules=rules, has_login_cookie=has_login_cookie)]
        },
        blocked_paths=[str(folder) for folder in closed],
        max_threads=MOST_AT_ONCE,
        state_session_capacity=MOST_SESSIONS,
        theme=theme(),
        css_paths=CSS,
        footer_links=["api"],
        run_history=False,
        enable_monitoring=False,
        max_file_size="200mb",
        prevent_thread_lock=True,
        pwa=False,
        ssr_mode=False,
        quiet=True,
    )
    if page.mcp_error:
        raise ValueError(page.mcp_error)
    print(
        f"{TITLE}: {local}"
        + (f" and {public}" if public else "")
        + (f"; for MCP clients: {(public or local).rstrip('/')}/gradio_api/mcp/" if mcp else ""),
        flush=True,
    )
