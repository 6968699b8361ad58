"""Reader of .parquet files, as `datasets` and pandas write them."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import MAX_FILE_BYTES, DataFile
from lora_demo.data.readers.records import NESTED, find_nested, record_row
from lora_demo.data.readers.rows import MAX_LINE_CHARACTERS, MAX_LINES, NumberedRow
from lora_demo.language import _

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

BATCH_ROWS = 256
"""Rows that are decoded at a time; the same long text may be in all of them."""
DELTA = frozenset(["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
"""Encodings of texts that cannot be decoded as a dictionary of distinct ones."""
DELTA_BATCH_ROWS = 4
"""Rows of such texts, each of which may repeat a long text before it."""


def read_parquet(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read columns of text, or a column `translation` with a field for each language.

    Args:
        file: The file, packed or not; it is read as a whole.
        columns: The requested columns.

    Raises:
        ValueError: If it is not a Parquet file, lacks a requested column, or has too much text.
    """
    import pyarrow
    from pyarrow.parquet import ParquetFile

    with file.open_bytes() as stream:
        content = io.BytesIO(stream.read())
    try:
        names = _requested(ParquetFile(content), file.name, columns)
        texts, has_deltas = _texts(ParquetFile(content), names)
        table = ParquetFile(content, read_dictionary=texts)
        _check_size(table, file.name, names)
        number = 0
        rows = DELTA_BATCH_ROWS if has_deltas else BATCH_ROWS
        for batch in table.iter_batches(rows, columns=names, use_threads=False):
            _check_cells(batch, file.name)
            for record in batch.to_pylist():
                number += 1
                where = _("{file}, row {row}", file=file.name, row=number)
                yield from record_row(number, record, columns, where)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).split("\n")[0][:200].rstrip(".")
        raise ValueError(
            _(
                "{file} cannot be read as Parquet ({reason}). Download or export it again.",
                file=file.name,
                reason=reason,
            )
        ) from None


def _requested(table: "ParquetFile", name: str, columns: Columns) -> list[str]:
    """Return the names of the columns to decode."""
    from pyarrow import types

    names = list(table.schema_arrow.names)
    kind = table.schema_arrow.field(NESTED).type if NESTED in names else None
    is_nested = kind is not None and (types.is_struct(kind) or types.is_map(kind))
    try:
        found = columns.find(names, name)
    except ColumnsNotFoundError:
        if is_nested:
            return [NESTED]
        fields = {
            column.name: {field.name: None for field in column.type}
            for column in table.schema_arrow
            if types.is_struct(column.type)
        }
        if other := find_nested(fields, columns):
            return [other]
        raise
    flat = [names[position] for position in sorted(found)]
    return [*dict.fromkeys([NESTED, *flat] if is_nested else flat)]


def _texts(table: "ParquetFile", names: list[str]) -> tuple[list[str], bool]:
    """Return the paths of the texts in some columns, to keep each distinct text only once.

    Args:
        table: The file.
        names: Names of the columns.

    Returns:
        The paths; True if there are further texts, with an encoding of DELTA.
    """
    metadata = table.metadata
    paths = {
        metadata.schema.column(i).path: i
        for i in range(metadata.num_columns)
        if _is_in(metadata.schema.column(i).path, names)
        and metadata.schema.column(i).physical_type == "BYTE_ARRAY"
    }
    deltas = {
        path
        for path, i in paths.items()
        for group in range(metadata.num_row_groups)
        if not DELTA.isdisjoint(metadata.row_group(group).column(i).encodings)
    }
    return [path for path in paths if path not in deltas], bool(deltas)


def _is_in(path: str, names: list[str]) -> bool:
    """Check whether a path belongs to one of some columns, whose names may have dots."""
    return any(path == name or path.startswith(f"{name}.") for name in names)


def _check_cells(batch: "RecordBatch", name: str) -> None:
    """Refuse very long texts before they are copied into each row."""
    from pyarrow import compute

    for column in batch.columns:
        for texts in _flatten(column):
            longest = compute.max(compute.binary_length(texts)).as_py() or 0
            if longest > MAX_LINE_CHARACTERS:
                raise ValueError(
                    _(
                        "{file} has a text of over {limit:,} bytes. Split it.",
                        file=name,
                        limit=MAX_LINE_CHARACTERS,
                    )
                )


def _flatten(array: Any) -> Iterator[Any]:
    """Yield the arrays of distinct texts that a column holds, nested or not."""
    from pyarrow import types

    kind = array.type
    if types.is_dictionary(kind):
        yield array.dictionary
    elif types.is_map(kind):
        yield from (*_flatten(array.keys), *_flatten(array.items))
    elif types.is_struct(kind):
        for part in array.flatten():
            yield from _flatten(part)
    elif types.is_list(kind) or types.is_large_list(kind):
        yield from _flatten(array.values)
    elif types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind):
        yield array


def _check_size(table: "ParquetFile", name: str, names: list[str]) -> None:
    """Refuse a file that states more content than any other format may have."""
    metadata = table.metadata
    size = 0
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            if _is_in(column.path_in_schema, names):
                size += column.total_uncompressed_size
    if size > MAX_FILE_BYTES or metadata.num_rows > MAX_LINES:
        raise ValueError(
            _(
                "{file} holds more than {size} MB or {rows:,} rows. Use a part of it.",
                file=name,
                size=MAX_FILE_BYTES // 10**6,
                rows=MAX_LINES,
            )
        )
