"""The run to offer on a page whose base has no adapter yet: three ranks on general sentences."""

from lora_demo.checkpoints.connection import call_hub, open_hub
from lora_demo.service.limits import Limits
from lora_demo.service.training_settings import FormSettings
from lora_demo.training.request import TrainRequest

REPOSITORY = "wmt/wmt16"
HUB_DATA = f"{REPOSITORY}:de-en:train[:2%]"
BUILTIN_DATA = "builtin:general"
HUB_SECONDS = 5.0
"""Time for the Hub to answer."""
RANKS = "4, 8, 16"
STEPS_WITHIN_LIMITS = 300
"""Length of each run where the minutes of a run are limited, so that all ranks end alike."""


def first_run(limits: Limits, base: str = "") -> FormSettings:
    """Return the settings of a sweep over three ranks.

    The README gives the command of the same run. Where the minutes of a run are limited, it is
    shorter. Where the Hub does not answer, it trains on built-in sentences.

    Args:
        limits: The limits of this app.
        base: Name of the base on the page; empty for the page's own.
    """
    unit, length = ("steps", STEPS_WITHIN_LIMITS) if limits.minutes else ("epochs", 1.0)
    request = TrainRequest(
        rank=RANKS, alpha=0.0, targets="all-linear", unit=unit, length=length, base=base
    )
    if can_read(REPOSITORY):
        return FormSettings(request, kind="hub", hub=HUB_DATA)
    return FormSettings(request, kind=BUILTIN_DATA)


def can_read(repository: str) -> bool:
    """Check that the Hub can be reached and has a public data set.

    Args:
        repository: Its id.
    """
    client = open_hub(token=False, anonymous=True)
    try:
        call_hub(lambda: client.dataset_info(repository, timeout=HUB_SECONDS), repository)
    except ValueError:
        return False
    return True
