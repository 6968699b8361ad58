"""Reader of .tsv and .csv files, whose first line names the columns."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lora_demo.data.readers.rows import Columns, NumberedRow, numbered_lines, open_text


def read_tsv(path: Path, columns: Columns) -> Iterator[NumberedRow]:
    """Read a table with tabs between its cells; quotes have no meaning."""
    return _read(path, columns, "tab", delimiter="\t", quoting=csv.QUOTE_NONE)


def read_csv(path: Path, columns: Columns) -> Iterator[NumberedRow]:
    """Read a table with commas between its cells, which may be quoted."""
    return _read(path, columns, "comma", delimiter=",", quoting=csv.QUOTE_MINIMAL)


def _read(path: Path, columns: Columns, separator: str, **dialect: Any) -> Iterator[NumberedRow]:
    try:
        with open_text(path) as file:
            rows = csv.reader(numbered_lines(file, path.name), strict=True, **dialect)
            header = [cell.strip().lower() for cell in next(rows, [])]
            if not columns.are_in(header):
                raise ValueError(
                    f"{path.name} needs a first line that names its columns, de and en, with a "
                    f"{separator} between them. It has {', '.join(header)[:80] or 'nothing'!r}."
                )
            names = {header.index(name): name for name in header if columns.match(name)}
            for row in rows:
                if row and len(row) <= max(names):
                    raise ValueError(
                        f"{path.name}, line {rows.line_num}: the line has {len(row)} column(s), "
                        f"but the first line has {len(header)}. Correct the line."
                    )
                if row:
                    yield rows.line_num, {name: row[i] for i, name in names.items()}
    except csv.Error as error:
        raise ValueError(
            f"{path.name} cannot be read as a table ({error}). Check its quotes and separators."
        ) from None
