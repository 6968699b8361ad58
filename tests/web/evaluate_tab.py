"""The Evaluate tab without a browser, over a translator and an adapter of the test."""

from types import SimpleNamespace

import gradio as gr

from lora_demo.service.adapter_library import AdapterLibrary
from lora_demo.service.bases import Bases, ServedBase
from lora_demo.service.data_previews import DataPreviews
from lora_demo.service.evaluation_queue import EvaluationQueue
from lora_demo.service.evaluations import Evaluations
from lora_demo.service.uploads import PairUploads
from lora_demo.service.visitor_folders import VisitorFolders
from lora_demo.web.errors import show_errors
from lora_demo.web.tabs.evaluate import EvaluateTab
from lora_demo.web.views.followed_evaluation import view_evaluations
from tests.waiting import PATIENCE

KEY, OTHER = "nobody-else-knows-this-key", "somebody-else-with-a-key"


def make_services(translator, adapter, root, limits):
    """The services of the Evaluate tab, over a translator and an adapter of the test."""
    entry = SimpleNamespace(name="weather", folder=adapter, label="weather", id="weather")
    visitors, queue = VisitorFolders(root, limits), EvaluationQueue()
    loader = SimpleNamespace(state="ready", translator=lambda: translator)
    library = AdapterLibrary(None, visitors, loader)
    library.entries = lambda visitor: {"weather": entry}
    previews = DataPreviews("fake", None, None)
    own = ServedBase("fake", "fake", None, loader, library, None, None, previews)
    bases = Bases(own, {}, None)
    evaluations = Evaluations(bases=bases, visitors=visitors, limits=limits, queue=queue)
    return SimpleNamespace(
        root=root,
        visitors=visitors,
        bases=bases,
        library=library,
        evaluation_queue=queue,
        evaluations=evaluations,
        uploads=PairUploads(visitors, queue.sources),
        work_queue=None,
        with_limits=lambda limits: make_services(translator, adapter, root, limits),
    )


def tab(services) -> EvaluateTab:
    """Make the tab."""
    with gr.Blocks():
        return EvaluateTab(services, gr.BrowserState(""), gr.State({}))


def current_view(services, *values, **named):
    """View the evaluations, as the tab does every second."""
    return view_evaluations(services.evaluations, *values, **named)


def start(
    services,
    visitor=KEY,
    adapters=("weather",),
    kind="builtin:weather",
    limit=100,
    outputs=None,
    also="",
    own=False,
    upload="",
    scores=None,
    lower=(),
    comet=False,
    base="fake",
) -> str:
    """Press Evaluate and return the id of the evaluation."""
    systems = (list(adapters), kind, upload, "", limit, 1, outputs)
    options = (False, False, own, also, None, scores, list(lower), comet)
    return show_errors(tab(services)._start)(visitor, base, *systems, *options)


def ended(services, id, visitor=KEY):
    """Wait until the evaluation has ended and return its view."""
    kept = services.evaluations.find(id, visitor)
    assert kept.job is None or kept.job.ended.wait(PATIENCE)
    return current_view(services, visitor, id)
