"""Translation units of an XML file, streamed; entities and external files are refused."""

import html
import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.rows import MAX_LINE_CHARACTERS
from lora_demo.language import _

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_UNIT_ELEMENTS = 20_000
DELETED = "x-sdl-deleted"
"""The `mtype` of a `mrk` with text that a tracked change of Trados deleted."""
START_BYTES = 200
WRONG_ENCODING = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml[^>]{1,80}encoding\s*=\s*["'](?:utf-?(?:16|32)|ucs|unicode)""",
    re.IGNORECASE,
)
"""A beginning in bytes of ASCII that declares wide characters, as .NET writes it for UTF-8."""
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
BREAKS = ("lb", "x-br", "br", "xlf:lb")
"""Values of `ctype`, `type` and `subType` of a tag that stands for a line break."""
HTML_TAGS = """
    a abbr b bdi bdo big br cite code del dfn div em font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark
    nobr ol p pre q s samp small span strike strong sub sup table tbody td th tr tt u ul var wbr
"""
XLIFF_TAGS = "bpt bx ept ex g it pc ph x"
NAMES = "|".join([r"[a-z]{1,10}\d{1,4}", *HTML_TAGS.split(), *XLIFF_TAGS.split()])
ATTRIBUTE = r"""\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)"""
WRITTEN_TAG = re.compile(rf"</?(?:{NAMES})(?:{ATTRIBUTE})*\s*/?>", re.IGNORECASE)
"""A tag that is written as text: from OmegaT such as <f0> and <br1/>, from XLIFF or HTML."""
EQUIVALENTS = ("equiv-text", "equiv")
"""Attributes of XLIFF 1.2 and 2 with the text that a tag stands for."""
CODE = re.compile(r"[][<>{}()*_`#=|~^@%$/\\:+]")
"""A character of markup, of a variable or of base64, which programs also write there."""
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,30});", re.IGNORECASE)
"""A character that is written as in HTML, although XML has its own way to write it."""
BLOCK_TAG = re.compile(r"</?(?:br|div|h\d|hr|li|ol|p|table|tbody|td|th|tr|ul)[\d\s/>]", re.I)
"""A tag that separates lines."""


def read_units(
    file: DataFile, units: Collection[str], contexts: Collection[str] = ()
) -> Iterator["_Element"]:
    """Read the units of a file, one at a time; free each before the next one.

    Args:
        file: The file.
        units: Local names of the elements to return, once they are complete.
        contexts: Local names of elements around them, which are returned once they begin.

    Yields:
        The elements in their order.

    Raises:
        ValueError: If the file is not well-formed XML, or declares entities.
    """
    from lxml import etree

    with file.open_bytes() as stream:
        try:
            yield from _stream_units(file.name, _parse(stream), units, contexts)
        except etree.XMLSyntaxError as error:
            is_empty = error.lineno == 0  # then only lxml's log has the reason
            last = error.error_log.last_error if is_empty else None
            reason = str(last.message if last else error.msg).split("\n")[0][:200]
            line = last.line if last else error.lineno
            raise ValueError(
                _(
                    "{file}, line {line}: the file is not well-formed XML ({reason}). Export it "
                    "again.",
                    file=file.name,
                    line=line or 1,
                    reason=reason,
                )
            ) from None


def _parse(stream: Any) -> Iterator[tuple[str, "_Element"]]:
    from lxml import etree

    start = stream.peek(START_BYTES)[:START_BYTES]
    return etree.iterparse(
        stream,
        encoding="utf-8" if WRONG_ENCODING.match(start) else None,
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,  # .sdlxliff holds the document itself, as a text of many megabytes
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def _stream_units(
    name: str,
    events: Iterator[tuple[str, "_Element"]],
    units: Collection[str],
    contexts: Collection[str],
) -> Iterator["_Element"]:
    unit, elements = None, 0
    for number, (event, element) in enumerate(events):
        if number == 0:
            _refuse_entities(name, element)
        tag = local_name(element)
        if event == "start":
            elements += 1
            if unit is None and tag in units:
                unit, elements = element, 0
            elif unit is None and tag in contexts:
                yield element
            if elements > MAX_UNIT_ELEMENTS and unit is not None:
                raise ValueError(
                    _(
                        "{file}, line {line}: a unit has over {limit:,} elements. Split it.",
                        file=name,
                        line=unit.sourceline,
                        limit=MAX_UNIT_ELEMENTS,
                    )
                )
        elif element is unit:
            _check_length(name, unit)
            yield element
            unit = None
            _forget(element)
        elif unit is None:
            _forget(element)


def _check_length(name: str, unit: "_Element") -> None:
    if sum(map(len, unit.itertext())) > MAX_LINE_CHARACTERS:
        raise ValueError(
            _(
                "{file}, line {line}: a unit has over {limit:,} characters. Split it.",
                file=name,
                line=unit.sourceline,
                limit=MAX_LINE_CHARACTERS,
            )
        )


def _forget(element: "_Element") -> None:
    """Free a complete element and its earlier siblings."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _refuse_entities(name: str, root: "_Element") -> None:
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise ValueError(
            _(
                "{file} declares XML entities, which are not read. Export it without them.",
                file=name,
            )
        )


def local_name(element: "_Element") -> str:
    """Return the name of an element without its namespace.

    Args:
        element: An element with or without a namespace.
    """
    return str(element.tag).rpartition("}")[2]


def children(element: "_Element", name: str) -> list["_Element"]:
    """Return the direct children with a local name.

    Args:
        element: Their parent.
        name: Name without a namespace.
    """
    return [child for child in element if local_name(child) == name]


def plain_text(element: "_Element", codes: Collection[str]) -> str:
    """Return the text of a segment without inline tags, and without HTML written as text.

    Args:
        element: The segment.
        codes: Local names of tags whose content is code and not text. One that stands for a line
            break becomes a space.
    """
    text = WRITTEN_TAG.sub(_replacement, _text(element, codes))
    return ENTITY.sub(_unescape, text)


def _unescape(entity: re.Match[str]) -> str:
    """Return a character written in HTML; half of a surrogate pair is a question mark."""
    return html.unescape(entity[0]).encode("utf-8", "replace").decode()


def _replacement(tag: re.Match[str]) -> str:
    return " " if BLOCK_TAG.match(tag[0]) else ""


def _text(element: "_Element", codes: Collection[str]) -> str:
    parts = [element.text or ""]
    for child in element:
        tag = local_name(child)
        if not isinstance(child.tag, str):  # an entity such as &ndash;, which is not declared
            parts.append(html.unescape(child.text or ""))
        elif tag == "cp":
            parts.append(_character(child.get("hex") or ""))
        elif tag not in codes and child.get("mtype") != DELETED:
            parts.append(_text(child, codes))
        else:
            parts.append(" " if _is_break(child) else _equivalent(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _is_break(code: "_Element") -> bool:
    kinds = [code.get(name) for name in ("ctype", "type", "subType", "equiv-text")]
    contents = [code.text, _original(code), *map(code.get, (*EQUIVALENTS, "disp"))]
    starts = ("<br", "\\n", "\n")
    has_break = any(content and content.lower().startswith(starts) for content in contents)
    return has_break or any(kind in BREAKS for kind in kinds)


def _original(code: "_Element") -> str | None:
    """Return the code of a tag that XLIFF 2 keeps apart, under `originalData` of the unit."""
    wanted = code.get("dataRef")
    units = code.iterancestors("{*}unit", "unit") if wanted else ()
    for data in (data for unit in units for data in unit.iter("{*}data", "data")):
        if data.get("id") == wanted:
            return data.text
    return None


def _equivalent(code: "_Element") -> str:
    """Return the text that a tag of XLIFF stands for; empty if that is code.

    A single word is the name of a variable or of a tag, as Angular writes it.
    """
    text = next(filter(None, map(code.get, EQUIVALENTS)), "")
    is_word = len(text.split()) == 1 and any(map(str.isalnum, text))
    return "" if is_word or CODE.search(text) else text


def _character(code: str) -> str:
    """Return the character of a code; empty for half of a surrogate pair, and for no code."""
    try:
        return chr(int(code, 16)).encode("utf-8", "ignore").decode()
    except (ValueError, OverflowError):
        return ""
