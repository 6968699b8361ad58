"""How the app is: model, device, who trains and waits, memory; for its status line, and for whoever watches over it."""

import os
import sys
from pathlib import Path

from lora_demo.service.studio import Studio
from lora_demo.training.speed import peak_bytes, total_bytes


def health(studio: Studio) -> dict:
    """What `/gradio_api/health` tells; nothing about any visitor."""
    engine, line = studio.engine, studio.training_queue
    backend = sys.modules.get(
        "lora_demo.model.backend"
    )  # importing it takes seconds, and only the engine should
    return {
        "status": engine.state,
        "base": studio.base.rsplit("/", 1)[-1],
        "device": backend.device_name() if backend and engine.state == "ready" else None,
        "training": int(line.current() is not None),
        "waiting": len(line.waiting()),
        "memory_bytes": used_bytes(),
        "memory_limit_bytes": total_bytes(),
    }


def queue_words(facts: dict) -> str:
    """Who trains and who waits, in words."""
    trains = "one run trains" if facts["training"] else "nobody trains"
    return trains + (f", {facts['waiting']} in line" if facts["waiting"] else "")


def used_bytes() -> int:
    """The memory of this process now; where the system does not tell, the most that it has had."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return peak_bytes()
