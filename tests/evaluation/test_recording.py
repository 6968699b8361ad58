"""Scores are written into an adapter's manifest and model card."""

import json

from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.report.recording import record_scores
from lora_demo.evaluation.report.serialisation import score_json
from tests.evaluation.running import finished


def test_scores_are_written_once_with_signature_and_hash(translator, adapter):
    evaluation, _ = finished(
        EvaluationConfig(base="fake", adapters=(adapter,), data="builtin:weather"),
        translator=translator,
    )
    for _ in range(2):
        record_scores(evaluation)
    manifest = json.loads((adapter / "manifest.json").read_text())
    (entry,) = manifest["evaluations"]
    assert (
        entry["data"]["sha256"] == evaluation.set.sha256
        and entry["trained_on"] == 0
        and manifest["name"] == "weather-r2"
    )
    assert (
        entry["scores"]["bleu"] == score_json(evaluation.systems[1].scores["bleu"])
        and "bs:1000|seed:12345" in entry["scores"]["ter"]["signature"]
    )
    card = (adapter / "README.md").read_text()
    assert (
        card.count("## Evaluated") == 1
        and card.index("## Evaluated") < card.index("## Limits")
        and "So good" in card
    )
    assert (
        evaluation.set.sha256 in card and "library_name: peft" in card and "nrefs:1|bs:1000" in card
    )
    from huggingface_hub import ModelCard

    assert [r.metric_type for r in ModelCard(card).data.eval_results] == ["bleu", "chrf", "ter"]
