"""Reader of .jsonl files, a JSON record in each line, and of .json files, also with one array."""

import json
from collections.abc import Iterator
from typing import Any

from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.rows import NumberedRow, numbered_lines

NESTED = "translation"
"""Key under which Hub data sets hold the two texts."""
SPACES = " \t\r\n"


def read_jsonl(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read `{"de": ..., "en": ...}` or `{"translation": {...}}` from each line."""
    with file.open_text() as text:
        for number, line in enumerate(numbered_lines(text, file.name), 1):
            if line.strip():
                where = f"{file.name}, line {number}"
                yield number, record_cells(_parse(line, where), columns, where)


def read_json(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read one array of records, lines of records, or one object of columns."""
    with file.open_text() as text:
        document = text.read()
    start = document.lstrip(SPACES)
    if start.startswith("["):
        yield from _read_array(document, file.name, columns)
    elif _is_object(start.split("\n", 1)[0]):
        yield from _read_lines_or_columns(document, file, columns)
    else:
        yield from _read_object(document, file.name, columns)


def _read_lines_or_columns(
    document: str, file: DataFile, columns: Columns
) -> Iterator[NumberedRow]:
    record = json.loads(document.lstrip(SPACES).split("\n", 1)[0])
    has_columns = any(isinstance(value, list) for value in record.values())
    if has_columns:
        yield from _read_object(document, file.name, columns)
    else:
        yield from read_jsonl(file, columns)


def _read_array(document: str, name: str, columns: Columns) -> Iterator[NumberedRow]:
    """Decode one record after the other, to know the line of each."""
    decoder = json.JSONDecoder()
    position = document.index("[") + 1
    line, counted = 1, 0
    while True:
        position = _skip(document, position, SPACES)
        line += document.count("\n", counted, position)
        counted = position
        where = f"{name}, line {line}"
        if document.startswith("]", position):
            return
        try:
            record, position = decoder.raw_decode(document, position)
        except (ValueError, RecursionError):
            raise ValueError(f"{where}: the text is not a JSON record. Correct it.") from None
        yield line, record_cells(record, columns, where)
        position = _skip(document, position, SPACES)
        if document.startswith(",", position):
            position += 1
        elif not document.startswith("]", position):
            raise ValueError(f"{where}: no comma follows the record. Correct the file.")


def _skip(document: str, position: int, characters: str) -> int:
    while position < len(document) and document[position] in characters:
        position += 1
    return position


def _read_object(document: str, name: str, columns: Columns) -> Iterator[NumberedRow]:
    """Read an object of columns, as pandas writes it by default; each is a list or an object."""
    record = _parse(document, name)
    if not isinstance(record, dict) or not all(
        isinstance(value, (list, dict)) for value in record.values()
    ):
        raise ValueError(
            f'{name} is not an array of records such as {{"de": "...", "en": "..."}}, '
            "nor has it one record in each line. Write it so."
        )
    lists = [list(v.values()) if isinstance(v, dict) else v for v in record.values()]
    if len({len(values) for values in lists}) > 1:
        raise ValueError(f"{name} has columns of different lengths. Correct the file.")
    for number, values in enumerate(zip(*lists, strict=True), 1):
        row = dict(zip(record, values, strict=True))
        yield number, record_cells(row, columns, f"{name}, record {number}")


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{where}: the text is not a JSON record. Correct it.") from None


def record_cells(record: Any, columns: Columns, where: str) -> dict[str, str]:
    """Return the requested cells of a record.

    Args:
        record: names and values, or the same under `translation`.
        columns: the requested columns.
        where: the file and line, for messages.

    Returns:
        The cells; a null is an empty cell.

    Raises:
        ValueError: if the record is not an object, or its values are not text.
    """
    if not isinstance(record, dict):
        raise ValueError(f'{where}: expected a record such as {{"de": "...", "en": "..."}}.')
    nested = record.get(NESTED)
    if isinstance(nested, dict):
        try:
            return _cells(nested, columns, where)
        except ColumnsNotFoundError:
            if not _has_columns(record, columns):
                raise
    return _cells(record, columns, where)


def _has_columns(record: dict[str, Any], columns: Columns) -> bool:
    try:
        columns.find(list(record), "")
    except ColumnsNotFoundError:
        return False
    return True


def _cells(record: dict[str, Any], columns: Columns, where: str) -> dict[str, str]:
    found = columns.find(list(record), where)
    row = ["" if value is None else value for value in record.values()]
    for position, name in found.items():
        value = row[position]
        if not isinstance(value, str):
            raise ValueError(
                f"{where}: the value of {name} is a {type(value).__name__}, not text. Correct it."
            )
        # JSON can hold lone surrogates, which no UTF-8 file can.
        row[position] = value.encode("utf-8", "replace").decode()
    return columns.cells(found, row, where)
