"""The state of the app: model, device, queue and memory, without anything about visitors."""

import os
from pathlib import Path
from typing import Any

from lora_demo.language import _
from lora_demo.process_limits import total_bytes
from lora_demo.service.services import Services
from lora_demo.training.speed import peak_bytes


def health(services: Services) -> dict[str, Any]:
    """Return what `/gradio_api/health` answers.

    Args:
        services: The services of the page.
    """
    loader, queue = services.loader, services.training_queue
    return {
        "status": loader.state,
        "base": services.base.rsplit("/", 1)[-1],
        "device": loader.device if loader.state == "ready" else None,
        "training": int(queue.current() is not None),
        "waiting": len(queue.waiting()),
        "memory_bytes": memory_bytes(*services.bases.pids()),
        "memory_limit_bytes": total_bytes(),
    }


def describe_queue(facts: dict[str, Any]) -> str:
    """Describe the active run and the queue.

    Args:
        facts: As `health` returns them.
    """
    training = _("1 run training") if facts["training"] else _("no training running")
    if not facts["waiting"]:
        return training
    return _("{training}, {waiting} queued", training=training, waiting=facts["waiting"])


def memory_bytes(*models: int) -> int:
    """Return the memory of this process and of the models'.

    Args:
        models: The ids of the models' processes.
    """
    own = _resident_bytes("self") or peak_bytes()
    return own + sum(_resident_bytes(str(model)) for model in models)


def _resident_bytes(process: str) -> int:
    """Return the memory of a process; 0 if it has ended, or the system does not state it."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
