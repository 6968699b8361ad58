"""The model card of an adapter, from its manifest: it states only what was measured."""

from typing import Any

from lora_demo.checkpoints.card_combined import combined_section
from lora_demo.checkpoints.card_front_matter import LANGUAGES, front_matter
from lora_demo.checkpoints.card_rights import hub_dataset, license_of, sources_of
from lora_demo.checkpoints.card_scores import evaluations_section, model_index
from lora_demo.checkpoints.card_sections import (
    curve_section,
    limits_section,
    measured_section,
    reduced_line,
    reproduce_section,
    rights_section,
    title_section,
    training_section,
)
from lora_demo.checkpoints.card_usage import split_base_id, usage_section
from lora_demo.checkpoints.repository_names import is_hub_model

Manifest = dict[str, Any]
TAGS = ["lora", "peft", "t5", "german", "english", "translation", "keras"]
MARK = (
    "<!-- Written by lora_demo from manifest.json. Delete this line to keep your own changes when "
    "you push. -->"
)
"""Marks a generated card; cards of published adapters hold exactly this line."""


def model_card(manifest: Manifest, repo: str | None = None, base_folder: str | None = None) -> str:
    """Write the README.md of an adapter folder, with the Hub's front matter.

    Args:
        manifest: Content of `manifest.json`.
        repo: The repository where it is published. None: not published.
        base_folder: The folder of that repository that contains the base, if the base has no
            repository of its own.

    Returns:
        Markdown with YAML at its top.

    Raises:
        KeyError: If the manifest lacks its name, its base or its settings.
    """
    sections = (
        title_section(manifest),
        reduced_line(manifest),
        combined_section(manifest),
        usage_section(manifest, repo, base_folder),
        training_section(manifest),
        curve_section(manifest),
        measured_section(manifest),
        evaluations_section(manifest),
        reproduce_section(manifest),
        limits_section(manifest),
        rights_section(manifest),
    )
    front_matter = _front_matter(manifest, repo, base_folder)
    body = "\n".join(section for section in sections if section)
    return f"---\n{front_matter}---\n\n{MARK}\n\n{body}"


def is_generated(card: str) -> bool:
    """Check whether a card may be overwritten: it still has the mark, or is empty.

    Args:
        card: Text of a README.md. An empty one counts as generated.
    """
    return MARK in card or not card.strip()


def _front_matter(manifest: Manifest, repo: str | None, base_folder: str | None) -> str:
    base_id = manifest["base"]["id"]
    base_model: str | None = repo if repo and base_folder else split_base_id(base_id)[0]
    if repo and not is_hub_model(base_model or ""):
        base_model = None  # the Hub refuses what is not a model there
    datasets = dict.fromkeys(hub_dataset(source) for source in sources_of(manifest))
    data = {
        "library_name": "peft",
        "base_model": base_model,
        "base_model_relation": "adapter" if base_model else None,
        "pipeline_tag": "translation",
        "language": LANGUAGES,
        "license": license_of(base_id),
        "datasets": [dataset for dataset in datasets if dataset],
        "tags": TAGS,
        "model-index": model_index(manifest),
    }
    return front_matter(data)
