"""The card of a merged checkpoint: what it is, and what its adapter's manifest says."""

import yaml

from lora_demo.checkpoints.adapter_files import MANIFEST, find_adapter
from lora_demo.checkpoints.card_merged import merged_card
from lora_demo.files import read_json


def test_it_says_what_was_merged_and_keeps_training_scores_and_rights():
    manifest = read_json(find_adapter("mini-r8") / MANIFEST)
    card = merged_card(manifest, "x", "google/flan-t5-small")
    front = yaml.safe_load(card.split("---")[1])
    assert front["library_name"] == "transformers"
    assert front["base_model"] == "google/flan-t5-small"
    assert "# mini-r8-merged" in card
    assert "merged into its weights" in card
    for heading in ("## Use", "## Training", "## Measured", "## Limits", "## Data and license"):
        assert heading in card
    assert "tatoeba" in card


def test_an_adapter_without_a_manifest_or_with_a_strange_one_has_a_short_card():
    for manifest in ({}, {"name": 3, "data": "x", "training": [1], "base": None, "config": 2}):
        card = merged_card(manifest, "uploaded", "/home/me/t5")
        assert "# uploaded-merged" in card
        assert "/home" not in card
        assert "base_model" not in card


def test_the_update_of_dora_is_not_called_lora():
    card = merged_card({}, "uploaded", "google/flan-t5-small", use_dora=True)
    assert "with the DoRA adapter" in card and "m (W + s B A)" in card
    assert "with the LoRA adapter" in merged_card({}, "uploaded", "google/flan-t5-small")
