"""The page: the title, the status line and the tabs."""

import gradio as gr

from lora_demo.service.services import Services
from lora_demo.web.api import functions
from lora_demo.web.gradio_internals import Page
from lora_demo.web.scripts import REOPEN_TAB, VISITOR_KEY
from lora_demo.web.shelf import new_shelf
from lora_demo.web.status_line import StatusLine
from lora_demo.web.tabs.adapters import AdaptersTab
from lora_demo.web.tabs.compare import CompareTab
from lora_demo.web.tabs.evaluate import EvaluateTab
from lora_demo.web.tabs.parameters import ParametersTab
from lora_demo.web.tabs.privacy_panel import PrivacyPanel
from lora_demo.web.tabs.train import TrainTab

TITLE = "LoRA, side by side"
HEADLINE = "See how LoRA adapters change the translations of a T5 model, and train your own."
MAX_QUEUED = 500
"""Calls that have not started; Gradio refuses more."""
FILE_SECONDS = 86400
"""Time for which Gradio keeps a temporary file; it checks every `FILE_CHECK_SECONDS`."""
FILE_CHECK_SECONDS = 3600


def build_page(services: Services, mcp: bool = False) -> gr.Blocks:
    """Build the whole page. No model is needed yet.

    Args:
        services: what the page can do.
        mcp: document only the functions that neither train nor push, because MCP clients get all
            documented functions.
    """
    delete_cache = (FILE_CHECK_SECONDS, FILE_SECONDS)
    with Page(title=TITLE, analytics_enabled=False, delete_cache=delete_cache) as page:
        visitor = gr.BrowserState("", storage_key="lora_demo_visitor", secret="lora_demo")
        shelf = gr.State(new_shelf())
        gr.HTML(f"<h1>{HEADLINE}</h1>", elem_classes="headline")
        status = StatusLine(services)
        if services.account == "space":
            gr.DuplicateButton("Duplicate this Space", elem_classes="duplicate")
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            with gr.Tab("Compare", id="compare"):
                compare = CompareTab(services, visitor, shelf)
            with gr.Tab("Train", id="train"):
                train = TrainTab(services, visitor, shelf)
            with gr.Tab("Evaluate", id="evaluate"):
                evaluate = EvaluateTab(services, visitor, shelf)
            with gr.Tab("Parameters", id="parameters"):
                ParametersTab(services)
            with gr.Tab("Adapters", id="adapters"):
                adapters = AdaptersTab(services, visitor, shelf, tabs)
        PrivacyPanel(services, visitor, shelf)
        functions.register(services, "undocumented" if mcp else "public")
        status.connect()
        page.load(None, js=REOPEN_TAB)
        has_key = page.load(None, visitor, visitor, js=VISITOR_KEY)
        train.refresh_on(has_key.then)
        for refresh in (compare.refresh_on, evaluate.refresh_on, adapters.refresh_on):
            refresh(has_key.then)
            refresh(shelf.change)
    return page.queue(status_update_rate=10, max_size=MAX_QUEUED, api_open=False)
