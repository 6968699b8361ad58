"""Reader of gettext's .po files, in which programs keep their translations."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lora_demo.data.readers.columns import Columns, language_of_code
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.rows import NumberedRow

if TYPE_CHECKING:
    from polib import POEntry, POFile

MAX_PO_BYTES = 50_000_000
CHARSET = re.compile(rb"charset=([\w-]+)")
CHARSETS = frozenset(
    ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"]
)
HEADER_BYTES = 20_000
MESSAGE, TRANSLATION = "msgid", "msgstr"
LANGUAGE_TEAM = re.compile(r"\s*([A-Za-z]+)")


def read_po(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read the translated messages with their plurals; fuzzy and obsolete ones are left out."""
    import polib

    # polib opens its argument if that is the name of a file; a line break makes it a text.
    text = f"{_decode(file)}\n"
    try:
        messages = polib.pofile(text)
    except (OSError, ValueError, IndexError) as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{file.name}, line {line[1]}" if line else file.name
        raise ValueError(f"{where}: the file is not a valid .po file. Correct it.") from None
    names = _order(messages, file.name, columns)
    for entry in messages:
        if not entry.obsolete and not entry.fuzzy:
            for pair in _pairs(entry):
                if all(text.strip() for text in pair):
                    yield entry.linenum or 1, dict(zip(names, pair, strict=True))


def _decode(file: DataFile) -> str:
    with file.open_bytes() as stream:
        content = stream.read(MAX_PO_BYTES + 1)
    if len(content) > MAX_PO_BYTES:
        raise ValueError(
            f"{file.name} holds more than {MAX_PO_BYTES // 10**6} MB. Use a part of it."
        )
    match = CHARSET.search(content[:HEADER_BYTES])
    charset = match[1].decode().lower() if match else "utf-8"
    if charset not in CHARSETS or charset.startswith("utf"):
        with file.open_text() as text:
            return text.read()
    try:
        return content.decode(charset)
    except UnicodeDecodeError:
        raise ValueError(f"{file.name} is not {charset} text, as its header says.") from None


def _order(messages: "POFile", name: str, columns: Columns) -> tuple[str, str]:
    """Return the languages of msgid and msgstr; the header names that of msgstr."""
    given = {column.strip().lower(): wanted for wanted, column in columns.given.items()}
    if {MESSAGE, TRANSLATION} <= given.keys():
        return given[MESSAGE], given[TRANSLATION]
    team = LANGUAGE_TEAM.match(messages.metadata.get("Language-Team", ""))
    stated = messages.metadata.get("Language") or (team[1] if team else "")
    language = language_of_code(stated)
    source = messages.metadata.get("X-Source-Language")
    other = {"de": "en", "en": "de"}.get(language or "")
    if language is None or other is None or (source and language_of_code(source) != other):
        raise ValueError(
            f"{name} does not say that it translates between German and English: its header has "
            f"the language {stated[:40]!r}. Name the sides with --columns de=msgstr,en=msgid."
        )
    return other, language


def _pairs(entry: "POEntry") -> list[tuple[str, str]]:
    """Return a message with its translation, or both of its forms; German has two as well."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    forms = [entry.msgstr_plural.get(number, "") for number in (0, 1)]
    return [(entry.msgid, forms[0]), (entry.msgid_plural, forms[1])]
