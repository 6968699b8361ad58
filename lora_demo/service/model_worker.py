"""The process of the model: it loads a translator, then answers the page's calls one by one.

Calls come on standard input and replies go to standard output, a line of JSON each. The process
ends as soon as its standard input closes, which happens when the page ends, however that ends.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TextIO

from lora_demo.checkpoints.base import Base
from lora_demo.errors import OUT_OF_MEMORY, describe_error
from lora_demo.language import N_, _, in_language
from lora_demo.model.config import T5Config
from lora_demo.process_limits import (
    MODEL_MEMORY,
    MODEL_OOM_SCORE,
    forbid_new_privileges,
    limit_memory,
)
from lora_demo.service.log import LOG, report, start_logging, unexpected_error_message
from lora_demo.service.process_settings import limit_memory_arenas

if TYPE_CHECKING:
    from lora_demo.translator import Translator

TOO_MUCH = N_(
    "There was not enough memory for this translation. Use fewer or shorter sentences, fewer "
    "adapters or fewer beams."
)


def main() -> None:
    """Answer calls until standard input closes."""
    replies = claim_stdout()
    calls: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=_read_calls, args=(calls,), daemon=True).start()
    limit_memory(MODEL_MEMORY, MODEL_OOM_SCORE)
    forbid_new_privileges()
    start_logging()
    limit_memory_arenas()
    model = Model()
    with suppress(Exception):  # `load` reports it
        import_model()
    while True:
        reply = model.answer(json.loads(calls.get()))
        replies.write(f"{json.dumps(reply)}\n")
        replies.flush()


def claim_stdout() -> TextIO:
    """Return standard output for replies; what anything else prints there goes to the log."""
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return replies


def _read_calls(calls: "SimpleQueue[str]") -> None:
    for line in sys.stdin:
        calls.put(line)
    os._exit(0)


def import_model() -> None:
    """Import TensorFlow and the model's code, while the page imports Gradio."""
    from lora_demo.model import backend, batch_decoder, decoding, t5  # noqa: F401


class Model:
    """The translator, and the calls that it answers."""

    def __init__(self) -> None:
        self._translator: Translator | None = None
        self._functions: dict[str, Callable[..., Any]] = {
            "load": self._load,
            "compare": self._compare,
            "at_ranks": self._at_ranks,
            "compare_tokens": self._compare_tokens,
        }

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """Answer a call.

        Args:
            call: `name`, `arguments` by their names, and the visitor's `language`.

        Returns:
            `result`, or `error` with a sentence for the visitor. Other errors than ValueErrors are
            logged without their messages, which may quote the visitor.
        """
        name = call["name"]
        try:
            with in_language(call["language"]):
                return {"result": self._functions[name](**call["arguments"])}
        except ValueError as error:
            return {"error": str(error)}
        except Exception as error:
            with in_language(call["language"]):
                return {"error": _describe(error, name)}

    def _load(self, base: dict[str, Any], precision: str) -> dict[str, Any]:
        from lora_demo.model.backend import device_name
        from lora_demo.translator import Translator

        config = T5Config(**base["config"])
        found = Base(base["id"], Path(base["folder"]), config, base["revision"])
        self._translator = Translator(found, precision, compile_in_background=True)
        return {
            "precision": self._translator.precision,
            "precision_note": self._translator.precision_note,
            "device": device_name(),
        }

    def _loaded(self) -> "Translator":
        if self._translator is None:
            raise ValueError(_("The model is not loaded yet. Try again in a minute."))
        return self._translator

    def _compare(self, **arguments: Any) -> list[dict[str, Any]]:
        return [asdict(column) for column in self._loaded().compare(**arguments)]

    def _at_ranks(self, **arguments: Any) -> list[dict[str, Any]]:
        return [asdict(column) for column in self._loaded().at_ranks(**arguments)]

    def _compare_tokens(self, **arguments: Any) -> dict[str, Any] | None:
        divergence = self._loaded().compare_tokens(**arguments)
        return asdict(divergence) if divergence else None


def _describe(error: Exception, name: str) -> str:
    """Describe an unexpected error; the owner of the page alone reads why loading failed."""
    message = describe_error(error)
    if name == "load":
        report(error, name)
        return message
    if message == OUT_OF_MEMORY:
        LOG.warning("memory ran out in %s", name)
        return _(TOO_MUCH)
    return unexpected_error_message(error, name)


if __name__ == "__main__":
    main()
