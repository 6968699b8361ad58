"""Reader of .jsonl files: a JSON record in each line."""

import json
from collections.abc import Iterator
from pathlib import Path

from lora_demo.data.readers.rows import Columns, NumberedRow, numbered_lines, open_text


def read_jsonl(path: Path, columns: Columns) -> Iterator[NumberedRow]:
    """Read `{"de": ..., "en": ...}` or `{"translation": {...}}` from each line."""
    with open_text(path) as file:
        for number, line in enumerate(numbered_lines(file, path.name), 1):
            if not line.strip():
                continue
            row = _parse(line, columns)
            if not columns.are_in(row):
                raise ValueError(
                    f'{path.name}, line {number}: expected {{"de": "...", "en": "..."}} '
                    'or the same under "translation".'
                )
            yield number, row


def _parse(line: str, columns: Columns) -> dict[str, str]:
    """The requested cells of a record; empty unless all are text."""
    try:
        record = json.loads(line)
        record = record.get("translation", record)
        cells = {name: text for name, text in record.items() if columns.match(name)}
    except (ValueError, AttributeError, RecursionError):
        return {}
    if not all(isinstance(text, str) for text in cells.values()):
        return {}
    # JSON can hold lone surrogates, which no UTF-8 file can.
    return {name: text.encode("utf-8", "replace").decode() for name, text in cells.items()}
