"""The model card: the Hub can read it, and it claims only what was measured."""

import warnings

import pytest
from huggingface_hub import ModelCard

from lora_demo.checkpoints.card import MARK, is_generated, model_card
from lora_demo.checkpoints.card_rights import license_of
from lora_demo.training.config import TrainConfig
from tests.hub.conftest import manifest_of


def data_of(card: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ModelCard(card).data


def test_the_hub_can_read_the_card():
    data = data_of(
        model_card(manifest_of("google/flan-t5-small", "wmt/wmt16:de-en:train[:1%]"), "ada/kitchen")
    )
    assert (data.library_name, data.base_model, data.pipeline_tag, data.language) == (
        "peft",
        "google/flan-t5-small",
        "translation",
        ["de", "en"],
    )
    assert data.license == "apache-2.0"
    assert data.datasets == ["wmt/wmt16"]
    assert "lora" in data.tags
    chrf = next(result for result in data.eval_results if result.metric_type == "chrf")
    assert chrf.metric_value == 32.0
    assert "version:2.6.0" in chrf.metric_name
    assert chrf.dataset_type == "wmt/wmt16"
    assert data.model_name == "kitchen"


def test_a_card_names_builtin_data_and_a_base_in_the_repository():
    card = model_card(manifest_of("mini"), "ada/kitchen", "base")
    data = data_of(card)
    assert data.base_model == "ada/kitchen" and data.datasets is None
    assert 'snapshot_download("ada/kitchen")' in card and "--base mini" in card
    assert data_of(model_card(manifest_of("mini"))).base_model == "mini"


def test_a_card_explains_use_reproduction_and_license():
    manifest = manifest_of("google/flan-t5-small", "wmt/wmt16:de-en:train[:1%]")
    manifest["base"]["revision"] = "abc123"
    card = model_card(manifest, "ada/kitchen")
    for part in (
        'PeftModel.from_pretrained(base, "ada/kitchen")',
        'revision="abc123"',
        manifest["command"],
        "python -m lora_demo pull ada/kitchen",
        "WMT16",
        "## Limits",
        "| 30 | 1.0000 | 1.2000 | 32.00 |",
        "(the base alone: 5.00)",
        manifest["scores"]["signature"],
        "SHA-256",
    ):
        assert part in card, part


def test_the_usage_example_is_valid_python():
    for base, repo, folder in (
        ("google/flan-t5-small", None, None),
        ("google/flan-t5-small", "ada/kitchen", None),
        ("mini", "ada/kitchen", "base"),
        ("ada/kitchen/base", "ada/x", None),
    ):
        code = model_card(manifest_of(base), repo, folder).split("```python\n")[1].split("```")[0]
        compile(code, "usage", "exec")


def test_a_card_claims_nothing_that_was_not_measured():
    manifest = manifest_of("google/flan-t5-small")
    for key in ("scores", "training", "data", "command", "versions"):
        del manifest[key]
    card = model_card(manifest, "ada/kitchen")
    assert "chrF2" not in card
    assert "was not measured" in card
    assert data_of(card).eval_results is None
    manifest = manifest_of("google/flan-t5-small")
    manifest["scores"] |= {"base_eval_chrf": None, "eval_loss": None, "curve": []}
    card = model_card(manifest, "ada/kitchen")
    assert "base alone" not in card
    assert "curve" not in card
    assert [r.metric_type for r in data_of(card).eval_results] == ["chrf"]


@pytest.mark.parametrize("name", ["a: b", "x\n---\nlicense: mit", "'\"", "- y", "ümlaut"])
def test_no_name_breaks_the_front_matter(name):
    manifest = manifest_of("google/flan-t5-small", f"/tmp/{name}.tsv") | {"name": name}
    data = data_of(model_card(manifest, "ada/kitchen"))
    assert data.license == "apache-2.0" and data.model_name == name


@pytest.mark.parametrize(
    ("id", "license"),
    [
        ("mini", "apache-2.0"),
        ("google/flan-t5-xl", "apache-2.0"),
        ("google/t5-v1_1-small", "apache-2.0"),
        ("somebody/t5", "unknown"),
    ],
)
def test_the_license_follows_the_base(id, license):
    assert license_of(id) == license


def test_a_card_lists_the_evaluations_of_the_manifest():
    def score(value):
        return {
            "score": value,
            "low": value - 1,
            "high": value + 1,
            "signature": "nrefs:1|version:2.6.0",
        }

    evaluation = {
        "data": {"source": "builtin:recipes", "split": "test", "sha256": "ab" * 32, "n": 259},
        "beams": 1,
        "scores": {"bleu": score(21.0), "chrf": score(44.0)},
        "base_scores": {"bleu": score(5.0), "chrf": score(25.0)},
        "against_base": {"bleu_p": 0.001, "chrf_p": 0.001},
        "trained_on": 0,
    }
    card = model_card(manifest_of("mini") | {"evaluations": [evaluation]}, "ada/kitchen")
    assert "nothing else was measured" in model_card(manifest_of("mini"))
    assert "nothing else was measured" not in card
    assert "| bleu | 5.00 | 21.00 | 20.00 to 22.00 | p = 0.0010 |" in card
    assert [(r.metric_type, r.dataset_type) for r in data_of(card).eval_results][-2:] == [
        ("bleu", "builtin"),
        ("chrf", "builtin"),
    ]


def test_a_generated_card_is_recognised_until_it_is_edited():
    card = model_card(manifest_of("mini"))
    assert is_generated(card)
    assert is_generated("\n")
    assert not is_generated("# card\n")
    assert not is_generated(card.replace(MARK, ""))


def test_a_base_in_a_subfolder_is_explained_and_not_named_as_an_id():
    """`user/name/folder` is known to this package alone."""
    manifest = manifest_of("ada/kitchen/base")
    manifest["base"]["revision"] = "abc123"
    card = model_card(manifest, "ada/other")
    assert data_of(card).base_model == "ada/kitchen"
    assert "AutoPeftModelForSeq2SeqLM" in card
    assert "is included here" not in card
    assert 'folder = snapshot_download("ada/kitchen", revision="abc123")' in card
    assert 'f"{folder}/base"' in card
    assert 'PeftModel.from_pretrained(base, "ada/other")' in card
    assert "AutoPeft" in model_card(manifest_of("mini"), "ada/kitchen", "base")
    assert "AutoPeft" not in model_card(manifest_of("google/flan-t5-small"), "ada/kitchen")


def test_the_data_of_the_embedded_base_is_attributed():
    assert "tatoeba" in model_card(manifest_of("mini"))
    assert "CC BY 2.0" in model_card(manifest_of("mini"))
    assert "tatoeba" not in model_card(manifest_of("google/flan-t5-small"))


def test_a_card_judges_an_adapter_against_its_parent_and_on_everyday_sentences():
    manifest = manifest_of("mini")
    manifest["parent"] = {"name": "mini-r8", "sha256": "cd" * 32}
    manifest["replay"] = {
        "source": "builtin:general",
        "sha256": "ef" * 32,
        "pairs": 3000,
        "share": 0.25,
        "targets": "model",
    }
    everyday = {"everyday_chrf": 52.0, "base_everyday_chrf": 20.0, "parent_everyday_chrf": 60.0}
    manifest["scores"] |= everyday | {
        "parent_eval_chrf": 28.0,
        "everyday_set": "builtin:everyday",
        "everyday_p": 0.002,
        "everyday_worse": True,
    }
    card = model_card(manifest)
    for part in (
        f"Training started from the adapter `mini-r8` (SHA-256 of its weights `{'cd' * 32}`)",
        "To reduce forgetting, 25% of every batch came from general pairs: 3,000 pairs",
        "32.00 (the base alone: 5.00; the adapter that it started from: 28.00)",
        "52.00 (the base alone: 20.00; the adapter that it started from: 60.00)",
        "The adapter is worse on everyday sentences than at its start: chrF 60.0 → 52.0",
    ):
        assert part in card, part
    manifest["scores"]["everyday_worse"] = False
    assert "is worse" not in model_card(manifest)


def test_a_given_attribution_stands_for_the_data():
    manifest = manifest_of("google/flan-t5-small", "mails.tsv")
    assert "A file of the person who trained the adapter." in model_card(manifest)
    manifest["config"]["attribution"] = "Mails of our own office, not for redistribution."
    assert "Data: `mails.tsv`. Mails of our own office, not for redistribution." in model_card(
        manifest
    )


@pytest.mark.parametrize("text", ["", "two\nlines"])
def test_an_attribution_is_one_line(text):
    with pytest.raises(ValueError, match="attribution"):
        TrainConfig(attribution=text, steps=1)
