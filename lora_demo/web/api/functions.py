"""All functions for `gradio_client` and MCP clients: plain values in, plain values out."""

from lora_demo.service.studio import Studio
from lora_demo.web.api.adapters import AdaptersApi
from lora_demo.web.api.compare import CompareApi
from lora_demo.web.api.evaluate import EvaluateApi
from lora_demo.web.api.hub import HubApi
from lora_demo.web.api.parameters import ParametersApi
from lora_demo.web.api.train import TrainApi


def build(studio: Studio, acting: str = "public"):
    """Registers every function under its name; those that train, push or take files with the visibility `acting`."""
    CompareApi(studio).register()
    ParametersApi(studio).register()
    AdaptersApi(studio).register(acting)
    HubApi(studio).register(acting)
    TrainApi(studio).register(acting)
    EvaluateApi(studio).register(acting)
