"""The visitor's adapters as choices of a widget."""

import gradio as gr

from lora_demo.service.bases import ServedBase
from lora_demo.service.services import Services
from lora_demo.web.shelf import Shelf


def adapter_choices(services: Services | ServedBase, visitor: str) -> list[tuple[str, str]]:
    """List the adapters that a visitor can use.

    Args:
        services: The services of the page, or those of one base of the menu.
        visitor: The visitor's key; empty for the shipped adapters alone.

    Returns:
        Pairs of a label and an id.
    """
    return [(entry.label, entry.id) for entry in services.library.entries(visitor).values()]


def updated_choices(
    services: Services | ServedBase, chosen: list[str], visitor: str, shelf: Shelf
) -> gr.CheckboxGroup:
    """Offer the visitor's adapters and choose the one that was just made.

    Where this changes nothing, the value is not sent, so that boxes checked meanwhile stay.

    Args:
        services: The services of the page, or those of one base of the menu.
        chosen: Ids of the chosen adapters.
        visitor: The visitor's key.
        shelf: Names the adapter that was just made.
    """
    choices = adapter_choices(services, visitor)
    value = [id for _, id in choices if id in chosen or id == shelf["made"]]
    if set(value) == set(chosen):
        return gr.CheckboxGroup(choices=choices)
    return gr.CheckboxGroup(choices=choices, value=value)
