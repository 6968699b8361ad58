"""Reader of XLIFF files, 1.2 and 2: what CAT tools such as Trados, memoQ and Okapi exchange."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lora_demo.data.readers.columns import Columns, language_of_code
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.data.readers.xml_units import (
    XML_LANGUAGE,
    children,
    local_name,
    plain_text,
    read_units,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

CODES = frozenset(["ph", "it", "bpt", "ept", "bx", "ex", "x", "sc", "ec", "sm", "em"])
"""Inline tags without text of their own; `g`, `pc` and `mrk` have text."""
UNTRANSLATED = frozenset(("new", "needs-translation", "initial"))
"""States of a target that is a copy of its source, or nothing yet."""
Texts = tuple[str, str]
"""Text of a source and of its target."""


def read_xliff(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read the translated segments; units without a translation are left out."""
    languages: list[str] = ["", ""]
    seen: dict[str, None] = {}
    has_pairs = False
    for element in read_units(file, ["trans-unit", "unit"], ["xliff", "file"]):
        if local_name(element) in ("xliff", "file"):
            _read_languages(element, languages)
            continue
        for source, target in _segments(element):
            codes = _own_language(element, languages)
            seen |= dict.fromkeys(code or "unknown" for code in codes)
            order = _order(codes, columns)
            if order and source.strip() and target.strip():
                has_pairs = True
                yield element.sourceline or 1, dict(zip(order, (source, target), strict=True))
    if not has_pairs:
        found = " and ".join(seen) or "unknown"
        raise ValueError(
            f"{file.name} has no translated segment with German and English. Its languages are "
            f"{found}. Export it with both languages, or name the sides with "
            "--columns de=source,en=target."
        )


def _read_languages(element: "_Element", languages: list[str]) -> None:
    """Take the languages of a file: of <file> in XLIFF 1.2, of <xliff> in XLIFF 2."""
    for side, names in enumerate((("source-language", "srcLang"), ("target-language", "trgLang"))):
        for name in names:
            languages[side] = element.get(name) or languages[side]


def _own_language(unit: "_Element", languages: list[str]) -> tuple[str, str]:
    """Return the languages of a unit; its target may have its own in `xml:lang`."""
    target = next((t.get(XML_LANGUAGE) for t in children(unit, "target")), None)
    return languages[0], target or languages[1]


def _order(codes: tuple[str, str], columns: Columns) -> tuple[str, str] | None:
    """Return the names of source and target; None if they are not German and English."""
    if columns.given:
        sides = {side.strip().lower(): name for name, side in columns.given.items()}
        source, target = sides.get("source", ""), sides.get("target", "")
    else:
        source, target = (language_of_code(code) or "" for code in codes)
    return (source, target) if {source, target} == {"de", "en"} else None


def _segments(unit: "_Element") -> Iterator[Texts]:
    if unit.get("translate") == "no":
        return
    if local_name(unit) == "unit":
        for segment in children(unit, "segment"):
            yield from _pair(segment, segment.get("state"))
        return
    targets = children(unit, "target")
    if targets and targets[0].get("state") not in UNTRANSLATED:
        yield from _marked_segments(unit) or _pair(unit, None)


def _pair(element: "_Element", state: str | None) -> Iterator[Texts]:
    sources, targets = children(element, "source"), children(element, "target")
    if sources and targets and state not in UNTRANSLATED:
        yield plain_text(sources[0], CODES), plain_text(targets[0], CODES)


def _marked_segments(unit: "_Element") -> list[Texts]:
    """Return the segments that XLIFF 1.2 marks in both texts by the same numbers."""
    sources = _marks(children(unit, "seg-source"))
    targets = _marks(children(unit, "target"))
    if not sources or not targets:
        return []
    return [(sources[mid], targets[mid]) for mid in sources if mid in targets]


def _marks(elements: list["_Element"]) -> dict[str, str]:
    marks: dict[str, str] = {}
    for element in elements[:1]:
        for mark in element.iter("{*}mrk", "mrk"):
            if mark.get("mtype") == "seg":
                marks.setdefault(mark.get("mid") or "", plain_text(mark, CODES))
    return marks
