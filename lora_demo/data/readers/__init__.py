"""Readers of files with sentences, by suffix; each may be packed as .gz.

To add a format, write a module with a reader next to the others and add a line to `FORMATS`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import (
    GZIP,
    MAX_FILE_BYTES,
    DataFile,
    data_suffix,
    whole_suffix,
)
from lora_demo.data.readers.delimited import read_csv, read_tsv
from lora_demo.data.readers.file_format import FileFormat
from lora_demo.data.readers.gettext import read_po
from lora_demo.data.readers.json_records import read_json, read_jsonl
from lora_demo.data.readers.message_keys import refuse_keys
from lora_demo.data.readers.parquet import read_parquet
from lora_demo.data.readers.rows import NumberedRow, limit_rows, swap_languages
from lora_demo.data.readers.tmx import read_tmx
from lora_demo.data.readers.xliff import read_xliff
from lora_demo.language import N_, _

__all__ = [
    "FORMATS",
    "GZIP",
    "MAX_FILE_BYTES",
    "UPLOADED",
    "data_suffix",
    "is_data_file",
    "read_rows",
    "supported_formats",
    "whole_suffix",
]

JSONL = FileFormat(read_jsonl)
XLIFF = FileFormat(read_xliff, content="xml", has_columns=False)
FORMATS = {
    ".tsv": FileFormat(read_tsv),
    ".csv": FileFormat(read_csv),
    ".jsonl": JSONL,
    ".ndjson": replace(JSONL, is_listed=False),
    ".json": FileFormat(read_json),
    ".tmx": FileFormat(read_tmx, content="xml", has_columns=False),
    ".xliff": XLIFF,
    ".xlf": replace(XLIFF, is_listed=False),
    ".sdlxliff": replace(XLIFF, is_listed=False),
    ".mqxliff": replace(XLIFF, is_listed=False),
    ".po": FileFormat(read_po, has_columns=False),
    ".parquet": FileFormat(read_parquet, content="binary"),
}
"""The format of each suffix."""
UPLOADED = (*FORMATS, GZIP)
"""Last suffixes of the files that can be uploaded."""
ADVICE = {
    N_(" Save a spreadsheet as CSV UTF-8, or a document as plain text."): (
        ".xlsx .xls .xlsm .xlsb .ods .fods .numbers .docx .doc .odt .pdf"
    ),
    N_(" Unpack it; a single file may be packed as .gz."): (
        ".zip .tar .tgz .7z .rar .bz2 .xz .zst .xlz .mqxlz .sdlppx .sdlrpx"
    ),
    N_(" Rename a table with tabs to .tsv."): ".txt .tab",
    N_(" Use the .po file that it was made from."): ".mo",
    N_(" Use a .po file with its translations."): ".pot",
    N_(" Rename it to .parquet."): ".pq .parq",
    N_(" Save it as .parquet."): ".arrow .feather .orc .pkl .pickle .h5",
    N_(" Name a packed file by its format, such as pairs.tsv.gz."): ".gz",
    N_(" Export it as .tmx or .xliff."): (".sdltm .xml .txml .wordfast .idml .ttx .mxliff .txlf"),
    N_(" Convert it to .po or .xliff, for example with the Translate Toolkit."): (
        ".resx .strings .stringsdict .xcstrings .properties .arb .ts .ftl .yaml .yml .ini .php"
    ),
    N_(" Export its terms as CSV UTF-8, with the columns de and en."): ".tbx .mtf .sdltb",
    N_(" Save the sentences of each language in a file with one sentence per line."): (
        ".srt .vtt .sub .ass .ssa .sbv .ttml .html .htm .sgm .md .rtf"
    ),
}
"""Advice for files with some other suffixes."""


def is_data_file(path: Path) -> bool:
    """Check whether a name ends in a suffix of FORMATS, packed or not.

    Args:
        path: A path or a name; the file is not opened.
    """
    return data_suffix(path) in FORMATS


def supported_formats(with_columns: bool = False) -> str:
    """Return the suffixes for a message: ".tsv, .csv, ... or .parquet".

    Args:
        with_columns: Only those of formats whose texts are in named columns.
    """
    listed = [suffix for suffix, format in FORMATS.items() if format.is_listed]
    if with_columns:
        listed = [suffix for suffix in listed if FORMATS[suffix].has_columns]
    *others, last = listed
    return _("{others} or {last}", others=", ".join(others), last=last)


def read_rows(path: Path, columns: Columns) -> Iterator[NumberedRow]:
    """Read a file row by row.

    Args:
        path: A file with one of the suffixes of FORMATS, or the same packed as `.gz`.
        columns: The columns to return, and those that must exist.

    Yields:
        Line number and cells by column name.

    Raises:
        ValueError: For an unknown suffix, a file that is too large, missing columns, or a broken
            line, with its number.
    """
    format = FORMATS.get(data_suffix(path))
    if format is None:
        suffix = data_suffix(path) or path.suffix.lower()
        advice = [text for text, suffixes in ADVICE.items() if suffix in suffixes.split()]
        raise ValueError(
            _(
                "{file} has an unknown format. Give a {formats} file, or two files of lines as "
                "GERMAN,ENGLISH.{advice}",
                file=path.name,
                formats=supported_formats(),
                advice="".join(map(_, advice)),
            )
        )
    if not format.has_columns and not columns.languages:
        wanted = _(" and ").join(columns.required)
        raise ColumnsNotFoundError(
            _("{file} has no columns. Give a table with {wanted}.", file=path.name, wanted=wanted)
        )
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(
            _(
                "{file} is larger than {limit} MB. Use a part of it.",
                file=path.name,
                limit=MAX_FILE_BYTES // 10**6,
            )
        )
    file = DataFile(path)
    file.check_content(format.content)
    if columns.is_swap:
        in_order = replace(columns, given={}, required=("de", "en"))
        rows = _read(format, file, in_order)
        yield from ((number, swap_languages(row)) for number, row in rows)
    else:
        yield from _read(format, file, columns)


def _read(format: FileFormat, file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    rows = limit_rows(format.read(file, columns), file.name)
    return rows if format.has_columns else refuse_keys(rows, file.name)
