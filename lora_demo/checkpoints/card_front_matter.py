"""The YAML at the top of a model card, which the Hub reads."""

from collections.abc import Mapping
from typing import Any

LANGUAGES = ["de", "en"]
ONE_LINE = 10_000
"""Width that no line of the YAML reaches, so that none is broken."""


def front_matter(data: Mapping[str, Any]) -> str:
    """Write the YAML, without the keys that have no value.

    Args:
        data: Keys of the Hub's model cards with their values, in their order.
    """
    import yaml

    known = {key: value for key, value in data.items() if value}
    text: str = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=ONE_LINE)
    return text
