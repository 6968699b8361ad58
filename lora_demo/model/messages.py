"""The texts of the model's errors: English here, unless the package installs translations."""

from collections.abc import Callable
from typing import Any


def fill(text: str, **values: Any) -> str:
    """Return an English text with its placeholders filled.

    Args:
        text: The text.
        **values: For its placeholders.
    """
    return text.format(**values) if values else text


_translate: Callable[..., str] = fill


def translate_with(translate: Callable[..., str]) -> None:
    """Return texts in another language from now on.

    Args:
        translate: Takes a text and its values, as `fill` does.
    """
    global _translate
    _translate = translate


def _(text: str, **values: Any) -> str:
    """Return a text of an error, with its placeholders filled.

    Args:
        text: The English text, a literal, which the catalogues have as a key.
        **values: For its placeholders.
    """
    return _translate(text, **values)
