"""Score translations with COMET, in a Python that has the package unbabel-comet.

`scorer.py` starts this file by its path under that Python. It imports nothing of lora_demo, and
runs on every Python that COMET supports.

Standard input has a line of JSON with the settings, and one for each translation: `src`, `mt` and
`ref`. Standard output has one with the versions, then scores as they are computed, or an error.
With `--check`, only the versions are written, and nothing is read.
"""

import json
import os
import re
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Dict, Iterator, List, TextIO  # noqa: UP035 (Python 3.8 has no list[str])

PACKAGES = {"comet": "unbabel-comet", "torch": "torch"}
MEMORY, UNSAFE, IMPORT, OTHER = "memory", "unsafe", "import", "other"
"""Kinds of errors."""
MAX_MESSAGE = 300
OUT_OF_MEMORY = re.compile(r"out of memory|can't allocate memory|cannot allocate memory", re.I)
FORBIDDEN = re.compile(r"GLOBAL ([\w.]+)")
"""The name of an object that torch refuses to load from a checkpoint, in its message."""


def main() -> None:
    """Answer the process that started this one.

    Raises:
        SystemExit: With status 1 after an error, which is the last reply.
    """
    replies = claim_stdout()
    try:
        for reply in check() if "--check" in sys.argv else score():
            replies.write(json.dumps(reply) + "\n")
            replies.flush()
    except Exception as error:
        replies.write(json.dumps(describe(error)) + "\n")
        replies.flush()
        raise SystemExit(1) from error


def claim_stdout() -> TextIO:
    """Return standard output for replies; what libraries print there goes to standard error."""
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return replies


def check() -> Iterator[Dict[str, Any]]:  # noqa: UP006
    """Yield the versions of COMET and torch."""
    import pkg_resources  # noqa: F401 (COMET needs it, and new versions of setuptools lack it)

    yield {"versions": versions()}


def versions() -> Dict[str, str]:  # noqa: UP006
    """Return the versions of the packages that the scores depend on."""
    return {name: version(package) for name, package in PACKAGES.items()}


def score() -> Iterator[Dict[str, Any]]:  # noqa: UP006
    """Read the translations, load the model, and yield the scores in their order."""
    settings = json.loads(sys.stdin.readline())
    rows = [json.loads(sys.stdin.readline()) for _ in range(settings["rows"])]
    threading.Thread(target=end_with_parent, daemon=True).start()
    from comet import load_from_checkpoint

    model = load_from_checkpoint(settings["checkpoint"])
    yield {"versions": versions(), "uses_references": uses_references(model)}
    for first in range(0, len(rows), settings["chunk"]):
        part: List[Dict[str, str]] = rows[first : first + settings["chunk"]]  # noqa: UP006
        # One device: the GPU if there is one, else the CPU.
        output = model.predict(
            part, batch_size=settings["batch_size"], gpus=1, num_workers=0, progress_bar=False
        )
        yield {"scores": [float(value) for value in output["scores"]]}


def uses_references(model: Any) -> bool:
    """Check whether a model compares with references.

    A unified model such as XCOMET does not require them; its settings say that it uses them.

    Args:
        model: A COMET model, as `load_from_checkpoint` returns it.
    """
    segments = model.hparams.get("input_segments")
    return "ref" in segments if segments else bool(model.requires_references())


def end_with_parent() -> None:
    """End this process as soon as the other one closes the pipe or ends."""
    while os.read(0, 1):
        pass
    os._exit(1)


def describe(error: Exception) -> Dict[str, str]:  # noqa: UP006
    """Return the kind and the first line of an error.

    Args:
        error: An error of the check or of the scoring.
    """
    text = str(error) or type(error).__name__
    message = text.strip().split("\n")[0][:MAX_MESSAGE]
    if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(text):
        return {"error": MEMORY, "message": message}
    if type(error).__name__ == "UnpicklingError" and "weights only" in text.lower():
        names = sorted(set(FORBIDDEN.findall(text)))
        return {"error": UNSAFE, "message": ", ".join(names)[:MAX_MESSAGE]}
    if isinstance(error, (ImportError, PackageNotFoundError)):
        return {"error": IMPORT, "message": message}
    return {"error": OTHER, "message": message}


if __name__ == "__main__":
    main()
