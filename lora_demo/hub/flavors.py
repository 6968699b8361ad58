"""The machines of Hugging Face Jobs, with their prices."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lora_demo.checkpoints.connection import call_hub, open_hub

if TYPE_CHECKING:
    from huggingface_hub import JobHardwareInfo

UNITS_PER_HOUR = {"second": 3600, "minute": 60, "hour": 1}


@dataclass(frozen=True)
class Flavor:
    """A machine on offer.

    Args:
        name: The Hub's name of it, such as `t4-small`.
        title: Its name for people.
        accelerator: Its GPUs, such as "1 x T4, 16 GB"; empty if it has none.
        dollars: Price of an hour; the Hub bills by the second.
    """

    name: str
    title: str
    accelerator: str
    dollars: float


def list_flavors(token: str | bool | None = None) -> list[Flavor]:
    """List the machines that Jobs offers, the cheapest first.

    Args:
        token: As in `open_hub`; the list is public.

    Returns:
        The machines.

    Raises:
        ValueError: If the Hub refuses the request.
    """
    hub = open_hub(token, anonymous=True)
    flavors = [_parse_flavor(hardware) for hardware in call_hub(hub.list_jobs_hardware)]
    return sorted(flavors, key=lambda flavor: flavor.dollars)


def _parse_flavor(hardware: "JobHardwareInfo") -> Flavor:
    gpu = hardware.accelerator
    accelerator = f"{gpu.quantity} x {gpu.model}, {gpu.vram}" if gpu else ""
    dollars = hardware.unit_cost_usd * UNITS_PER_HOUR.get(hardware.unit_label, 60)
    return Flavor(hardware.name, hardware.pretty_name, accelerator, dollars)
