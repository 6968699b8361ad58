"""One entry in the registry of metrics adds a metric to scores, tests, report, JSON and CSV."""

import pytest
from sacrebleu import BLEU

from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Done
from lora_demo.evaluation.metrics import METRICS, Metric, labels
from lora_demo.evaluation.report.page import page
from lora_demo.evaluation.report.recording import manifest_entry
from lora_demo.evaluation.report.serialisation import document
from lora_demo.evaluation.report.spreadsheet import sentence_table
from lora_demo.evaluation.scores import sentence_scores


@pytest.fixture
def character_bleu(monkeypatch):
    """A further metric: BLEU on characters."""
    metric = Metric(
        "charbleu",
        "char-BLEU",
        lambda references, word_order: BLEU(tokenize="char", references=references),
        decides=True,
    )
    monkeypatch.setitem(METRICS, metric.name, metric)
    return metric


def test_a_new_metric_is_part_of_every_result(files, character_bleu):
    config = EvaluationConfig(
        base="none",
        data=str(files.table),
        outputs=(("weak", files.weak), ("strong", files.strong)),
        randomisation=True,
    )
    *_, last = evaluate(config)
    assert isinstance(last, Done)
    evaluation = last.evaluation

    system = document(evaluation)["systems"][1]
    assert "tok:char" in system["charbleu"]["signature"]
    assert list(system["against_base"])[-1] == "charbleu_ar_p"
    assert system["findings"]["charbleu"].startswith("better than weak")
    assert evaluation.buckets["length"][0].scores["strong"]["charbleu"] > 50

    html = page(evaluation)
    assert "char-BLEU with 95% confidence intervals" in html
    assert "tok:char" in html
    assert "strong charbleu" in sentence_table(evaluation)[0]
    assert "charbleu_p" in manifest_entry(evaluation, evaluation.systems[1])["against_base"]


def test_a_new_deciding_metric_scores_single_sentences(character_bleu):
    scores, signature = sentence_scores(["The dog."], ["The dog."])["charbleu"]
    assert scores == pytest.approx([100])
    assert "tok:char" in signature


def test_labels_name_the_word_order_of_chrf():
    assert labels()["chrf"] == "chrF2"
    assert labels(word_order=2)["chrf"] == "chrF2++"
