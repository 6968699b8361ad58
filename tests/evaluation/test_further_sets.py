"""Training data in a set raises alarms, and further sets show overfitting and forgetting."""

import pytest

from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.events import Note
from lora_demo.evaluation.report.narrative import alarms, remarks
from lora_demo.evaluation.report.page import page
from lora_demo.evaluation.report.serialisation import document as serialise
from lora_demo.evaluation.report.serialisation import summary
from tests.evaluation.conftest import write_lines
from tests.evaluation.running import count_notes, run_evaluation


def test_training_on_the_set_raises_an_alarm(translator, adapter):
    evaluation, events = run_evaluation(
        EvaluationConfig(
            base="fake", adapters=(adapter,), data="builtin:weather", split="train", max_pairs=70
        ),
        translator=translator,
    )
    assert any(isinstance(e, Note) and "TRAINED on 70 of the 70" in e.message for e in events)
    assert '<p class="alarm" role="alert">weather-r2 was TRAINED' in page(evaluation)


def test_training_on_a_further_set_raises_an_alarm_with_its_name(
    translator, adapter, weather, files
):
    table = write_lines(
        files.folder / "seen.tsv", ["de\ten", *(f"{de}\t{en}" for de, en in weather.train[:40])]
    )
    evaluation, events = run_evaluation(
        EvaluationConfig(
            base="fake",
            adapters=(adapter,),
            data="builtin:recipes",
            max_pairs=40,
            also=(str(table), "builtin:weather"),
            own_data=True,
        ),
        translator=translator,
    )
    (alarm,) = alarms(evaluation)
    assert alarm.startswith(f"weather-r2 was TRAINED on 40 of the 40 sentences (100%) of {table}.")
    assert count_notes(events, alarm) == 1
    assert "weather-r2 was TRAINED on 40 of the 40" in page(evaluation)
    assert [
        [o["trained_pairs"]["count"] for o in b["overlaps"]]
        for b in serialise(evaluation)["beside"]
    ] == [[], [], [], [40], [0]]


def test_further_sets_are_read_with_the_given_columns_if_they_have_them(translator, files):
    rows = [f"{de}\t{en}" for de, en in (("Brot", "bread"), ("Salz", "salt"), ("Öl", "oil"))]
    named, plain = (
        str(write_lines(files.folder / name, [header, *rows]))
        for name, header in (("named.tsv", "Vorn\tHinten"), ("plain.tsv", "de\ten"))
    )
    settings = {"base": "fake", "columns": "de=Vorn,en=Hinten"}
    config = EvaluationConfig(**settings, data=named, also=(named, plain))
    evaluation, _ = run_evaluation(config, translator=translator)
    assert [further.set.sources for further in evaluation.further_sets] == [
        ["Brot", "Salz", "Öl"]
    ] * 2
    other = str(write_lines(files.folder / "other.tsv", ["Eins\tZwei", *rows]))
    config = EvaluationConfig(**settings, data=named, also=(other,))
    with pytest.raises(ValueError, match=r"other\.tsv.* has no columns for de"):
        run_evaluation(config, translator=translator)


def test_missing_and_changed_own_data_are_reported(translator, adapter, weather):
    PairHashes.of(weather.train, weather.eval).write(adapter)
    manifest = adapter / "manifest.json"
    config = EvaluationConfig(
        base="fake", adapters=(adapter,), data="builtin:weather", max_pairs=40, own_data=True
    )
    assert not run_evaluation(config, translator=translator)[0].own_data_notes
    manifest.write_text(manifest.read_text().replace("builtin:weather", "builtin:recipes"))
    evaluation, events = run_evaluation(config, translator=translator)
    (note,) = evaluation.own_data_notes
    assert (
        note
        == "The training data of weather-r2, builtin:recipes, has changed since weather-r2 was "
        "trained. weather-r2 is scored on the changed data."
    )
    assert len(evaluation.further_sets) == 3
    assert note in remarks(evaluation) and count_notes(events, note)
    manifest.write_text(manifest.read_text().replace("builtin:recipes", "gone.tsv"))
    evaluation, events = run_evaluation(config, translator=translator)
    (note,) = evaluation.own_data_notes
    assert note.startswith(
        "weather-r2 is not scored on its own training data, because "
        "its training data cannot be read again"
    )
    assert not evaluation.further_sets
    assert note in remarks(evaluation) and count_notes(events, note)


def test_own_data_and_further_sets_are_scored_and_reported(translator, adapter):
    evaluation, _ = run_evaluation(
        EvaluationConfig(
            base="fake",
            adapters=(adapter,),
            data="builtin:weather",
            max_pairs=64,
            own_data=True,
            also=("builtin:recipes",),
        ),
        translator=translator,
    )
    assert [(b.set.split, b.is_own_data) for b in evaluation.further_sets] == [
        ("train", True),
        ("eval", True),
        ("test", True),
        ("test", False),
    ]
    assert len(evaluation.further_sets[0].set) == 200
    assert len(evaluation.further_sets[3].set) == 64
    assert evaluation.further_sets[0].systems[1].scores["bleu"].score == pytest.approx(100)
    html = page(evaluation)
    assert "Overfitting" in html
    assert "Forgetting" in html
    assert summary(evaluation)["beside"][3]["data"] == "builtin:recipes"
    assert "sentences" not in summary(evaluation)["beside"][3]
    assert all(b.set.sources[-1] in html for b in evaluation.further_sets)
    sentence = serialise(evaluation)["beside"][0]["sentences"][7]
    assert sentence["systems"]["weather-r2"] == {
        "output": sentence["references"][0],
        "chrf": pytest.approx(100),
    }
    assert sentence["systems"]["base"]["chrf"] < 100
