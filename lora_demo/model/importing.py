"""Faster imports of large libraries."""

import contextlib
import gc
import inspect
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Disable garbage collection during an import, whose objects are permanent anyway.

    This saves a quarter of the time of such an import. All objects that exist when the block ends
    are also exempt from later collections.
    """
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
    """Stop Gradio from parsing its own source while it is imported.

    It writes stubs for editors, which takes a third of its import time. In the block,
    `inspect.getfile` finds no source for Gradio's modules, so it skips that.
    """
    original = inspect.getfile

    def getfile(object: Any) -> str:
        if str(getattr(object, "__module__", "")).startswith("gradio."):
            raise OSError("Gradio's source is hidden while it is imported.")
        return original(object)

    inspect.getfile = getfile
    try:
        yield
    finally:
        inspect.getfile = original


@contextlib.contextmanager
def without_package(name: str) -> Iterator[None]:
    """Make a package look as if it was not installed, for a library that works without it.

    Args:
        name: A top-level package. One that is already imported stays visible.
    """
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to refuse an import
    try:
        yield
    finally:
        del sys.modules[name]
