"""LoRA adapters for T5 translation in Keras 3: train, compare, evaluate and share them.

The public names are imported when they are first used, so that `import lora_demo` is instant:

    >>> from lora_demo import Translator, evaluate, train
    >>> adapter = train(data="builtin:weather", rank=8, minutes=1)
    >>> columns = Translator("mini").compare(["Morgen regnet es."], [adapter])
    >>> evaluation = evaluate([adapter], data="builtin:weather")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lora_demo.version import __version__

if TYPE_CHECKING:
    from lora_demo.api import evaluate, train
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

__all__ = ["Translator", "__version__", "evaluate", "find_base", "train"]

_MODULES = {
    "Translator": "lora_demo.translator",
    "evaluate": "lora_demo.api",
    "find_base": "lora_demo.checkpoints.base",
    "train": "lora_demo.api",
}


def __getattr__(name: str) -> Any:
    """Import a public name on its first use (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, also those that were not imported yet."""
    return sorted({*globals(), *__all__})
