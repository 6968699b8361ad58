"""The run of a lesson as the form of the Train tab shows it."""

from dataclasses import replace

from lora_demo.service.lessons.lesson import Train
from lora_demo.service.training_settings import FormSettings
from lora_demo.training.request import TrainRequest


def form_of(action: Train) -> FormSettings:
    """Return the form's values; the alpha of a sweep is twice each rank.

    Args:
        action: The action of a step.
    """
    config = action.config
    request = TrainRequest.from_config(config, action.ranks, config.parent or "")
    if action.ranks:
        request = replace(request, alpha=0.0)
    return FormSettings(request, kind=config.data)
