"""Keys in the place of sentences, by which programs name their messages: `menu.file.open`."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from lora_demo.data.readers.rows import NumberedRow
from lora_demo.language import _

NAME = re.compile(r"[A-Za-z][\w.:/-]*\w", re.ASCII)
"""A text without spaces or marks at its end."""
PARTS = re.compile(r"[._:]\w|^[a-z]+[A-Z]")
"""A border between two parts of a key."""
CHECKED_ROWS = 100
MAX_CHARACTERS = 60
"""Characters of a key in a message."""


def refuse_keys(rows: Iterator[NumberedRow], name: str) -> Iterator[NumberedRow]:
    """Yield rows, but refuse a file if one side of most of its first rows is a key.

    Args:
        rows: The rows of a reader.
        name: Name of the file, for messages.

    Raises:
        ValueError: If the file has keys.
    """
    first = list(islice(rows, CHECKED_ROWS))
    keys = [key for _number, row in first if (key := _find_key(row))]
    if len(keys) * 2 > len(first):
        raise ValueError(
            _(
                "{file} has keys such as {key!r} in the place of sentences. Export the sentences "
                "of both languages into one file, for example as .csv, .tmx or .xliff.",
                file=name,
                key=keys[0][:MAX_CHARACTERS],
            )
        )
    yield from first
    yield from rows


def _find_key(row: Mapping[str, str]) -> str:
    """Return a text of a row that is a key; empty if there is none, or all texts are the same."""
    texts = [text.strip() for text in row.values()]
    if len(texts) > 1 and len(set(texts)) == 1:
        return ""
    return next(filter(_is_key, texts), "")


def _is_key(text: str) -> bool:
    return bool(NAME.fullmatch(text) and PARTS.search(text))
