"""Imports of large libraries, which make nothing but lasting objects."""

import contextlib
import gc
import inspect
from collections.abc import Iterator


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Looks for no garbage meanwhile, nor ever after among what is there by then: of such an import that is a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextlib.contextmanager
def without_stubs() -> Iterator[None]:
    """Keeps Gradio from parsing its own source and writing stubs for editors, which takes a third of its import: it then finds no source."""
    found = inspect.getfile

    def getfile(thing):
        if str(getattr(thing, "__module__", "")).startswith("gradio."):
            raise OSError("not looked for")
        return found(thing)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = found
