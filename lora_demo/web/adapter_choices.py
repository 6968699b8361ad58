"""The visitor's adapters as choices of a widget."""

from collections.abc import Callable

import gradio as gr

from lora_demo.service.services import Services


def adapter_choices(services: Services, visitor: str) -> list[tuple[str, str]]:
    """List the adapters that a visitor can use.

    Args:
        services: the services of the page.
        visitor: the visitor's key; empty for the shipped adapters alone.

    Returns:
        Pairs of a label and an id.
    """
    return [(entry.label, entry.id) for entry in services.library.entries(visitor).values()]


def refresh_choices(services: Services) -> Callable:
    """Return a handler that updates a group of checkboxes with the visitor's adapters.

    Args:
        services: the services of the page.
    """

    def refresh(chosen: list[str], visitor: str, shelf: dict) -> gr.CheckboxGroup:
        """Offer the visitor's adapters and choose the one that was just made.

        Where this changes nothing, the value is not sent, so that boxes checked meanwhile stay.
        """
        choices = adapter_choices(services, visitor)
        value = [id for _, id in choices if id in chosen or id == shelf["made"]]
        if set(value) == set(chosen):
            return gr.CheckboxGroup(choices=choices)
        return gr.CheckboxGroup(choices=choices, value=value)

    return refresh
