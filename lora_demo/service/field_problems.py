"""Problems of the fields in the form of the Train tab."""

from collections.abc import Mapping
from typing import Any

from lora_demo.service.trainings import Trainings
from lora_demo.training.request import FIELDS, TrainRequest
from lora_demo.training.settings_error import SettingsError

FIRST_FIELDS = ("base", "parent", "unit", "length")
"""Fields that decide whether others are right."""
DATA = "builtin"
"""Data to check the fields with; problems of the chosen data are shown below that choice."""


def field_problems(trainings: Trainings, values: Mapping[str, Any], visitor: str) -> dict[str, str]:
    """Find the fields whose values cannot be used.

    Each field is checked together with the valid fields before it. So if two values contradict each
    other, the later field gets the problem.

    Args:
        trainings: Makes the settings of runs.
        values: The values of the form, by the names of the settings.
        visitor: The visitor's key.

    Returns:
        A sentence for each such field; empty if the whole form can be used.
    """
    if not _problem(trainings, values, visitor):
        return {}
    problems: dict[str, str] = {}
    right: dict[str, Any] = {}
    for name in sorted(FIELDS, key=lambda name: name not in FIRST_FIELDS):
        if name not in values:
            continue
        tried = right | {name: values[name]}
        problem = _problem(trainings, tried, visitor)
        if problem:
            problems[name] = problem
        else:
            right = tried
    return problems


def _problem(trainings: Trainings, values: Mapping[str, Any], visitor: str) -> str:
    """Return what is wrong with some settings; the others have their defaults."""
    try:
        trainings.local_configs(TrainRequest.from_mapping(values), DATA, visitor)
    except SettingsError as error:
        return f"{'; '.join(error.problems)}."
    except ValueError as error:
        return str(error).split("\n")[0]
    return ""
