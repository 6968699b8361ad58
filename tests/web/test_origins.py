"""The strip of Compare says what base and adapters were trained on."""

from types import SimpleNamespace

from lora_demo.assets import ASSETS
from lora_demo.files import read_json
from lora_demo.service.origins import Origin, describe_origins
from lora_demo.web.views.origins import strip_html


def entry(name, source="", **manifest):
    return SimpleNamespace(name=name, data=source, manifest=manifest)


def test_adapters_of_the_same_data_are_named_together():
    config = {"attribution": "Sentences of https://tatoeba.org, German-English, under CC BY 2.0."}
    data = {"source": "train.jsonl", "train_pairs": 500}
    ours = [entry(f"r{rank}", "train.jsonl", data=data, config=config) for rank in (4, 8)]
    assert describe_origins([*ours, entry("w", "builtin:weather", data={"train_pairs": 60})]) == [
        Origin(("r4", "r8"), "Sentences of https://tatoeba.org", 500),
        Origin(("w",), "builtin:weather", 60),
    ]


def test_a_strangers_manifest_is_shown_as_text_and_only_if_it_is_sound():
    odd = entry("<i>", "<b>", data={"train_pairs": "many"}, config=["no"])
    html = strip_html("mini", 10, describe_origins([odd]))
    assert "<b>&lt;i&gt;</b> learned from &lt;b&gt;." in html
    assert "is not recorded" in strip_html("mini", 10, describe_origins([entry("x")]))


def test_the_embedded_base_hardly_learned_german_to_english_as_the_strip_says():
    last = read_json(ASSETS / "mini" / "training.json")
    assert last["options"]["mixture"].get("de-en", 0) == 0
    assert "trained on short everyday sentences" in strip_html("mini", 10, [])
    assert "toy" not in strip_html("/bases/other", 10, []) and "/bases" not in strip_html(
        "/b/o", 1, []
    )
