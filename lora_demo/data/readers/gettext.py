"""Reader of gettext's .po files, in which programs keep their translations."""

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.languages import language_of_code
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.language import _

if TYPE_CHECKING:
    from polib import POEntry, POFile

MAX_PO_BYTES = 50_000_000
CHARSET = re.compile(rb"charset=([\w-]+)")
CHARSETS = frozenset(["iso8859-1", "iso8859-15", "cp1252"])
"""Python's names of the encodings besides UTF-8 in which German and English are written."""
LINE = re.compile(
    r"""(\#.* | ((msgctxt|msgid|msgid_plural|msgstr|domain)(\[\d+\])?\s*)? "([^"\\]|\\.)*")?""",
    re.VERBOSE,
)
"""A comment, a text with or without its keyword, or nothing."""
BYTES = re.compile(r"\\\\|(?:\\[0-7]{3})+")
"""An escaped backslash, or bytes as `msgcat --escape` writes them."""
BREAKS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Further characters at which polib splits lines; only a carriage return ends one."""
HEADER_BYTES = 20_000
MESSAGE, TRANSLATION = "msgid", "msgstr"
LANGUAGE_TEAM = re.compile(r"\s*([A-Za-z]+)")


def read_po(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read the finished messages with their plurals; leave out fuzzy and obsolete ones.

    If only German is requested and the messages are German, unfinished ones are read as well.

    Args:
        file: The file, packed or not.
        columns: The requested languages; it can name their sides, `msgid` and `msgstr`.
    """
    messages = _parse(file)
    names = _order(messages, file.name, columns)
    wanted = columns.languages
    needs_translation = names[1] in wanted
    for entry in messages:
        if entry.obsolete or (needs_translation and entry.fuzzy):
            continue
        for pair in _pairs(entry):
            texts = dict(zip(names, pair, strict=True))
            row = {name: texts[name] for name in wanted}
            if all(text.strip() for text in row.values()):
                yield entry.linenum or 1, row


def _parse(file: DataFile) -> "POFile":
    import polib

    text = BREAKS.sub(_plain_break, _decode(file))
    _check_lines(text, file.name)
    # polib opens its argument if that is the name of a file; a line break makes it a text.
    try:
        return polib.pofile(f"{text}\n")
    except (OSError, ValueError, IndexError) as error:
        line = re.search(r"line (\d+)", str(error))
        where = file.where(int(line[1])) if line else file.name
        raise ValueError(
            _("{where}: the file is not a valid .po file. Correct it.", where=where)
        ) from None


def _plain_break(found: re.Match[str]) -> str:
    return "\n" if found[0].startswith("\r") else " "


def _check_lines(text: str, name: str) -> None:
    """Refuse lines that polib silently skips, such as one without its closing quote."""
    for number, line in enumerate(text.split("\n"), 1):
        if not LINE.fullmatch(line.strip()):
            raise ValueError(
                _(
                    "{file}, line {line}: the line is not valid in a .po file. Close its quotes, "
                    'and write \\" for quotes inside.',
                    file=name,
                    line=number,
                )
            )


def _decode(file: DataFile) -> str:
    with file.open_bytes() as stream:
        content = stream.read(MAX_PO_BYTES + 1)
    if len(content) > MAX_PO_BYTES:
        raise ValueError(
            _(
                "{file} holds more than {limit} MB. Use a part of it.",
                file=file.name,
                limit=MAX_PO_BYTES // 10**6,
            )
        )
    match = CHARSET.search(content[:HEADER_BYTES])
    charset = _plain_charset(match[1].decode()) if match else ""
    if charset not in CHARSETS:
        with file.open_text() as text:
            return _read_bytes(text.read(), "utf-8")
    try:
        return _read_bytes(content.decode(charset), charset)
    except UnicodeDecodeError:
        raise ValueError(
            _(
                "The header of {file} says {charset}, but the file is not {charset} text. Correct "
                "the header.",
                file=file.name,
                charset=charset,
            )
        ) from None


def _read_bytes(text: str, charset: str) -> str:
    r"""Return a text with characters in the place of escaped bytes such as `\303\274`."""

    def decode(escaped: re.Match[str]) -> str:
        if escaped[0] == "\\\\":
            return escaped[0]
        codes = bytes(int(code, 8) & 255 for code in escaped[0].split("\\")[1:])
        try:
            shown = codes.decode(charset)
        except UnicodeDecodeError:
            return escaped[0]
        is_text = min(shown) >= " " and '"' not in shown and "\\" not in shown
        return shown if is_text else escaped[0]

    return BYTES.sub(decode, text)


def _plain_charset(name: str) -> str:
    """Return Python's name of an encoding; empty if it is unknown."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def _order(messages: "POFile", name: str, columns: Columns) -> tuple[str, str]:
    """Return the languages of msgid and msgstr; the header names that of msgstr."""
    given = {column.strip().lower(): wanted for wanted, column in columns.given.items()}
    order = _given_order(given)
    if {"de", "en"} == set(order):
        return order
    team = LANGUAGE_TEAM.match(messages.metadata.get("Language-Team", ""))
    stated = messages.metadata.get("Language") or (team[1] if team else "")
    language = language_of_code(stated)
    source = messages.metadata.get("X-Source-Language")
    other = {"de": "en", "en": "de"}.get(language or "")
    if language is None or other is None or (source and language_of_code(source) != other):
        message = _(
            "{file} does not say that it translates between German and English: its header "
            "has the language {language!r}. Name the sides with --columns de=msgstr,en=msgid.",
            file=name,
            language=stated[:40],
        )
        is_open = bool(columns.given) or not stated.strip()
        raise ColumnsNotFoundError(message, (MESSAGE, TRANSLATION) if is_open else ())
    return other, language


def _given_order(given: Mapping[str, str]) -> tuple[str, str]:
    """Return the languages of msgid and msgstr that --columns names; "" where unknown.

    If it names one side, as it may if only German is read, the other side has the other language.
    """
    message, translation = given.get(MESSAGE), given.get(TRANSLATION)
    other = {"de": "en", "en": "de"}
    message = message or other.get(translation or "", "")
    return message, translation or other.get(message, "")


def _pairs(entry: "POEntry") -> list[tuple[str, str]]:
    """Return a message and its translation, or two pairs for singular and plural."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    forms = [entry.msgstr_plural.get(number, "") for number in (0, 1)]
    return [(entry.msgid, forms[0]), (entry.msgid_plural, forms[1])]
