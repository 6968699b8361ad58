"""The page: header, tabs, and what ties them together; each tab stands in its own file."""

from html import escape

import gradio as gr

from lora_demo.model.parameters import total_parameters
from lora_demo.ui import adapters, api, compare, evaluate, parameters, train
from lora_demo.ui.counting import short
from lora_demo.ui.studio import Studio
from lora_demo.ui.theme import CSS, theme
from lora_demo.ui.visitors import new_key
from lora_demo.ui.wiring import QUIET

TITLE = "LoRA, side by side"
HEADLINE = "<h1>See how LoRA adapters change what one T5 makes of your German, and train your own in a minute.</h1>"

RETURN = """() => {
  const key = 'lora_demo_tab', name = (tab) => tab.textContent.trim();
  document.addEventListener('click', (event) => {
    const tab = event.target.closest('[role=tab]');
    if (tab) localStorage.setItem(key, name(tab));
  });
  [...document.querySelectorAll('[role=tab]')].find((tab) => name(tab) === localStorage.getItem(key))?.click();
}"""
"""A reload comes back to the tab that was open."""


def build(studio: Studio, mcp: bool = False) -> gr.Blocks:
    """The whole page for a studio; nothing is loaded yet.

    Args:
        mcp: document only the functions that neither train nor push, since MCP clients get those that are documented.
    """
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(3600, 86400)) as page:
        visitor = gr.BrowserState("", storage_key="lora_demo_visitor", secret="lora_demo")
        shelf = gr.State({"count": 0, "made": ""})
        timer = gr.Timer(1)
        gr.HTML(HEADLINE, elem_classes="headline")
        status = gr.HTML(status_html(studio))
        download = gr.Button(visible=False, size="sm", elem_classes="download")
        if studio.account == "space":
            gr.DuplicateButton("Duplicate this Space", elem_classes="duplicate")
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            with gr.Tab("Compare", id="compare"):
                refresh_compare = compare.build(studio, visitor, shelf)
            with gr.Tab("Train", id="train"):
                attach = train.build(studio, visitor, shelf)
            with gr.Tab("Evaluate", id="evaluate"):
                refresh_evaluate = evaluate.build(studio, visitor, shelf)
            with gr.Tab("Parameters", id="parameters"):
                parameters.build(studio)
            with gr.Tab("Adapters", id="adapters"):
                refresh_adapters = adapters.build(studio, visitor, shelf, tabs)
        api.build(studio, "undocumented" if mcp else "public")
        poll = _poll(studio)
        timer.tick(poll, None, [status, timer, download], **QUIET)
        if studio.account == "machine":
            download.click(_switch(studio), None, [status, timer, download], **QUIET)
        page.load(None, js=RETURN)
        known = page.load(welcome, visitor, visitor, **QUIET)
        for refresh in (refresh_compare, attach, refresh_evaluate, refresh_adapters):
            refresh(known.then)
        for refresh in (refresh_compare, refresh_evaluate, refresh_adapters):
            refresh(shelf.change)
    return page


def welcome(key: str) -> str:
    """Gives a new visitor a key; it stays in their browser."""
    return key if isinstance(key, str) and len(key) > 16 else new_key()


def _poll(studio: Studio):
    def poll() -> tuple[str, gr.Timer, gr.Button]:
        """How far the model is; stops asking once that is settled. Who sits at this machine may cancel its download."""
        engine = studio.engine
        can = studio.account == "machine" and (engine.is_downloading or engine.state == "cancelled")
        name = "Go on with the download" if engine.state == "cancelled" else "Cancel the download"
        return status_html(studio), gr.Timer(active=engine.state == "loading"), gr.Button(name, visible=can)

    return poll


def _switch(studio: Studio):
    def switch() -> tuple:
        """Cancels the download of the base, or goes on with it."""
        studio.engine.start() if studio.engine.state == "cancelled" else studio.engine.cancel()
        return _poll(studio)()

    return switch


def status_html(studio: Studio) -> str:
    """The state of the model in a line."""
    engine = studio.engine
    size = short(total_parameters(studio.config))
    words = {"loading": f"loading: {engine.message}, {engine.seconds:.0f} s …", "ready": "ready", "failed": f"not loaded: {engine.error}", "cancelled": engine.error}[engine.state]
    return f'<p class="status {engine.state}" role="status"><i></i><b>{escape(studio.base.rsplit("/", 1)[-1])}</b> {size} weights · {escape(words)}</p>'


def launch(page: gr.Blocks, host: str, port: int, *, root_path: str = "", share: bool = False, mcp: bool = False):
    """Serves the page, with mcp also its documented functions to MCP clients, prints where, and returns at once."""
    _, local, public = page.launch(
        server_name=host,
        server_port=port,
        root_path=root_path,
        share=share,
        mcp_server=mcp,
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
    print(f"{TITLE}: {local}" + (f" and {public}" if public else "") + (f"; for MCP clients: {(public or local).rstrip('/')}/gradio_api/mcp/" if mcp else ""), flush=True)
