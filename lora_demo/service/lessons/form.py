"""The run of a lesson as the form of the Train tab shows it."""

from collections.abc import Collection
from dataclasses import replace

from lora_demo.service.lessons.lesson import Train
from lora_demo.service.training_settings import FormSettings
from lora_demo.training.request import TrainRequest


def form_of(action: Train, starts: Collection[str]) -> FormSettings:
    """Return the form's values; the alpha of a sweep is twice each rank.

    Args:
        action: The action of a step.
        starts: Ids of the adapters from which a run can start. If the lesson's own one is missing,
            the run starts with a new adapter.
    """
    config = action.config
    parent = config.parent if config.parent in starts else None
    request = TrainRequest.from_config(config, action.ranks, parent or "")
    if action.ranks:
        request = replace(request, alpha=0.0)
    return FormSettings(request, kind=config.data)
