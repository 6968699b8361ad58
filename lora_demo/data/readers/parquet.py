"""Reader of .parquet files, as `datasets` and pandas write them."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lora_demo.data.readers.columns import Columns
from lora_demo.data.readers.data_file import MAX_FILE_BYTES, DataFile
from lora_demo.data.readers.json_records import NESTED, record_row
from lora_demo.data.readers.rows import MAX_LINE_CHARACTERS, MAX_LINES, NumberedRow
from lora_demo.language import _

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

BATCH_ROWS = 256
"""Rows that are decoded at a time; the same long text may be in all of them."""


def read_parquet(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read columns of text, or a column `translation` with a field for each language."""
    import pyarrow
    from pyarrow.parquet import ParquetFile

    with file.open_bytes() as stream:
        content = io.BytesIO(stream.read())
    try:
        names = _requested(ParquetFile(content), file.name, columns)
        table = ParquetFile(content, read_dictionary=_leaves(ParquetFile(content), names))
        _check_size(table, file.name, names)
        number = 0
        for batch in table.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
            _check_cells(batch, file.name)
            for record in batch.to_pylist():
                number += 1
                where = _("{file}, row {row}", file=file.name, row=number)
                yield from record_row(number, record, columns, where)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).split("\n")[0][:200]
        raise ValueError(
            _("{file} cannot be read as Parquet ({reason}).", file=file.name, reason=reason)
        ) from None


def _requested(table: "ParquetFile", name: str, columns: Columns) -> list[str]:
    """Return the names of the columns to decode."""
    names = list(table.schema_arrow.names)
    if NESTED in names and str(table.schema_arrow.field(NESTED).type).startswith("struct"):
        return [NESTED]
    found = columns.find(names, name)
    return [names[position] for position in sorted(found)]


def _leaves(table: "ParquetFile", names: list[str]) -> list[str]:
    """Return the paths of the texts in some columns, to keep each distinct text only once."""
    leaves = [table.metadata.schema.column(i) for i in range(table.metadata.num_columns)]
    return [
        leaf.path
        for leaf in leaves
        if leaf.path.split(".")[0] in names and leaf.physical_type == "BYTE_ARRAY"
    ]


def _check_cells(batch: "RecordBatch", name: str) -> None:
    """Refuse very long texts before they are copied into each row."""
    import pyarrow
    import pyarrow.compute as compute

    for column in batch.columns:
        is_struct = pyarrow.types.is_struct(column.type)
        for array in column.flatten() if is_struct else [column]:
            if not pyarrow.types.is_dictionary(array.type):
                continue
            longest = compute.max(compute.binary_length(array.dictionary)).as_py() or 0
            if longest > MAX_LINE_CHARACTERS:
                raise ValueError(
                    _(
                        "{file} has a text of over {limit:,} bytes. Split it.",
                        file=name,
                        limit=MAX_LINE_CHARACTERS,
                    )
                )


def _check_size(table: "ParquetFile", name: str, names: list[str]) -> None:
    """Refuse a file that states more content than any other format may have."""
    metadata = table.metadata
    size = 0
    for group in range(metadata.num_row_groups):
        for number in range(metadata.num_columns):
            column = metadata.row_group(group).column(number)
            if column.path_in_schema.split(".")[0] in names:
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
