"""All functions for `gradio_client` and MCP clients: plain values in, plain values out."""

from lora_demo.service.services import Services
from lora_demo.web.api.adapters import AdaptersApi
from lora_demo.web.api.compare import CompareApi
from lora_demo.web.api.evaluate import EvaluateApi
from lora_demo.web.api.hub import HubApi
from lora_demo.web.api.parameters import ParametersApi
from lora_demo.web.api.train import TrainApi
from lora_demo.web.api.visitor import VisitorApi

GROUPS = (CompareApi, ParametersApi, AdaptersApi, HubApi, TrainApi, EvaluateApi, VisitorApi)
"""A new group of functions is added here."""


def register(services: Services, visibility: str = "public") -> None:
    """Register every function under its name.

    Args:
        services: The services of the page.
        visibility: `public`, or `undocumented` to hide the functions that train, push or take
            files from MCP clients.
    """
    for group in GROUPS:
        group(services).register(visibility)
