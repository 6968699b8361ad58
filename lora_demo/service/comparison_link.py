"""A comparison as a link: sentences, bases, adapters, strengths and beams as a query."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlencode

from lora_demo.language import N_, _
from lora_demo.model.checks import check_whole
from lora_demo.service.adapter_library import MAX_CHOSEN
from lora_demo.service.comparison import MAX_BEAMS, Comparison, split_sentences
from lora_demo.service.strengths import check_strengths

TEXT, ADAPTER, STRENGTH, BEAMS = "text", "adapter", "strength", "beams"
BASE, BESIDE = "base", "beside"
"""Fields of the query; adapters and strengths repeat."""
MAX_QUERY_LENGTH = 6000
"""Many proxies refuse addresses of more than 8,000 characters."""
MAX_FIELDS = 50
INVALID = N_("The page ignored this link, because some of its values are not valid.")


@dataclass(frozen=True)
class LinkedComparison:
    """The comparison in a link.

    Args:
        text: German, one sentence per line.
        adapters: Ids of adapters; the visitor who opens the link may lack some.
        strengths: One for each adapter.
        beams: Beams of the search.
        base: Name of the base in the page's menu; empty for the page's own.
        beside: Name of a second base; empty for none.
    """

    text: str
    adapters: list[str]
    strengths: list[float]
    beams: int
    base: str = ""
    beside: str = ""

    def keep(self, available: Collection[str]) -> "LinkedComparison":
        """Leave out the adapters that the opener does not have.

        Args:
            available: Ids of the adapters that the opener has.
        """
        pairs = zip(self.adapters, self.strengths, strict=True)
        kept = {id: strength for id, strength in pairs if id in available}
        return replace(self, adapters=list(kept), strengths=list(kept.values()))

    def keep_bases(self, offered: Collection[str]) -> "LinkedComparison":
        """Leave out the bases that the opener's page does not offer.

        Args:
            offered: Names of the bases of the page.
        """
        base, beside = (name if name in offered else "" for name in (self.base, self.beside))
        return replace(self, base=base, beside=beside)


def write_link(comparison: Comparison) -> str:
    """Write the query of a link to a comparison.

    It holds neither translations nor anything about the visitor but the ids of the adapters.

    Args:
        comparison: The comparison.

    Returns:
        The query with its question mark; empty if the text is too long for a link.
    """
    adapters = [system for system in comparison.systems if system.is_adapter]
    fields = [(TEXT, "\n".join(comparison.texts))]
    fields += [(ADAPTER, str(system.id)) for system in adapters]
    fields += [(STRENGTH, f"{system.strength:g}") for system in adapters]
    fields.append((BEAMS, str(comparison.beams)))
    bases = ((BASE, comparison.base), (BESIDE, comparison.beside))
    fields += [(field, name) for field, name in bases if name]
    query = "?" + urlencode(fields, quote_via=quote)
    return query if len(query) <= MAX_QUERY_LENGTH else ""


def read_link(query: str) -> LinkedComparison | None:
    """Read the query of a link. Everything in it may be hostile.

    Args:
        query: The query of the page's address.

    Returns:
        The comparison; None if the address is not a link to one.

    Raises:
        ValueError: With one sentence, which quotes nothing, for any value out of range.
    """
    try:
        return _parse(query)
    except ValueError:
        raise ValueError(_(INVALID)) from None


def _parse(query: str) -> LinkedComparison | None:
    fields = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    names = (TEXT, ADAPTER, STRENGTH, BEAMS, BASE, BESIDE)
    values: dict[str, list[str]] = {name: [] for name in names}
    for name, value in fields:
        if name in values:
            values[name].append(value)
    if not values[TEXT]:
        return None
    if len(query) > MAX_QUERY_LENGTH:
        raise ValueError(INVALID)
    (text,) = values[TEXT]
    (beams,) = values[BEAMS] or ["1"]
    (base,), (beside,) = (values[field] or [""] for field in (BASE, BESIDE))
    adapters = values[ADAPTER]
    if len(set(adapters)) < len(adapters) or len(adapters) > MAX_CHOSEN:
        raise ValueError(INVALID)
    return LinkedComparison(
        text="\n".join(split_sentences(text)),
        adapters=adapters,
        strengths=check_strengths([float(value) for value in values[STRENGTH]], len(adapters)),
        beams=check_whole(BEAMS, int(beams), 1, MAX_BEAMS),
        base=base,
        beside=beside,
    )
