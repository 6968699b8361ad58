"""The page: the title, the status line and the tabs."""

import gradio as gr

from lora_demo.language import N_, _
from lora_demo.service.services import Services
from lora_demo.web.api import functions
from lora_demo.web.gradio_internals import Page, without_apps
from lora_demo.web.scripts import (
    FIELD_ERRORS,
    GRADIO_LABELS,
    GRADIO_LANGUAGE,
    LANGUAGE_LINKS,
    LOST_SERVER,
    NAME_LANGUAGE,
    NOTIFY,
    PLOTS,
    REOPEN_TAB,
    TAB_KEYS,
    TERMS,
    VISITOR_KEY,
    localised,
)
from lora_demo.web.shelf import new_shelf
from lora_demo.web.status_line import StatusLine
from lora_demo.web.tabs.adapters import AdaptersTab
from lora_demo.web.tabs.compare import CompareTab
from lora_demo.web.tabs.evaluate import EvaluateTab
from lora_demo.web.tabs.learn import LearnTab
from lora_demo.web.tabs.notify_box import notify_box, recall_choice
from lora_demo.web.tabs.parameters import ParametersTab
from lora_demo.web.tabs.privacy_panel import PrivacyPanel
from lora_demo.web.tabs.train import TrainTab
from lora_demo.web.views.languages import languages_html
from lora_demo.web.views.terms import bubbles_html

TITLE = "LoRA, side by side"
HEADLINE = N_("See how LoRA adapters change the translations of a T5 model, and train your own.")
MAX_QUEUED = 500
"""Calls that have not started; Gradio refuses more."""
SCRIPTS = (
    NAME_LANGUAGE,
    GRADIO_LANGUAGE,
    GRADIO_LABELS,
    TERMS,
    PLOTS,
    TAB_KEYS,
    FIELD_ERRORS,
    LOST_SERVER,
    NOTIFY,
)
"""Run once when the page is loaded."""
FILE_SECONDS = 86400
"""Time for which Gradio keeps a temporary file; it checks every `FILE_CHECK_SECONDS`."""
FILE_CHECK_SECONDS = 3600


def build_page(services: Services, mcp: bool = False) -> gr.Blocks:
    """Build the whole page, in all languages. No model is needed yet.

    Args:
        services: The services of the page.
        mcp: Document only the functions that neither train nor push, because MCP clients get all
            documented functions.
    """
    page = _build(services, mcp)
    page.translate_with(lambda: _build(services, mcp))
    return page


@without_apps()
def _build(services: Services, mcp: bool) -> Page:
    """Build the page in the current language."""
    delete_cache = (FILE_CHECK_SECONDS, FILE_SECONDS)
    with Page(title=TITLE, analytics_enabled=False, delete_cache=delete_cache) as page:
        visitor = gr.BrowserState("", storage_key="lora_demo_visitor", secret="lora_demo")
        shelf = gr.State(new_shelf())
        headline = f"<h1>{_(HEADLINE)}</h1>{languages_html()}"
        gr.HTML(headline, js_on_load=LANGUAGE_LINKS, elem_classes="headline")
        status = StatusLine(services)
        if services.account == "space":
            gr.DuplicateButton(_("Duplicate this Space"), elem_classes="duplicate")
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            with gr.Tab(_("Compare"), id="compare"):
                compare = CompareTab(services, visitor, shelf)
            with gr.Tab(_("Train"), id="train"):
                train = TrainTab(services, visitor, shelf)
                train.offer_on(compare.first_run, compare.menu.base, tabs)
                notify = notify_box()
            with gr.Tab(_("Evaluate"), id="evaluate"):
                evaluate = EvaluateTab(services, visitor, shelf)
            with gr.Tab(_("Parameters"), id="parameters"):
                ParametersTab(services)
            with gr.Tab(_("Adapters"), id="adapters"):
                adapters = AdaptersTab(services, visitor, shelf, tabs, compare.menu.base)
            with gr.Tab(_("Learn"), id="learn"):
                learn = LearnTab(services, visitor, tabs, train)
        privacy = PrivacyPanel(services, visitor, shelf)
        train.memory.forget_after(privacy.deleted.success)
        gr.HTML(bubbles_html(), elem_classes="bubbles")
        functions.register(services, "undocumented" if mcp else "public")
        status.connect()
        page.load(None, js=REOPEN_TAB)
        for script in SCRIPTS:
            page.load(None, js=localised(script))
        recall_choice(page, notify)
        has_key = page.load(None, visitor, visitor, js=VISITOR_KEY)
        train.refresh_on(has_key.then)
        learn.refresh_on(has_key.then)
        # After the list of adapters, which would otherwise replace that of the link's base.
        compare.link.open_on(compare.refresh_on(has_key.then).then)
        for refresh in (evaluate.refresh_on, adapters.refresh_on):
            refresh(has_key.then)
        for refresh in (compare.refresh_on, evaluate.refresh_on, adapters.refresh_on):
            refresh(shelf.change)
        adapters.refresh_on(compare.menu.base.change)
    page.queue(status_update_rate=10, max_size=MAX_QUEUED, api_open=False)
    return page
