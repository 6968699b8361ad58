"""Reader of XLIFF files, 1.2 and 2: what CAT tools such as Trados, memoQ and Okapi exchange."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.languages import language_of_code
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.data.readers.xml_units import (
    XML_LANGUAGE,
    children,
    local_name,
    plain_text,
    read_units,
)
from lora_demo.language import N_, _

if TYPE_CHECKING:
    from lxml.etree import _Element

CODES = frozenset(["ph", "it", "bpt", "ept", "bx", "ex", "x", "sc", "ec", "sm", "em"])
"""Inline tags without text of their own; `g`, `pc` and `mrk` have text."""
UNTRANSLATED = frozenset(("new", "needs-translation", "initial"))
"""States of a target that is a copy of its source, or nothing yet."""
UNKNOWN = N_("unknown")
MAX_NAMED = 10
"""Languages that a message names."""
MAX_CODE_CHARACTERS = 40
"""Characters of a language code that a message shows."""
SIDES = ("source", "target")
Texts = tuple[str, str]
"""Text of a source and of its target; an unfinished target is empty."""


def read_xliff(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read the translated segments; if only German is requested, all segments that have it.

    Args:
        file: The file, packed or not.
        columns: The requested languages; it can name their sides, `source` and `target`.

    Raises:
        ColumnsNotFoundError: If no segment is found because the sides are unknown, or because
            `columns` names the wrong ones.
        ValueError: If no segment has the requested languages, or the file is not well-formed XML.
    """
    languages: list[str] = ["", ""]
    seen: dict[str, None] = {}
    has_rows = False
    for element in read_units(file, ["trans-unit", "unit"], ["xliff", "file"]):
        if local_name(element) in ("xliff", "file"):
            _read_languages(element, languages)
            continue
        for texts in _segments(element):
            codes = _own_language(element, languages)
            seen |= dict.fromkeys(code or UNKNOWN for code in codes)
            row = _row(texts, codes, columns)
            if row and all(text.strip() for text in row.values()):
                has_rows = True
                yield element.sourceline or 1, row
    if not has_rows:
        raise _not_found(file.name, list(seen), columns)


def _not_found(name: str, languages: list[str], columns: Columns) -> ValueError:
    is_pair = len(columns.languages) > 1
    wanted = (
        _("translated segment with German and English") if is_pair else _("segment with German")
    )
    named = [_(code) if code == UNKNOWN else code[:MAX_CODE_CHARACTERS] for code in languages]
    message = _(
        "{file} has no {wanted}. Its languages are {languages}. Export it with both "
        "languages, or name the sides with --columns de=source,en=target.",
        file=name,
        wanted=wanted,
        languages=_(" and ").join(named[:MAX_NAMED]) or _(UNKNOWN),
    )
    if columns.given or UNKNOWN in languages:
        return ColumnsNotFoundError(message, SIDES)
    return ValueError(message)


def _read_languages(element: "_Element", languages: list[str]) -> None:
    """Take the languages of a file: of <file> in XLIFF 1.2, of <xliff> in XLIFF 2."""
    for side, names in enumerate((("source-language", "srcLang"), ("target-language", "trgLang"))):
        for name in names:
            languages[side] = element.get(name) or languages[side]


def _own_language(unit: "_Element", languages: list[str]) -> tuple[str, str]:
    """Return the languages of a unit; its target may have its own in `xml:lang`."""
    target = next((t.get(XML_LANGUAGE) for t in children(unit, "target")), None)
    return languages[0], target or languages[1]


def _row(texts: Texts, codes: tuple[str, str], columns: Columns) -> dict[str, str]:
    """Return the texts in the requested languages; nothing if one of them is missing."""
    if columns.given:
        sides = {side.strip().lower(): name for name, side in columns.given.items()}
        names = [sides.get(side, "") for side in SIDES]
    else:
        names = [language_of_code(code) or "" for code in codes]
    by_name = dict(zip(names, texts, strict=True))
    if not set(columns.languages) <= set(names):
        return {}
    return {name: by_name[name] for name in columns.languages}


def _segments(unit: "_Element") -> Iterator[Texts]:
    if _is_locked(unit):
        return
    if local_name(unit) == "unit":
        for segment in children(unit, "segment"):
            yield from _texts(segment, segment.get("state"))
        return
    state = next((target.get("state") for target in children(unit, "target")), None)
    yield from _marked_segments(unit, state) or _texts(unit, state)


def _is_locked(unit: "_Element") -> bool:
    """Check whether a unit, or the nearest element around it with `translate`, says "no"."""
    values = (element.get("translate") for element in (unit, *unit.iterancestors()))
    nearest = next((value for value in values if value), "yes")
    return nearest == "no"


def _texts(element: "_Element", state: str | None) -> list[Texts]:
    sources, targets = children(element, "source"), children(element, "target")
    if not sources:
        return []
    is_open = not targets or state in UNTRANSLATED
    target = "" if is_open else plain_text(targets[0], CODES)
    return [(plain_text(sources[0], CODES), target)]


def _marked_segments(unit: "_Element", state: str | None) -> list[Texts]:
    """Return the segments that XLIFF 1.2 marks in both texts by the same numbers."""
    sources = _marks(children(unit, "seg-source"))
    targets = _marks(children(unit, "target"))
    is_open = state in UNTRANSLATED
    is_whole = any(plain_text(target, CODES).strip() for target in children(unit, "target"))
    if is_whole and not targets and not is_open:
        return []
    return [(text, "" if is_open else targets.get(mid, "")) for mid, text in sources.items()]


def _marks(elements: list["_Element"]) -> dict[str, str]:
    marks: dict[str, str] = {}
    for element in elements[:1]:
        for mark in element.iter("{*}mrk", "mrk"):
            if mark.get("mtype") == "seg":
                marks.setdefault(mark.get("mid") or "", plain_text(mark, CODES))
    return marks
