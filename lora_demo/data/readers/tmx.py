"""Reader of .tmx files: translation memories (TMX 1.4), as OmegaT and Trados write them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.data.readers.data_file import DataFile
from lora_demo.data.readers.languages import language_of_code
from lora_demo.data.readers.rows import NumberedRow
from lora_demo.data.readers.xml_units import XML_LANGUAGE, children, plain_text, read_units
from lora_demo.language import _

if TYPE_CHECKING:
    from lxml.etree import _Element

CODES = frozenset(("bpt", "ept", "it", "ph", "ut"))
"""Inline tags whose content is code of another format; the content of `hi` is text."""
MAX_NAMED = 10
MAX_CODE_CHARACTERS = 40
"""Languages that a message names, and characters of their codes."""


def read_tmx(file: DataFile, columns: Columns) -> Iterator[NumberedRow]:
    """Read the units that have German and English; regional codes such as de-AT are German.

    Args:
        file: The file, packed or not.
        columns: The requested languages; it can name the file's codes for them.

    Raises:
        ColumnsNotFoundError: If no unit has the codes that `columns` names.
        ValueError: If no unit has the requested languages, or the file is not well-formed XML.
    """
    languages: dict[str, None] = {}
    names = columns.languages
    has_units = False
    for unit in read_units(file, ["tu"]):
        variants = _variants(unit)
        languages |= dict.fromkeys(variants)
        row = {name: _find(variants, name, columns.given) for name in names}
        if all(text.strip() for text in row.values()):
            has_units = True
            yield unit.sourceline or 1, row
    if not has_units:
        wanted = _("both German and English") if len(names) > 1 else _("German")
        named = [code[:MAX_CODE_CHARACTERS] or _("unknown") for code in languages]
        found = ", ".join(named[:MAX_NAMED]) or _("unknown")
        message = _(
            "{file} has no unit with {wanted}. Its languages are {found}. Export it with the "
            "languages {names}.",
            file=file.name,
            wanted=wanted,
            found=found,
            names=_(" and ").join(names),
        )
        raise ColumnsNotFoundError(message) if columns.given else ValueError(message)


def _variants(unit: "_Element") -> dict[str, str]:
    """Return the text of each language of a unit; of several with one code the first text."""
    variants: dict[str, str] = {}
    for variant in children(unit, "tuv"):
        code = variant.get(XML_LANGUAGE) or variant.get("lang") or ""
        for segment in children(variant, "seg")[:1]:
            variants[code] = variants.get(code, "").strip() or plain_text(segment, CODES)
    return variants


def _find(variants: Mapping[str, str], language: str, given: Mapping[str, str]) -> str:
    """Find the text of a language: by a given code, by its own code, or by one with a region."""
    plain = {code.lower(): text for code, text in variants.items()}
    if language in given:
        return plain.get(given[language].strip().lower(), "")
    if language in plain:
        return plain[language]
    texts = [text for code, text in variants.items() if language_of_code(code) == language]
    return next((text for text in texts if text.strip()), "")
