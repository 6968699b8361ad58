"""Scores are written into an adapter's manifest and model card."""

import json
import shutil

from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.adapter_files import WEIGHTS
from lora_demo.checkpoints.download import sha256_of
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.report.recording import record_scores
from lora_demo.evaluation.report.serialisation import score_json
from tests.evaluation.running import run_evaluation


def test_scores_are_written_once_with_signature_and_hash(translator, adapter):
    evaluation, _ = run_evaluation(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
        translator=translator,
    )
    for _ in range(2):
        record_scores(evaluation)
    manifest = json.loads((adapter / "manifest.json").read_text())
    (entry,) = manifest["evaluations"]
    assert entry["data"]["sha256"] == evaluation.set.sha256
    assert entry["trained_on"] == 0
    assert manifest["name"] == "weather-r2"
    assert entry["scores"]["bleu"] == score_json(evaluation.systems[1].scores["bleu"])
    assert "bs:1000|seed:12345" in entry["scores"]["ter"]["signature"]
    card = (adapter / "README.md").read_text()
    assert card.count("## Evaluated") == 1
    assert card.index("## Evaluated") < card.index("## Limits")
    assert "So good" in card
    assert evaluation.set.sha256 in card
    assert "library_name: peft" in card
    assert "nrefs:1|bs:1000" in card
    from huggingface_hub import ModelCard

    assert [r.metric_type for r in ModelCard(card).data.eval_results] == ["bleu", "chrf", "ter"]


def test_scores_of_int8_say_so_and_do_not_replace_those_of_float32(translator, adapter):
    config = EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather")
    for precision in ("float32", "int8"):
        translator.precision = precision
        evaluation, _ = run_evaluation(config, translator=translator)
        record_scores(evaluation)
    entries = json.loads((adapter / "manifest.json").read_text())["evaluations"]
    assert [entry["precision"] for entry in entries] == ["float32", "int8"]
    assert (adapter / "README.md").read_text().count("greedy, int8)") == 3


def test_an_adapter_is_also_compared_with_the_one_that_it_started_from(
    translator, adapter, tmp_path
):
    child = shutil.copytree(adapter, tmp_path / "child")
    tensors = load_file(child / WEIGHTS)
    save_file({name: tensor + 1 for name, tensor in tensors.items()}, child / WEIGHTS)
    manifest = json.loads((child / "manifest.json").read_text())
    manifest["parent"] = {"name": "weather-r2", "sha256": sha256_of([adapter / WEIGHTS])}
    (child / "manifest.json").write_text(json.dumps(manifest))
    config = EvaluationConfig(base="fake", adapters=(adapter, child), data="builtin:weather")
    evaluation, _ = run_evaluation(config, translator=translator)
    record_scores(evaluation)
    (entry,) = json.loads((child / "manifest.json").read_text())["evaluations"]
    parent, own = evaluation.systems[1:]
    assert entry["parent_scores"]["bleu"] == score_json(parent.scores["bleu"])
    assert entry["against_parent"]["bleu_p"] == own.tests[parent.name]["bleu"].p
    assert "against the adapter that it started from" in (child / "README.md").read_text()
    (other,) = json.loads((adapter / "manifest.json").read_text())["evaluations"]
    assert "parent_scores" not in other
