"""The adapter library: upload, rename, reduce, merge, delete, unique names."""

import json
import shutil
import threading
import zipfile
from collections import Counter
from dataclasses import replace

import pytest

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.language import in_language
from lora_demo.model.lora_config import LoraConfig
from lora_demo.service import adapter_entries, adapter_library, adapter_storage, archives
from lora_demo.service.services import open_services
from lora_demo.service.visitor_folders import LAST_USED, visitor_folder
from lora_demo.training.config import TrainConfig
from lora_demo.training.runs import create
from lora_demo.web.views.adapter_cards import cards_html, details_html
from lora_demo.web.views.followed_run import view_runs
from tests.checkpoints.adapter_folders import write_random
from tests.service.conftest import KEY, OTHER
from tests.waiting import wait_for


def upload(services, tmp_path) -> str:
    adapter = write_random(
        tmp_path / "mine", find_base(services.base), LoraConfig(3, 3, 0.0, ("v",)), seed=1
    )
    return adapter_storage.keep_upload(
        [archives.pack(adapter, "kitchen")],
        visitor_folder(services.visitors.root, KEY),
        services.config,
    )


def test_an_adapter_of_the_embedded_base_is_not_listed_for_one_with_more_blocks():
    config = find_base("mini").config
    more_blocks = replace(config, num_layers=config.num_layers + 1)
    assert "mini-r4" in adapter_entries.list_adapters(None, config)
    assert "mini-r4" not in adapter_entries.list_adapters(None, more_blocks)


def test_only_the_owner_can_rename_delete_or_reduce_an_upload(services, tmp_path):
    id = upload(services, tmp_path)
    assert {entry.name: entry.origin for entry in services.library.entries(KEY).values()} == {
        "kitchen": "shipped",
        "kitchen #2": "uploaded",
    }
    for act in (
        lambda: services.library.rename(id, "x", OTHER),
        lambda: services.library.delete(id, OTHER),
        lambda: services.library.reduce(id, 1, OTHER),
    ):
        with pytest.raises(ValueError, match="was not found"):
            act()
    services.library.rename(id, " Größe 3 (klein) ", KEY)
    assert services.library.entries(KEY)[id].name == "Größe 3 (klein)"
    with zipfile.ZipFile(
        archives.pack(
            services.library.entries(KEY)[id].folder, services.library.entries(KEY)[id].name
        )
    ) as archive:
        assert "Größe-3-klein/adapter_config.json" in archive.namelist()
    services.library.delete(id, KEY)
    assert list(services.library.entries(KEY)) == ["kitchen"]


def test_shipped_adapters_are_general_unless_trained_on_for_a_domain(
    services, tmp_path, monkeypatch
):
    base = find_base(services.base)
    parent = {"name": "plain", "sha256": "ab" * 32}
    manifests = {
        "plain": {"data": {"source": "train.jsonl"}},
        "longer": {"data": {"source": "train.jsonl"}, "parent": parent},
        "domain": {"data": {"source": "builtin:weather"}, "parent": parent},
    }
    folders = []
    for name, manifest in manifests.items():
        folder = write_random(tmp_path / name, base, LoraConfig(2, 2, 0.0, ("q",)))
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        folders.append(folder)
    monkeypatch.setattr(adapter_entries, "shipped", lambda: folders)
    upload(services, tmp_path)
    assert list(services.library.entries("")) == list(manifests)
    assert services.library.general_ids() == ["plain", "longer"]


@pytest.mark.parametrize("name", ["", " ", "<b>x", "../x", "x" * 41, "a/b", "-x"])
def test_invalid_names_are_refused(services, tmp_path, name):
    id = upload(services, tmp_path)
    with pytest.raises(ValueError, match="name ="):
        services.library.rename(id, name, KEY)
    assert services.library.entries(KEY)[id].name == "kitchen #2"


def test_shipped_adapters_cannot_be_renamed_or_deleted(services):
    with pytest.raises(ValueError, match="comes with the app"):
        services.library.rename("kitchen", "x", KEY)
    with pytest.raises(ValueError, match="comes with the app"):
        services.library.delete("kitchen", KEY)


def test_a_reduced_adapter_belongs_to_the_visitor(services):
    id, loss = services.library.reduce("kitchen", 2, KEY)
    entry = services.library.entries(KEY)[id]
    assert (entry.name, entry.origin, entry.rank, entry.chrf) == (
        "kitchen-to-r2",
        "reduced",
        2,
        None,
    )
    assert loss == services.library.losses(services.library.entries("")["kitchen"])[0]
    assert 0 < loss.share < 1
    assert id not in services.library.entries(OTHER)
    assert "kitchen-to-r2" in cards_html([entry], id)
    assert "Reduced from" in details_html(entry, services.library.details(entry))
    with pytest.raises(ValueError, match="below the adapter's rank of 4"):
        services.library.reduce("kitchen", 4, KEY)


def test_a_combined_adapter_belongs_to_the_visitor(services, tmp_path):
    own = upload(services, tmp_path)
    id, combined = services.library.combine(["kitchen", own], [0.5, 2], KEY, "both")
    entry = services.library.entries(KEY)[id]
    assert (entry.name, entry.origin, entry.rank) == ("both", "combined", combined.rank)
    assert id not in services.library.entries(OTHER)
    parts = entry.manifest["combined"]["from"]
    assert [(part["name"], part["weight"]) for part in parts] == [
        ("kitchen", 0.5),
        ("kitchen #2", 2),
    ]


def test_a_combination_that_does_not_work_is_refused_and_leaves_nothing(services, tmp_path):
    own = upload(services, tmp_path)
    before = list(services.library.entries(KEY))
    for ids, weights, word in (
        (["kitchen"], [1], "1 adapter was given"),
        (["kitchen", "kitchen"], [1, 1], "given twice"),
        (["kitchen", own], [1], r"weights \(1\) does not match .* \(2\)"),
        (["kitchen", own], [1, 0], "weight of kitchen #2 is 0"),
        (["kitchen", own], [1, float("nan")], "must be a number"),
        (["kitchen", "none"], [1, 1], "was not found"),
    ):
        with pytest.raises(ValueError, match=word):
            services.library.combine(ids, weights, KEY)
    assert list(services.library.entries(KEY)) == before


def test_a_merged_checkpoint_contains_the_update(services, tmp_path):
    with zipfile.ZipFile(services.library.merge("kitchen", KEY)) as archive:
        archive.extractall(tmp_path / "out")
    merged = find_base(str(tmp_path / "out" / "kitchen-merged"))
    from lora_demo.checkpoints.tensors import read_index, read_tensor

    name = "decoder.block.0.layer.0.SelfAttention.q"
    A, B, scale = read_adapter(
        services.library.entries("")["kitchen"].folder, services.config
    ).matrices[name]

    def weight(folder):
        return read_tensor(read_index(folder)[f"{name}.weight"], f"{name}.weight").T

    assert (
        abs(weight(merged.folder) - weight(find_base(services.base).folder) - scale * A @ B).max()
        < 1e-5
    )


def test_merging_a_large_base_names_the_command_instead(services, monkeypatch):
    monkeypatch.setattr(adapter_library, "MAX_MERGED_BYTES", 10**3)
    with pytest.raises(ValueError, match="lora_demo merge"):
        services.library.merge("kitchen", KEY)


def test_deleting_a_run_does_not_disturb_other_pages(tmp_path):
    services, room = open_services("mini", None, tmp_path), visitor_folder(tmp_path, KEY)
    looks, errors, ended = Counter(), [], threading.Event()

    def watch(number):
        while not ended.is_set():
            try:
                view_runs(services.trainings, KEY, None)
                services.library.entries(KEY)
            except Exception as error:
                errors.append(error)
            looks[number] += 1

    watchers = [threading.Thread(target=watch, args=(number,)) for number in range(2)]
    for watcher in watchers:
        watcher.start()
    for _ in range(20):
        run = create(TrainConfig(steps=5), room)
        (run.folder / "events.jsonl").write_text('{"kind": "done", "time": 1, "step": 1}\n')
        (run.folder / "adapter").mkdir()
        (run.folder / "adapter" / "README.md").touch()
        before = dict(looks)
        for number in range(2):
            wait_for(lambda: looks[number] > before.get(number, 0))  # noqa: B023
        run.delete()
    ended.set()
    for watcher in watchers:
        watcher.join()
    assert errors == []
    assert {path.name for path in room.iterdir()} <= {LAST_USED}


def test_a_manifest_with_wrong_types_does_not_break_a_card(services, tmp_path):
    id = upload(services, tmp_path)
    folder = services.library.entries(KEY)[id].folder
    (folder / "manifest.json").write_text(
        '{"scores": [1], "data": "x", "training": 3, "reduced": "<b>", "base": 1, "config": []}'
    )
    entry = services.library.entries(KEY)[id]
    html = cards_html([entry], id) + details_html(entry, services.library.details(entry))
    assert "no score" in html and "<b>&lt;" not in html
    services.library.reduce(id, 1, KEY)
    shutil.rmtree(folder)


def test_details_name_what_has_no_effect_in_the_language_of_the_visitor(services, tmp_path):
    id = upload(services, tmp_path)
    entry = services.library.entries(KEY)[id]
    config = entry.folder / "adapter_config.json"
    document = json.loads(config.read_text()) | {"target_modules": ["v", "wo"]}
    config.write_text(json.dumps(document))
    shown = {}
    for language in ("en", "de"):
        with in_language(language):
            shown[language] = details_html(entry, services.library.details(entry))
    assert "Target modules without tensors" in shown["en"]
    assert "Module aus target_modules" in shown["de"]
