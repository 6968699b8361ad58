"""Model cards that a person or another program wrote: kept, and made valid for the Hub.

The Hub checks the front matter of each README.md and refuses the commit if it is invalid.
"""

import re
from collections.abc import Iterator
from typing import Any

from lora_demo.checkpoints.front_matter import split_front_matter
from lora_demo.checkpoints.repository_names import is_hub_model, is_repository_name
from lora_demo.language import _

BASE_TAG = "base_model:"
LANGUAGE = re.compile(r"[a-z]{2,3}|code|multilingual")
"""Codes of languages that the Hub accepts; others belong under `language_bcp47`."""
LICENSES = frozenset(
    [
        "apache-2.0",
        "mit",
        "openrail",
        "bigscience-openrail-m",
        "creativeml-openrail-m",
        "bigscience-bloom-rail-1.0",
        "bigcode-openrail-m",
        "afl-3.0",
        "artistic-2.0",
        "bsl-1.0",
        "bsd",
        "bsd-2-clause",
        "bsd-3-clause",
        "bsd-3-clause-clear",
        "c-uda",
        "cc",
        "cc0-1.0",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nd-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cdla-sharing-1.0",
        "cdla-permissive-1.0",
        "cdla-permissive-2.0",
        "wtfpl",
        "ecl-2.0",
        "epl-1.0",
        "epl-2.0",
        "etalab-2.0",
        "eupl-1.1",
        "eupl-1.2",
        "agpl-3.0",
        "gfdl",
        "gpl",
        "gpl-2.0",
        "gpl-3.0",
        "lgpl",
        "lgpl-2.1",
        "lgpl-3.0",
        "isc",
        "h-research",
        "intel-research",
        "lppl-1.3c",
        "ms-pl",
        "apple-ascl",
        "apple-amlr",
        "mpl-2.0",
        "odc-by",
        "odbl",
        "openmdw-1.0",
        "openrail++",
        "osl-3.0",
        "postgresql",
        "ofl-1.1",
        "ncsa",
        "unlicense",
        "zlib",
        "pddl",
        "lgpl-lr",
        "deepfloyd-if-license",
        "fair-noncommercial-research-license",
        "llama2",
        "llama3",
        "llama3.1",
        "llama3.2",
        "llama3.3",
        "llama4",
        "grok2-community",
        "gemma",
        "unknown",
        "other",
    ]
)
"""The names of licenses that the Hub accepts."""


def validate_front_matter(card: str) -> str:
    """Make a card's front matter valid for the Hub, without changing more than that.

    A base or a data set that is not on the Hub is left out.

    Args:
        card: The content of README.md.

    Returns:
        The card.

    Raises:
        ValueError: For what only its author can correct.
    """
    import yaml

    front_matter, body = split_front_matter(card)
    try:
        data = yaml.safe_load(front_matter)
    except yaml.YAMLError:
        raise ValueError(
            _(
                "README.md begins with front matter that is not YAML. Correct it, or delete the "
                "lines between the two ---."
            )
        ) from None
    if data is None:
        return card
    problems = list(_problems(data))
    if problems:
        raise ValueError(
            _("The Hub would refuse README.md: {problems}.", problems="; ".join(problems))
        )
    valid = _without_local_data(_without_local_base(data))
    if valid == data:
        return card
    text = yaml.safe_dump(valid, sort_keys=False, allow_unicode=True) if valid else ""
    return f"---\n{text}---\n{body}"


def _problems(data: Any) -> Iterator[str]:
    if not isinstance(data, dict):
        yield _("its front matter is not a list of `key: value` lines")
        return
    for license in _as_list(data.get("license")):
        if str(license).lower() not in LICENSES:
            yield (
                _(
                    "its license {license!r} is not one of the Hub's names; write `license: "
                    "other` and `license_name: ...`",
                    license=str(license)[:60],
                )
            )
    if data.get("model-index") and not _is_model_index(data["model-index"]):
        yield _("its model-index lacks a task, a data set or a metric with a value; delete it")
    for key in ("tags", "language", "datasets", "metrics", "library_name", "pipeline_tag"):
        if not all(isinstance(value, str) for value in _as_list(data.get(key))):
            yield _("its values of {key} are not all texts; put quotes around them", key=key)
    for code in _as_list(data.get("language")):
        if isinstance(code, str) and not LANGUAGE.fullmatch(code):
            yield _(
                "its language {code!r} is not a code of ISO 639; write codes such as de",
                code=code[:60],
            )


def _is_model_index(value: Any) -> bool:
    from huggingface_hub.repocard_data import model_index_to_eval_results

    try:
        model_index_to_eval_results(value)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return False
    return True


def _without_local_base(data: dict[str, Any]) -> dict[str, Any]:
    """Keep only bases that are on the Hub, and their tags."""
    valid = dict(data)
    bases = _as_list(data.get("base_model"))
    on_hub = [base for base in bases if is_hub_model(str(base))]
    if on_hub != bases:
        valid.pop("base_model")
        if on_hub:
            valid["base_model"] = on_hub
        else:
            valid.pop("base_model_relation", None)
    tags = _as_list(data.get("tags"))
    kept = [tag for tag in tags if not _names_local_base(tag)]
    return valid | {"tags": kept} if kept != tags else valid


def _without_local_data(data: dict[str, Any]) -> dict[str, Any]:
    """Keep only data sets whose names the Hub accepts."""
    sets = _as_list(data.get("datasets"))
    kept = [name for name in sets if is_repository_name(name)]
    if kept == sets:
        return data
    rest = {key: value for key, value in data.items() if key != "datasets"}
    return rest | {"datasets": kept} if kept else rest


def _names_local_base(tag: str) -> bool:
    """Check a tag such as `base_model:adapter:google/flan-t5-base`."""
    if not tag.startswith(BASE_TAG):
        return False
    return not is_hub_model(tag.removeprefix(BASE_TAG).rpartition(":")[2])


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
