"""Readers of JSON: a record in each line (.jsonl), or also an array or columns (.json)."""

import json
from collections.abc import Iterator
from typing import Any

from lora_demo.data.readers.columns import SOURCE, TARGET, Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.rows import NumberedRow, numbered_lines
from lora_demo.language import _

NESTED = "translation"
"""Key under which Hub data sets hold the two texts."""
SPACES = " \t\r\n"
MAX_SPACES = 1000
"""Characters before an array in a .jsonl file."""


def read_jsonl(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read `{"de": ..., "en": ...}` or `{"translation": {...}}` from each line, or an array."""
    with file.open_text() as text:
        is_array = text.read(MAX_SPACES).lstrip(SPACES).startswith("[")
    if is_array:
        yield from read_json(file, columns)
        return
    with file.open_text() as text:
        for number, line in enumerate(numbered_lines(text, file.name), 1):
            if line.strip():
                where = _("{file}, line {line}", file=file.name, line=number)
                yield from record_row(number, _parse(line, where), columns, where)


def read_json(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read an array of records, lines of records, records after each other, or columns.

    An array may be in an object, as in `{"data": [...]}`.
    """
    with file.open_text() as text:
        document = text.read()
    start = document.lstrip(SPACES)
    first_line = start.split("\n", 1)[0]
    if start.startswith("["):
        for line, record in _array(document, file.name):
            yield from record_row(
                line, record, columns, _("{file}, line {line}", file=file.name, line=line)
            )
    elif _is_object(first_line) and start[len(first_line) :].strip(SPACES):
        yield from read_jsonl(file, columns)
    else:
        yield from _read_objects(document, file.name, columns)


def _has_lists(record: dict[str, Any], columns: Columns) -> bool:
    """Check for an object of columns, as pandas writes it; each is a list or an object."""
    names = list(record)
    try:
        found = columns.find(names, "")
    except ValueError:
        return False
    return all(isinstance(record[names[position]], (list, dict)) for position in found)


def _array(document: str, name: str) -> Iterator[tuple[int, Any]]:
    """Yield the records of an array and their lines."""
    reader = _ValueReader(document, name, document.index("[") + 1)
    while not reader.skip("]"):
        where, line = reader.where, reader.line
        yield line, reader.read()
        if not reader.skip(",") and not reader.is_at("]"):
            raise ValueError(
                _("{where}: no comma follows the record. Correct the file.", where=where)
            )
    if not reader.is_at_end:
        raise ValueError(
            _("{where}: more text follows the end of the array. Remove it.", where=reader.where)
        )


def _read_objects(document: str, name: str, columns: Columns) -> Iterator[NumberedRow]:
    """Read one object of columns or records, or records after each other, as `jq` writes them."""
    reader = _ValueReader(document, name, 0)
    first = reader.read()
    if reader.is_at_end and isinstance(first, dict) and _has_lists(first, columns):
        yield from _read_columns(first, name, columns)
        return
    records = _records_in(first, columns) if reader.is_at_end else []
    for number, record in enumerate(records, 1):
        where = _("{file}, record {line}", file=name, line=number)
        yield from record_row(number, record, columns, where)
    if records:
        return
    yield from record_row(1, first, columns, _("{file}, line 1", file=name))
    while not reader.is_at_end:
        where, line = reader.where, reader.line
        yield from record_row(line, reader.read(), columns, where)


def _records_in(document: Any, columns: Columns) -> list[Any]:
    """Return the records that an object holds; none if it is a record itself.

    They are its only list of records, its values (pandas: `orient="index"`), or rows under
    `data` with their names under `columns` (pandas: `orient="split"`).
    """
    if not isinstance(document, dict) or NESTED in document or _has_columns(document, columns):
        return []
    names, rows = document.get("columns"), document.get("data")
    if _are(list, rows) and isinstance(names, list):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows or []]
    lists = [value for value in document.values() if _are(dict, value)]
    if len(lists) == 1:
        return list(lists[0])
    values = list(document.values())
    return values if _are(dict, values) and not lists else []


def _are(kind: type, values: Any) -> bool:
    """Check for a list of objects of one kind that is not empty."""
    is_list = isinstance(values, list) and bool(values)
    return is_list and all(isinstance(value, kind) for value in values)


class _ValueReader:
    """Decodes one JSON value of a document after the other, and knows the line of each.

    Args:
        document: the text.
        name: name of its file, for messages.
        position: where the first value begins.
    """

    def __init__(self, document: str, name: str, position: int) -> None:
        self.document = document
        self.name = name
        self.decoder = json.JSONDecoder()
        self.line = 1 + document.count("\n", 0, position)
        self.position = position
        self._move(position)

    @property
    def where(self) -> str:
        """The file and the line, for messages."""
        return _("{file}, line {line}", file=self.name, line=self.line)

    @property
    def is_at_end(self) -> bool:
        """True if only white space was left."""
        return self.position == len(self.document)

    def is_at(self, mark: str) -> bool:
        """Check whether a mark comes next."""
        return self.document.startswith(mark, self.position)

    def skip(self, mark: str) -> bool:
        """Skip a mark if it comes next; True if it did."""
        found = self.is_at(mark)
        if found:
            self._move(self.position + len(mark))
        return found

    def read(self) -> Any:
        """Decode the next value."""
        try:
            value, end = self.decoder.raw_decode(self.document, self.position)
        except (ValueError, RecursionError):
            raise ValueError(
                _("{where}: the text is not a JSON record. Correct it.", where=self.where)
            ) from None
        self._move(end)
        return value

    def _move(self, position: int) -> None:
        """Go to a position, and over the white space after it."""
        end = position
        while end < len(self.document) and self.document[end] in SPACES:
            end += 1
        self.line += self.document.count("\n", self.position, end)
        self.position = end


def _read_columns(record: dict[str, Any], name: str, columns: Columns) -> Iterator[NumberedRow]:
    """Read the requested columns of an object; each is a list, or an object by row."""
    names = list(record)
    chosen = {names[i]: record[names[i]] for i in columns.find(names, name)}
    rows = [list(v) if isinstance(v, dict) else list(range(len(v))) for v in chosen.values()]
    if any(row != rows[0] for row in rows):
        raise ValueError(
            _("{file} has columns of different lengths or rows. Correct the file.", file=name)
        )
    lists = [list(v.values()) if isinstance(v, dict) else v for v in chosen.values()]
    for number, values in enumerate(zip(*lists, strict=True), 1):
        row = dict(zip(chosen, values, strict=True))
        yield from record_row(
            number, row, columns, _("{file}, record {line}", file=name, line=number)
        )


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(
            _("{where}: the text is not a JSON record. Correct it.", where=where)
        ) from None


def record_row(number: int, record: Any, columns: Columns, where: str) -> Iterator[NumberedRow]:
    """Yield the requested cells of a record, or nothing for a pair with a null.

    Args:
        number: line or number of the record.
        record: names and values, or the same under `translation`.
        columns: the requested columns.
        where: the file and line, for messages.

    Raises:
        ValueError: if the record is not an object, or its values are not text.
    """
    if not isinstance(record, dict):
        raise ValueError(
            _('{where}: expected a record such as {{"de": "...", "en": "..."}}.', where=where)
        )
    nested = record.get(NESTED)
    if nested is None and NESTED in record and not _has_columns(record, columns):
        nested = dict.fromkeys(columns.required)
    if isinstance(nested, dict):
        try:
            yield from _row(number, nested, columns, where)
            return
        except ColumnsNotFoundError:
            if not _has_columns(record, columns):
                raise
    yield from _row(number, record, columns, where)


def _has_columns(record: dict[str, Any], columns: Columns) -> bool:
    try:
        columns.find(list(record), "")
    except ColumnsNotFoundError:
        return False
    return True


def _row(
    number: int, record: dict[str, Any], columns: Columns, where: str
) -> Iterator[NumberedRow]:
    found = columns.find(list(record), where)
    row = list(record.values())
    nulls = {name for position, name in found.items() if _is_null(row[position])}
    for position, name in found.items():
        row[position] = _text(
            row[position], _("{where}: the value of {name}", where=where, name=name)
        )
    is_pair = len(columns.languages) > 1
    german = {name for name in found.values() if name in ("de", SOURCE)}
    english = {name for name in found.values() if name == TARGET or name.startswith("en")}
    if not (is_pair and any(side and side <= nulls for side in (german, english))):
        yield number, columns.cells(found, row, where)


def _is_null(value: Any) -> bool:
    """Check for a null, and for NaN, which pandas writes for it."""
    return value is None or value != value


def _text(value: Any, what: str) -> str:
    """Return a value as text; a null is empty."""
    if _is_null(value):
        return ""
    if isinstance(value, bytes):  # a column of Parquet that does not say that it is text
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise ValueError(_("{what} is not UTF-8 text. Correct it.", what=what)) from None
    if not isinstance(value, str):
        kind = _("a number") if isinstance(value, (int, float)) else _("a list or a record")
        raise ValueError(_("{what} is {kind}, not text. Correct it.", what=what, kind=kind))
    # JSON can hold lone surrogates, which no UTF-8 file can.
    return value.encode("utf-8", "replace").decode()
