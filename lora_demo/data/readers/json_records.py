"""Readers of JSON: a record in each line (.jsonl), or also an array or columns (.json)."""

import json
import re
from collections.abc import Iterator
from typing import Any

from lora_demo.data.readers.columns import Columns
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.records import NESTED, has_columns, record_row
from lora_demo.data.readers.rows import NumberedRow, numbered_lines
from lora_demo.language import _

SPACES = " \t\r\n\0\ufeff"
"""White space of JSON, and what programs leave at the ends of files that they join."""
BETWEEN = re.compile(f"[{SPACES}]*,?[{SPACES}]*")
"""Text between two records, or after the last one."""
MAX_SPACES = 1000
"""Characters that show what a .jsonl file begins with."""


class _RepeatedKeyError(ValueError):
    """A record has two values with the same name."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a record of names and values, of which `json` would keep the last of a name."""
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _value in pairs]
        raise _RepeatedKeyError(next(name for name in names if names.count(name) > 1))
    return record


DECODER = json.JSONDecoder(object_pairs_hook=_unique)


def read_jsonl(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read `{"de": ..., "en": ...}` or `{"translation": {...}}` from each line.

    A comma may follow a record. An array, and records that take several lines each, are read as in
    a .json file.

    Args:
        file: The file, packed or not.
        columns: The requested columns.
    """
    with file.open_text() as text:
        start = text.read(MAX_SPACES).lstrip(SPACES)
    if start.startswith("[") or start.split("\n")[0].rstrip() == "{":
        yield from read_json(file, columns)
        return
    with file.open_text() as text:
        for number, line in enumerate(numbered_lines(text, file.name), 1):
            where = file.where(number)
            for record in _records_of_line(line, where):
                yield from record_row(number, record, columns, where)


def read_json(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read an array of records, lines of records, records after each other, or columns.

    An array may be in an object, as in `{"data": [...]}`.

    Args:
        file: The file, packed or not; it is read as a whole.
        columns: The requested columns.
    """
    with file.open_text() as text:
        document = text.read()
    start = document.lstrip(SPACES)
    first_line = start.split("\n", 1)[0]
    if start.startswith("["):
        for line, record in _array(document, file.name):
            yield from record_row(line, record, columns, file.where(line))
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
    reader.skip(",")
    while not reader.is_at_end:
        where, line = reader.where, reader.line
        yield from record_row(line, reader.read(), columns, where)
        reader.skip(",")


def _records_in(document: Any, columns: Columns) -> list[Any]:
    """Return the records that an object holds; none if it is a record itself.

    They are its only list of records, its values (pandas: `orient="index"`), rows under `data`
    with their names under `columns` (pandas: `orient="split"`), or each under `row` in `rows`, as
    the viewer of data sets on the Hub sends them.
    """
    if not isinstance(document, dict) or has_columns(document, columns):
        return []
    if NESTED in document and not _are_all(dict, document[NESTED]):
        return []
    shown = document.get("rows")
    if _are_all(dict, shown) and all(isinstance(row.get("row"), dict) for row in shown or []):
        return [row["row"] for row in shown or []]
    names, rows = document.get("columns"), document.get("data")
    if _are_all(list, rows) and isinstance(names, list):
        return [dict(zip(map(str, names), row, strict=False)) for row in rows or []]
    lists = [value for value in document.values() if _are_all(dict, value)]
    if len(lists) == 1:
        return list(lists[0])
    values = list(document.values())
    return values if _are_all(dict, values) and not lists else []


def _are_all(kind: type, values: Any) -> bool:
    """Check for a list of objects of one kind that is not empty."""
    is_list = isinstance(values, list) and bool(values)
    return is_list and all(isinstance(value, kind) for value in values)


class _ValueReader:
    """Decodes one JSON value of a document after the other, and knows the line of each.

    Args:
        document: The text.
        name: Name of its file, for messages.
        position: Position of the first value.
    """

    def __init__(self, document: str, name: str, position: int) -> None:
        self.document = document
        self.name = name
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
            value, end = DECODER.raw_decode(self.document, self.position)
        except (ValueError, RecursionError) as error:
            raise _not_a_record(error, self.where) from None
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
    keys = [list(v) if isinstance(v, dict) else list(range(len(v))) for v in chosen.values()]
    if any(sorted(row) != sorted(keys[0]) for row in keys):
        raise ValueError(
            _("{file} has columns of different lengths or rows. Correct the file.", file=name)
        )
    lists = [[values[key] for key in keys[0]] for values in chosen.values()]
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


def _records_of_line(line: str, where: str) -> Iterator[Any]:
    position = _skip_between(line, 0)
    while position < len(line):
        try:
            record, end = DECODER.raw_decode(line, position)
        except (ValueError, RecursionError) as error:
            raise _not_a_record(error, where) from None
        yield record
        position = _skip_between(line, end)


def _skip_between(text: str, position: int) -> int:
    between = BETWEEN.match(text, position)
    return between.end() if between else position


def _not_a_record(error: Exception, where: str) -> ValueError:
    if isinstance(error, _RepeatedKeyError):
        return ValueError(
            _(
                "{where} has two columns named {name!r}. Rename or remove one.",
                where=where,
                name=str(error)[:40],
            )
        )
    return ValueError(_("{where}: the text is not a JSON record. Correct it.", where=where))
