"""The strip of Compare says what base and adapters were trained on."""

import json
import shutil
from types import SimpleNamespace

from lora_demo.assets import ASSETS
from lora_demo.checkpoints.adapter_files import MANIFEST, find_adapter
from lora_demo.files import read_json
from lora_demo.service.origins import Origin, describe_origins
from lora_demo.service.services import open_services
from lora_demo.web.tabs.origin_strip import OriginStrip
from lora_demo.web.views.origins import strip_html

KEY = "nobody-else-knows-this-key"


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


def test_an_adapter_of_a_built_in_domain_is_not_named_after_what_it_replayed():
    config = {"attribution": "Replayed sentences of https://tatoeba.org, under CC BY 2.0."}
    weather = entry("w", "builtin:weather", data={"train_pairs": 60}, config=config)
    assert describe_origins([weather]) == [Origin(("w",), "builtin:weather", 60)]
    own = entry("o", "builtin-pairs.tsv", config={"attribution": "Sentences of mine, 2026"})
    assert describe_origins([own]) == [Origin(("o",), "Sentences of mine", None)]


def test_a_strangers_manifest_is_shown_as_text_and_only_if_it_is_sound():
    odd = entry("<i>", "<b>", data={"train_pairs": "many"}, config=["no"])
    html = strip_html("mini", 10, describe_origins([odd]))
    assert "<b>&lt;i&gt;</b> learned from &lt;b&gt;." in html
    assert "is not recorded" in strip_html("mini", 10, describe_origins([entry("x")]))


def test_the_embedded_base_hardly_learned_german_to_english_as_the_strip_says():
    last = read_json(ASSETS / "mini" / "training.json")
    assert last["options"]["mixture"].get("de-en", 0) == 0
    assert "trained on short everyday sentences" in strip_html("mini", 10, [])
    assert "toy" not in strip_html("/bases/other", 10, [])
    assert "/bases" not in strip_html("/b/o", 1, [])


def test_an_adapter_of_another_version_of_the_embedded_base_is_named(tmp_path):
    folder = shutil.copytree(find_adapter("mini-r4"), tmp_path / "old")
    manifest = read_json(folder / MANIFEST)
    other = manifest | {"base": manifest["base"] | {"sha256": "0" * 64}}
    (folder / MANIFEST).write_text(json.dumps(other), encoding="utf-8")
    services = open_services("mini", None, tmp_path / "visitors")
    id = services.library.keep_upload([str(file) for file in folder.iterdir()], KEY)
    strip = SimpleNamespace(services=services)
    sentence = f"<b>{services.library.entries(KEY)[id].name}</b>: trained on another version of"
    assert sentence in OriginStrip.show(strip, "mini", ["mini-r4", id], KEY)
    assert "another version" not in OriginStrip.show(strip, "mini", ["mini-r4"], KEY)
