"""Texts and numbers in the reader's language. The English text is the key of its translation.

Usage: `_("Step {step} of {total}", step=3, total=9)`. See docs/contributing.md.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from pathlib import Path
from string import Formatter
from typing import Any

from lora_demo.model.messages import translate_with

FOLDER = Path(__file__).parent
"""One catalogue per language: `de.po`, `vi.po`."""
ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "vi": "Tiếng Việt"}
"""The languages by their codes, with their own names."""
LANGUAGE_VARIABLE = "LORA_DEMO_LANGUAGE"
"""Environment variable: the language of a process that this page starts."""
PSEUDO = "qps"
"""A language for tests: every text of the catalogue in brackets."""
PLURAL_FORMS: dict[str, Callable[[float], int]] = {
    "de": lambda count: int(count != 1),
    "vi": lambda count: 0,
}
"""The number of the form that goes with a count."""
SEPARATORS = str.maketrans(",.", ".,")
"""German and Vietnamese write 1.234,5."""

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def current_language() -> str:
    """Return the code of the reader's language: English unless `in_language` chose another."""
    return _language.get()


@contextmanager
def in_language(language: str) -> Iterator[None]:
    """Write texts in a language.

    Args:
        language: A code of `LANGUAGES`, or `PSEUDO`.
    """
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def set_language(language: str) -> None:
    """Write all texts of this context in a language, such as those of a process.

    Args:
        language: A code of `LANGUAGES`; any other one means English.
    """
    _language.set(language if language in (*LANGUAGES, PSEUDO) else ENGLISH)


def N_(text: str) -> str:  # noqa: N802 (gettext's name)
    """Mark a text for the catalogue, and return it unchanged; `_` translates it where it is shown.

    Args:
        text: A literal.
    """
    return text


def _(text: str, /, **values: Any) -> str:
    """Return a text in the reader's language.

    Args:
        text: The English text: a literal, or one that was marked with `N_`.
        **values: For its placeholders. Numbers are written as in the language.
    """
    language = current_language()
    if language == ENGLISH:
        return text.format(**values) if values else text
    return _fill(_translate(language, text), values)


def ngettext(one: str, many: str, count: float, /, **values: Any) -> str:
    """Return the text that goes with a count, in the reader's language.

    Args:
        one: The English text for one, a literal.
        many: The English text for other counts, a literal.
        count: The number, also a placeholder of both texts.
        **values: For further placeholders.

    Returns:
        Such as `3 words` for `ngettext("{count} word", "{count} words", 3)`.
    """
    language = current_language()
    values["count"] = count
    english = one if count == 1 else many
    if language in PLURAL_FORMS:
        forms = catalogue(language).get(one, ())
        return _fill(forms[PLURAL_FORMS[language](count)] if forms else english, values)
    return _fill(_translate(language, english), values)


def format_number(value: float, spec: str = "") -> str:
    """Write a number as in the reader's language: 1,234.5 is 1.234,5 in German.

    Args:
        value: The number.
        spec: A format specification, such as `.1%`.
    """
    text = format(value, spec)
    language = current_language()
    if language not in PLURAL_FORMS:
        return text
    text = text.translate(SEPARATORS)
    return text.replace("%", "\u00a0%") if language == "de" else text


def format_numbers(values: Iterable[float], spec: str = "") -> str:
    """List numbers as in the reader's language: 2.8, 5.6 is 2,8; 5,6 in German.

    Args:
        values: The numbers.
        spec: A format specification of each.
    """
    separator = "; " if current_language() in PLURAL_FORMS else ", "
    return separator.join(format_number(value, spec) for value in values)


@functools.cache
def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    """Read the translations of a language.

    Args:
        language: A code.

    Returns:
        One text by each key, or one for each plural form by the key of the singular. Texts without
        a translation are omitted.
    """
    import polib

    entries = polib.pofile(str(FOLDER / f"{language}.po"))
    return {
        entry.msgid: tuple(entry.msgstr_plural.values()) or (entry.msgstr,)
        for entry in entries
        if entry.translated()
    }


class _LocalFormatter(Formatter):
    """Fills placeholders, with numbers as in the reader's language."""

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        is_quoted_number = conversion == "r" and isinstance(value, float)
        return value if is_quoted_number else super().convert_field(value, conversion)

    def format_field(self, value: Any, spec: str) -> Any:
        is_number = not isinstance(value, bool) and isinstance(value, Real)
        if is_number:
            return format_number(value, spec)
        return super().format_field(value, spec)


_FORMATTER = _LocalFormatter()


def _translate(language: str, text: str) -> str:
    if language == ENGLISH or not text:
        return text
    if language == PSEUDO:
        return f"⟦{text}⟧"
    return catalogue(language).get(text, (text,))[0]


def _fill(text: str, values: dict[str, Any]) -> str:
    return _FORMATTER.format(text, **values) if values else text


translate_with(_)
