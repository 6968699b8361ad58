"""All functions for `gradio_client` and MCP clients: plain values in, plain values out."""

from lora_demo.service.studio import Studio
from lora_demo.web.api import adapters, compare, evaluate, hub, parameters, train


def build(studio: Studio, acting: str = "public"):
    """Registers every function under its name; those that train, push or take files with the visibility `acting`."""
    compare.build(studio)
    parameters.build(studio)
    adapters.build(studio, acting)
    hub.build(studio, acting)
    train.build(studio, acting)
    evaluate.build(studio, acting)
