"""Text files with one sentence a line: one file, or two that belong together."""

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from lora_demo.data.readers import GZIP, data_suffix, is_data_file
from lora_demo.data.readers.columns import PAIR_COLUMNS
from lora_demo.data.readers.data_file import BINARY_STARTS, DataFile
from lora_demo.data.readers.languages import language_of_code
from lora_demo.data.readers.rows import NumberedRow, limit_rows, numbered_lines
from lora_demo.files import expand_home
from lora_demo.language import N_, _

LineFiles = tuple[Path, Path]
"""A file of German lines and the file of their translations."""
SUFFIXES_OF_LINES = (("de", "deu", "ger"), ("en", "eng"))
"""Suffixes of German and of English files with a common prefix."""
MIN_ROWS = 3
NUMBER = re.compile(r"\d+\t")
"""The number of a row and a tab, which show a table of any number of rows."""
FIRST_LINES = 20
"""Lines with text that show what a file is."""
STARTS = {
    N_("XML or HTML"): re.compile(
        r"<(!--|(\?xml|!doctype|tmx|xliff|html|srcset|refset|mteval|doc|dataset|seg|url|keywords"
        r"|talkid|title|description|speaker|reviewer|translator)\b)",
        re.I,
    ),
    N_("subtitles"): re.compile(r"WEBVTT\b|[\d:.,]+ --> [\d:.,]+"),
    N_("a .po file"): re.compile(r'(msgid|msgctxt) "'),
    "RTF": re.compile(r"\{\\rtf"),
}
"""Formats that do not hold sentences, with the beginning of their first line with text."""
BELOW = ("subtitles", "a .po file")
"""Formats that may also begin with another line."""
SEPARATORS = ("\t", ";", ",", "|")


def read_lines(path: Path) -> list[str]:
    """Read the lines of a text file, or of a gzip file (.gz), as the `sacrebleu` command does.

    Only a line feed ends a line. A byte-order mark is removed here, but not by `sacrebleu`.

    Args:
        path: The file.

    Returns:
        The lines without white space at their ends.

    Raises:
        ValueError: If the file cannot be read, is too large, or is not a text with one sentence a
            line, such as JSON, XML or a table.
    """
    path = expand_home(path)
    file = DataFile(path)
    try:
        _check_kind(file)
        with file.open_text(newline="\n") as text:
            lines = enumerate(numbered_lines(text, file.name), 1)
            rows = ((number, {"line": line}) for number, line in lines)
            return [row["line"].rstrip() for _number, row in limit_rows(rows, file.name)]
    except OSError as error:
        raise ValueError(
            _("Cannot read {file}: {reason}.", file=path, reason=error.strerror or error)
        ) from None
    except zlib.error:
        raise ValueError(
            _("{file} is not a complete gzip file. Pack or download it again.", file=file.name)
        ) from None


def _check_kind(file: DataFile) -> None:
    """Refuse files whose lines are not sentences, so that no code is translated as text."""
    if is_data_file(file.path):
        raise ValueError(
            _(
                "{file} is a {suffix} file, not a text with one sentence per line. Give only the "
                "sentences, one per line, in a .txt file.",
                file=file.name,
                suffix=data_suffix(file.path),
            )
        )
    with file.open_bytes() as stream:
        start = stream.read(4096)
    if start.startswith(tuple(BINARY_STARTS)) or (b"\0" in start and start[:2] not in _UTF_16):
        raise ValueError(
            _("{file} is not a text file. Give one sentence per line, in UTF-8.", file=file.name)
        )
    with file.open_text(newline="\n") as text:
        lines = (line.strip("\ufeff \t\r\n") for line in numbered_lines(text, file.name))
        first = list(islice(filter(None, lines), FIRST_LINES))
    kind = _describe_markup(first)
    if kind:
        raise ValueError(
            _(
                "{file} looks like {kind}, not like a text with one sentence per line. Give it a "
                "suffix that names its format, or give only the sentences.",
                file=file.name,
                kind=_(kind),
            )
        )


_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def _describe_markup(lines: Sequence[str]) -> str:
    """Return the format that the first lines of a file show; empty for a text."""
    first = lines[0] if lines else ""
    for kind, start in STARTS.items():
        if start.match(first) or (kind in BELOW and any(map(start.match, lines))):
            return kind
    if first in ("{", "[") or _is_record(first):
        return "JSON"
    has_names = any(_has_columns(first, separator) for separator in SEPARATORS)
    return N_("a table") if has_names or _have_equal_tabs(lines) else ""


def _have_equal_tabs(lines: Sequence[str]) -> bool:
    """Check for rows of a table without names, as in the sentences of Tatoeba."""
    counts = {line.count("\t") for line in lines}
    is_long = len(lines) >= MIN_ROWS or all(map(NUMBER.match, lines))
    return is_long and len(counts) == 1 and counts != {0}


def _has_columns(line: str, separator: str) -> bool:
    """Check whether a line names the columns of pairs."""
    names = [name.strip().strip('"') for name in line.split(separator)]
    try:
        PAIR_COLUMNS.find(names, "")
    except ValueError:
        return False
    return True


def _is_record(line: str) -> bool:
    if not line.startswith(("{", "[")):
        return False
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return False
    items = record if isinstance(record, list) else [record]
    return isinstance(next(iter(items), None), (dict, list))


def find_line_files(source: str) -> LineFiles | None:
    """Find two files with one sentence a line.

    Args:
        source: `GERMAN,ENGLISH`, or the part that both names begin with: `corpus` for `corpus.de`
            and `corpus.en`, also as `corpus.de.gz`. If the names say which file is German, the
            order is free.

    Returns:
        The German and the English file; None if the source is something else.
    """
    if expand_home(source).is_file():
        return None
    for comma in re.finditer(",", source):  # names may have commas
        names = source[: comma.start()], source[comma.end() :]
        first, second = (expand_home(name.strip()) for name in names)
        if first.is_file() and second.is_file():
            is_reversed = _languages(first, second) == ["en", "de"]
            return (second, first) if is_reversed else (first, second)
    german, english = map(partial(_with_suffix, source), SUFFIXES_OF_LINES)
    return (german, english) if german and english else None


def _with_suffix(source: str, codes: Sequence[str]) -> Path | None:
    """Return the file of a language that exists, packed or not."""
    names = (f"{source}.{code}{packed}" for code in codes for packed in ("", GZIP))
    paths = (expand_home(name) for name in names)
    return next((path for path in paths if path.is_file()), None)


def _languages(*paths: Path) -> list[str | None]:
    """Return the languages that file names state, as in a.de, de.txt or a_de.txt.gz.

    Parts between dots count first, since `a.de-en.de` names both languages in another part.
    """
    for separators in (r"[.]", r"[._\-\s]"):
        languages = [_language(path, separators) for path in paths]
        if set(languages) == {"de", "en"}:
            return languages
    return [None, None]


def _language(path: Path, separators: str) -> str | None:
    parts = [part for part in re.split(separators, path.name) if part]
    languages = [language_of_code(part) for part in reversed(parts)]
    return next((language for language in languages if language), None)


def _read_separate_lines(path: Path) -> list[str]:
    """Read lines, but refuse a file in which only carriage returns separate them."""
    lines = read_lines(path)
    if len(lines) == 1 and "\r" in lines[0]:
        raise ValueError(
            _(
                "{file} separates its lines with carriage returns alone, which are not read as "
                "line ends. Save it with the line ends of Unix or Windows.",
                file=path.name,
            )
        )
    return lines


def read_line_files(files: LineFiles) -> Iterator[NumberedRow]:
    """Read two files line by line.

    Args:
        files: The German and the English file.

    Yields:
        Line number, and both lines under `de` and `en`.

    Raises:
        ValueError: If a file cannot be read, or the numbers of lines differ.
    """
    if files[0].samefile(files[1]):
        raise ValueError(
            _(
                "{file} is given as the German and as the English file. Give two different files.",
                file=files[0].name,
            )
        )
    german, english = map(_read_separate_lines, files)
    if len(german) != len(english):
        raise ValueError(
            _(
                "{first} and {second} have different numbers of lines: {lines:,} and {others:,}. "
                "Give two files with one translation for each line.",
                first=files[0].name,
                lines=len(german),
                second=files[1].name,
                others=len(english),
            )
        )
    for number, (de, en) in enumerate(zip(german, english, strict=True), 1):
        yield number, {"de": de, "en": en}
