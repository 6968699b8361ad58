"""Text files with one sentence a line: one file, or two that belong together."""

import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from lora_demo.data.readers import GZIP, READERS, data_suffix
from lora_demo.data.readers.columns import PAIR_COLUMNS, ColumnsNotFoundError, language_of_code
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.rows import NumberedRow, limit_rows, numbered_lines

LineFiles = tuple[Path, Path]
"""A file of German lines and the file of their translations."""
BINARY_STARTS = (b"PK\x03\x04", b"%PDF", b"PAR1", b"ARROW1", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
"""First bytes of zip (and office) files, PDF, Parquet, Arrow, old office files and gzip."""
MARKUP = re.compile(r"\s*<(\?xml|!doctype|!--|tmx|xliff|html|srcset|refset|mteval|doc)\b", re.I)


def read_lines(path: Path) -> list[str]:
    """Read the lines of a text file, or of a gzip file (.gz), as the `sacrebleu` command does.

    Only a line feed ends a line. A byte-order mark is removed here, but not by `sacrebleu`.

    Args:
        path: the file.

    Returns:
        The lines without white space at their ends.

    Raises:
        ValueError: if the file cannot be read, is too large, or is not a text with one sentence a
            line, such as JSON, XML or a table.
    """
    path = Path(path).expanduser()
    file = DataFile(path)
    try:
        _check_kind(file)
        with file.open_text(newline="\n") as text:
            lines = enumerate(numbered_lines(text, file.name), 1)
            rows = ((number, {"line": line}) for number, line in lines)
            return [row["line"].rstrip() for _, row in limit_rows(rows, file.name)]
    except OSError as error:
        raise ValueError(f"Cannot read {path}: {error.strerror or error}.") from None
    except zlib.error:
        raise ValueError(f"Cannot read {path}: it is not a complete gzip file.") from None


def _check_kind(file: DataFile) -> None:
    """Refuse files whose lines are not sentences, so that no code is translated as text."""
    if data_suffix(file.path) in READERS:
        raise ValueError(
            f"{file.name} is a {data_suffix(file.path)} file, not a text with one sentence a line."
            " Give the sentences alone, one a line, in a .txt file."
        )
    with file.open_bytes() as stream:
        start = stream.read(4096)
    if start.startswith(BINARY_STARTS) or (b"\0" in start and start[:2] not in _UTF_16):
        raise ValueError(f"{file.name} is not a text file. Give one sentence a line, in UTF-8.")
    with file.open_text(newline="\n") as text:
        first = next(numbered_lines(text, file.name), "")
    kind = _describe_markup(first)
    if kind:
        raise ValueError(
            f"{file.name} looks like {kind}, not like a text with one sentence a line. "
            "Give it a suffix that names its format, or give the sentences alone."
        )


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _describe_markup(line: str) -> str:
    """Return the format that the first line of a file shows; empty for a text."""
    if MARKUP.match(line):
        return "XML or HTML"
    if line.strip() in ("{", "[") or _is_record(line):
        return "JSON"
    names = line.rstrip("\r\n").split("\t")
    if len(names) > 1:
        try:
            PAIR_COLUMNS.find(names, "")
        except ColumnsNotFoundError:
            return ""
        return "a table with tabs"
    return ""


def _is_record(line: str) -> bool:
    if not line.lstrip().startswith(("{", "[")):
        return False
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    first = record[0] if isinstance(record, list) and record else record
    return isinstance(first, dict)


def find_line_files(source: str) -> LineFiles | None:
    """Find two files with one sentence a line.

    Args:
        source: `GERMAN,ENGLISH`, or the part that both names begin with: `corpus` for `corpus.de`
            and `corpus.en`, also as `corpus.de.gz`. If the names say which file is German, the
            order is free.

    Returns:
        The German and the English file; None if the source is something else.
    """
    if Path(source).expanduser().is_file():
        return None
    names = source.split(",")
    if len(names) == 2:
        first, second = (Path(name.strip()).expanduser() for name in names)
        if first.is_file() and second.is_file():
            is_reversed = (_language(first), _language(second)) == ("en", "de")
            return (second, first) if is_reversed else (first, second)
    for packed in ("", GZIP):
        german, english = (
            Path(f"{source}.{language}{packed}").expanduser() for language in ("de", "en")
        )
        if german.is_file() and english.is_file():
            return german, english
    return None


def _language(path: Path) -> str | None:
    """Return the language that the name of a file says: of a.de, de.txt or a.de.txt.gz."""
    parts = [part for part in path.name.split(".") if part]
    languages = [language_of_code(part) for part in reversed(parts)]
    return next((language for language in languages if language), None)


def read_line_files(files: LineFiles) -> Iterator[NumberedRow]:
    """Read two files line by line.

    Args:
        files: the German and the English file.

    Yields:
        Line number, and both lines under `de` and `en`.

    Raises:
        ValueError: if a file cannot be read, or the numbers of lines differ.
    """
    german, english = (read_lines(path) for path in files)
    if len(german) != len(english):
        raise ValueError(
            f"{files[0].name} has {len(german):,} lines, but {files[1].name} has "
            f"{len(english):,}. Give two files with one translation for each line."
        )
    for number, (de, en) in enumerate(zip(german, english, strict=True), 1):
        yield number, {"de": de, "en": en}
