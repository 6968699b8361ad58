"""The state of the app: model, device, queue and memory, without anything about visitors."""

import os
import sys
from pathlib import Path
from typing import Any

from lora_demo.service.services import Services
from lora_demo.training.speed import peak_bytes, total_bytes


def health(services: Services) -> dict[str, Any]:
    """Return what `/gradio_api/health` answers.

    Args:
        services: what the page can do.
    """
    loader, queue = services.loader, services.training_queue
    # Importing the backend takes seconds, so only the loader's thread does it.
    backend = sys.modules.get("lora_demo.model.backend")
    return {
        "status": loader.state,
        "base": services.base.rsplit("/", 1)[-1],
        "device": backend.device_name() if backend and loader.state == "ready" else None,
        "training": int(queue.current() is not None),
        "waiting": len(queue.waiting()),
        "memory_bytes": memory_bytes(),
        "memory_limit_bytes": total_bytes(),
    }


def describe_queue(facts: dict[str, Any]) -> str:
    """Describe the active run and the queue.

    Args:
        facts: as `health` returns them.
    """
    training = "1 run training" if facts["training"] else "no training running"
    return f"{training}, {facts['waiting']} queued" if facts["waiting"] else training


def memory_bytes() -> int:
    """Return the memory of this process; where the system does not state it, its maximum so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return peak_bytes()
