"""Translation units of an XML file, streamed; entities and external files are refused."""

import html
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from lora_demo.data.readers.data_file import DataFile

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_UNIT_ELEMENTS = 20_000
XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
BREAKS = ("lb", "x-br", "br", "xlf:lb")
"""Values of `ctype`, `type` and `subType` of a tag that stands for a line break."""


def read_units(
    file: DataFile, units: Collection[str], contexts: Collection[str] = ()
) -> Iterator["_Element"]:
    """Read the units of a file, one at a time; each is forgotten before the next one.

    Args:
        file: the file.
        units: local names of the elements to return, once they are complete.
        contexts: local names of elements around them, which are returned once they begin.

    Yields:
        The elements in their order.

    Raises:
        ValueError: if the file is not well-formed XML, or declares entities.
    """
    from lxml import etree

    with file.open_bytes() as stream:
        try:
            yield from _stream_units(file.name, _parse(stream), units, contexts)
        except etree.XMLSyntaxError as error:
            reason = str(error.msg).split("\n")[0][:200]
            raise ValueError(
                f"{file.name}, line {error.lineno or 1}: the file is not well-formed XML "
                f"({reason}). Export it again."
            ) from None


def _parse(stream: Any) -> Iterator[tuple[str, "_Element"]]:
    from lxml import etree

    return etree.iterparse(
        stream,
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
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
                    f"{name}, line {unit.sourceline}: a unit has over {MAX_UNIT_ELEMENTS:,} "
                    "elements. Split it."
                )
        elif element is unit:
            yield element
            unit = None
            _forget(element)
        elif unit is None:
            _forget(element)


def _forget(element: "_Element") -> None:
    """Free an element and those before it, whose end has come."""
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _refuse_entities(name: str, root: "_Element") -> None:
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise ValueError(
            f"{name} declares XML entities, which are not read. Export it without them."
        )


def local_name(element: "_Element") -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: "_Element", name: str) -> list["_Element"]:
    """Return the direct children with a local name."""
    return [child for child in element if local_name(child) == name]


def plain_text(element: "_Element", codes: Collection[str]) -> str:
    """Return the text of a segment without its inline tags.

    Args:
        element: the segment.
        codes: local names of tags whose content is code and not text. One that stands for a line
            break becomes a space.
    """
    parts = [element.text or ""]
    for child in element:
        tag = local_name(child)
        if not isinstance(child.tag, str):  # an entity such as &ndash;, which is not declared
            parts.append(html.unescape(child.text or ""))
        elif tag == "cp":
            parts.append(_character(child.get("hex") or ""))
        elif tag not in codes:
            parts.append(plain_text(child, codes))
        elif _is_break(child):
            parts.append(" ")
        parts.append(child.tail or "")
    return "".join(parts)


def _is_break(code: "_Element") -> bool:
    kinds = [code.get(name) for name in ("ctype", "type", "subType", "equiv-text")]
    content = (code.text or "").lower()
    return any(kind in BREAKS for kind in kinds) or content.startswith(("<br", "\\n", "\n"))


def _character(code: str) -> str:
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
