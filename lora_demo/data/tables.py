"""Tables of sentences: .tsv and .csv files whose first line names the columns, .jsonl files with a record a line."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = (".tsv", ".csv", ".jsonl")
MAX_FILE_BYTES = 200_000_000
MAX_LINE_BYTES = 1_000_000
MAX_LINES = 5_000_000


def read_table(
    path: Path, columns: re.Pattern, required: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and cells of the columns whose name matches, row by row.

    Args:
        required: the columns that must be there.
    Raises:
        ValueError: for another kind of file, one too large, another header, or a broken line, with its number.
    """
    reader = {".tsv": _delimited, ".csv": _delimited, ".jsonl": _jsonl}.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path.name} is no .tsv, .csv or .jsonl file.")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path.name} is larger than {MAX_FILE_BYTES // 10**6} MB; cut it down.")
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield from reader(numbered_lines(file, path.name), path, columns, required)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from None
    except csv.Error as error:
        raise ValueError(f"{path.name} cannot be read as a table ({error}).") from None


def numbered_lines(file, name: str) -> Iterator[str]:
    """The lines of an open text file, of bounded number and length.

    Raises:
        ValueError: for more of them, or a longer one, with its number.
    """
    number = 0
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        if number > MAX_LINES:
            raise ValueError(f"{name} has over {MAX_LINES:,} lines; cut it down.")
        if len(line) == MAX_LINE_BYTES:
            raise ValueError(
                f"{name}, line {number}: it has over {MAX_LINE_BYTES:,} characters; is this a file of sentences?"
            )
        yield line


def _delimited(lines: Iterator[str], path: Path, columns: re.Pattern, required: tuple[str, ...]):
    tab = path.suffix.lower() == ".tsv"
    rows = csv.reader(
        lines,
        delimiter="\t" if tab else ",",
        quoting=csv.QUOTE_NONE if tab else csv.QUOTE_MINIMAL,
        strict=True,
    )
    header = [cell.strip().lower() for cell in next(rows, [])]
    if not set(required) <= set(header):
        raise ValueError(
            f"{path.name} wants a first line that names its columns, de and en, with a {'tab' if tab else 'comma'} between them; it has {', '.join(header)[:80] or 'nothing'!r}."
        )
    wanted = {header.index(name): name for name in dict.fromkeys(header) if columns.fullmatch(name)}
    for row in rows:
        if row and len(row) <= max(wanted):
            raise ValueError(
                f"{path.name}, line {rows.line_num}: {len(row)} column(s), wanted {len(header)} as in the first line."
            )
        if row:
            yield rows.line_num, {name: row[i] for i, name in wanted.items()}


def _jsonl(lines: Iterator[str], path: Path, columns: re.Pattern, required: tuple[str, ...]):
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            record = record.get("translation", record)
            row = {name: text for name, text in record.items() if columns.fullmatch(name)}
        except (ValueError, AttributeError, RecursionError):
            row = {}
        if not set(required) <= set(row) or not all(isinstance(text, str) for text in row.values()):
            raise ValueError(
                f'{path.name}, line {number}: wanted {{"de": "...", "en": "..."}} or the same under "translation".'
            )
        yield number, {name: text.encode("utf-8", "replace").decode() for name, text in row.items()}
