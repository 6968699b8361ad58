"""The model card of a checkpoint that was made by merging an adapter into its base."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_files import CARD, CONFIG, MANIFEST
from lora_demo.checkpoints.card_front_matter import LANGUAGES, front_matter
from lora_demo.checkpoints.card_rights import license_of
from lora_demo.checkpoints.card_sections import (
    limits_section,
    measured_section,
    rights_section,
    training_section,
)
from lora_demo.checkpoints.card_usage import split_base_id
from lora_demo.checkpoints.repository_names import is_hub_model
from lora_demo.files import read_json_or_empty, write_text

USAGE = """## Use

```python
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("PATH_OR_REPO_OF_THIS_MODEL")
model = AutoModelForSeq2SeqLM.from_pretrained("PATH_OR_REPO_OF_THIS_MODEL")
inputs = tokenizer("translate German to English: Guten Morgen!", return_tensors="pt")
print(tokenizer.decode(model.generate(**inputs, max_new_tokens=64)[0], skip_special_tokens=True))
```
"""
LORA_UPDATE = "W + s B A for every adapted matrix"
DORA_UPDATE = "m (W + s B A) / ‖W + s B A‖ for every adapted matrix, with a norm for each output"
SECTIONS: tuple[Callable[[dict[str, Any]], str], ...] = (
    training_section,
    measured_section,
    limits_section,
    rights_section,
)
"""Sections of the adapter's card that also hold for the merged checkpoint."""


def write_merged_card(adapter: Path, base_id: str, folder: Path) -> None:
    """Write the README.md of a merged checkpoint.

    Args:
        adapter: The adapter folder; its manifest may be missing or come from a stranger.
        base_id: Id of the base.
        folder: The checkpoint folder.
    """
    manifest = read_json_or_empty(adapter / MANIFEST)
    use_dora = read_json_or_empty(adapter / CONFIG).get("use_dora") is True
    write_text(folder / CARD, merged_card(manifest, adapter.name, base_id, use_dora))


def merged_card(
    manifest: Mapping[str, Any], adapter: str, base_id: str, use_dora: bool = False
) -> str:
    """Write the card.

    Args:
        manifest: The adapter's manifest.
        adapter: Name of the adapter's folder, if the manifest has no name.
        base_id: Id of the base.
        use_dora: True for an adapter of DoRA.
    """
    named = manifest.get("name")
    name = named if isinstance(named, str) else adapter
    repository = split_base_id(base_id)[0]
    shown = repository if is_hub_model(repository) else Path(base_id).name
    kind, update = ("DoRA", DORA_UPDATE) if use_dora else ("LoRA", LORA_UPDATE)
    title = (
        f"# {name}-merged\n\n`{shown}` for German to English translation, with the {kind} adapter "
        f"`{name}` merged into its weights: {update}, in float32. It loads without PEFT.\n"
    )
    parts = [title, USAGE, *_sections(dict(manifest))]
    return f"---\n{_front_matter(shown, base_id)}---\n\n" + "\n".join(parts)


def _sections(manifest: dict[str, Any]) -> list[str]:
    """Return the sections that the manifest has values for."""
    written = []
    for section in SECTIONS:
        try:
            written.append(section(manifest))
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return [text for text in written if text]


def _front_matter(shown: str, base_id: str) -> str:
    on_hub = is_hub_model(shown)
    data = {
        "library_name": "transformers",
        "base_model": shown if on_hub else None,
        "base_model_relation": "finetune" if on_hub else None,
        "pipeline_tag": "translation",
        "language": LANGUAGES,
        "license": license_of(base_id),
    }
    return front_matter(data)
