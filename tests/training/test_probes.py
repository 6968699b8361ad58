"""Own probe sentences: from every entrance the same, translated at each evaluation, not scored."""

import json
from dataclasses import replace

import pytest

from lora_demo.cli.main import parse_arguments
from lora_demo.cli.train_settings import config_from
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import EvalEvent
from lora_demo.training.progress import RunProgress
from lora_demo.training.request import TrainRequest
from lora_demo.training.settings import make_config
from lora_demo.training.settings_file import read_settings, settings_document
from lora_demo.training.trainer import Trainer
from lora_demo.web.views.run_view import probes_html

OWN = ("Ich heiße Ada.", "-Ja, gern.")


def from_command_line(*arguments):
    return config_from(parse_arguments(["train", *arguments]))


def test_every_entrance_gives_the_same_sentences(tmp_path):
    config = make_config({"steps": 5, "probes": list(OWN)})
    assert config.probes == OWN
    arguments = [f"--probe={text}" for text in OWN]
    assert from_command_line("--steps", "5", *arguments) == config
    request = TrainRequest(alpha=0.0, unit="steps", length=5, probes="\n".join(OWN) + "\n \n")
    assert request.configs("mini", None, "builtin") == [config]
    assert TrainRequest.from_config(config).probes.splitlines() == list(OWN)
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(settings_document(config)))
    assert make_config(read_settings(file)) == config
    assert from_command_line("--config", str(file)) == config
    assert from_command_line("--config", str(file), "--probe", "Nein.").probes == ("Nein.",)


def test_the_shown_command_repeats_them():
    config = make_config({"steps": 5, "probes": OWN})
    assert "'--probe=Ich heiße Ada.' '--probe=-Ja, gern.'" in config.command()


def test_settings_without_the_field_are_read():
    document = TrainConfig(steps=5).to_json()
    del document["probes"]
    assert TrainConfig.from_json(document).probes == ()


@pytest.mark.parametrize("probes", [("",), (" \u200b",), ("a\nb",), ("x" * 301,), ("x",) * 6, "x"])
def test_other_values_are_refused_in_one_sentence(probes):
    with pytest.raises(ValueError, match=r"^Training settings: probes = .*at most 5 sentences"):
        TrainConfig(steps=5, probes=probes)


def test_they_are_translated_at_each_evaluation_and_change_no_score(quick_config, tmp_path):
    def evaluations(name, **settings):
        config = replace(quick_config, steps=2, eval_every=1, rank=2, max_length=32, **settings)
        events = list(Trainer(config, tmp_path / name).run())
        return events, [event for event in events if isinstance(event, EvalEvent)]

    _unused, plain = evaluations("plain")
    events, own = evaluations("own", probes=("Ein  Hund.", *OWN, "Ein Hund."))
    assert len(own) == 3
    for event, other in zip(own, plain, strict=True):
        assert [probe.de for probe in event.probes[:3]] == ["Ein Hund.", *OWN]
        assert {probe.reference for probe in event.probes[:3]} == {""}
        assert [probe.de for probe in event.probes[3:]] == [probe.de for probe in other.probes]
        assert event.eval_loss == pytest.approx(other.eval_loss, abs=1e-5)
    manifest = json.loads((tmp_path / "own" / "adapter" / "manifest.json").read_text())
    assert manifest["config"]["probes"] == []
    assert "--probe" not in manifest["command"]
    html = probes_html(RunProgress.from_events(events))
    assert html.count("<dt>reference</dt>") == len(plain[0].probes)
    assert "Your own sentences are first" in html
