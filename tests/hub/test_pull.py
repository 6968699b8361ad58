"""Pull: only the files of an adapter, checked before they are in their place."""

import json

import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.base import check_tensors, find_base
from lora_demo.hub.pull import pull_adapter
from lora_demo.hub.push import push_adapter
from tests.hub.conftest import PEFT_FILES, files_of, make_adapter


def test_a_pull_downloads_only_the_needed_files_and_names_the_base(
    hub, published, adapter, tmp_path
):
    pulled = pull_adapter("ada/kitchen", tmp_path / "back")
    assert set(files_of(pulled.folder)) == PEFT_FILES
    assert (
        pulled.base,
        pulled.rank,
        pulled.commit,
    ) == ("ada/small-t5", 3, published.commits[-1][0])
    assert (pulled.folder / "adapter_model.safetensors").read_bytes() == (
        adapter / "adapter_model.safetensors"
    ).read_bytes()
    asked = {
        path.rsplit("/")[-1]
        for method, path, _ in hub.requests
        if method == "HEAD" and "/ada/kitchen/resolve/" in path
    }
    assert asked == PEFT_FILES
    assert not list(tmp_path.glob(".back*"))


def test_an_older_revision_can_be_pulled(hub, published, adapter, small_base, tmp_path):
    old, first = published.commits[1][0], (adapter / "adapter_model.safetensors").read_bytes()
    make_adapter(adapter, small_base, "ada/small-t5", seed=3)
    push_adapter(adapter, "ada/kitchen")
    assert pull_adapter(f"ada/kitchen@{old}", tmp_path / "old").commit == old
    assert (tmp_path / "old" / "adapter_model.safetensors").read_bytes() == first
    with pytest.raises(ValueError, match=r"revision of .* was not found"):
        pull_adapter("ada/kitchen@nowhere", tmp_path / "none")


def test_an_existing_folder_is_only_replaced_if_allowed(published, tmp_path):
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="--overwrite"):
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert (
        set(files_of(pull_adapter("ada/kitchen", tmp_path / "back", overwrite=True).folder))
        == PEFT_FILES
    )


def test_an_adapter_made_by_peft_needs_no_manifest(hub, published, tmp_path):
    repo = hub.repo("ada/kitchen")
    repo.commit(
        {name: data for name, data in repo.files.items() if name.startswith("adapter_")}, "bare"
    )
    assert set(files_of(pull_adapter("ada/kitchen", tmp_path / "back").folder)) == {
        "adapter_model.safetensors",
        "adapter_config.json",
    }


def rewritten(repo, **changes):
    config = json.loads(repo.files["adapter_config.json"]) | changes
    repo.commit(repo.files | {"adapter_config.json": json.dumps(config).encode()}, "changed")


def poisoned(repo, tmp_path):
    (tmp_path / "w").write_bytes(repo.files["adapter_model.safetensors"])
    tensors = load_file(tmp_path / "w")
    tensors[sorted(tensors)[0]][0, 0] = float("nan")
    save_file(tensors, tmp_path / "w")
    repo.commit(
        repo.files | {"adapter_model.safetensors": (tmp_path / "w").read_bytes()}, "poisoned"
    )


WHOLE = ("adapter_config.json", "adapter_model.safetensors")
BAD = {
    "no adapter": (
        lambda repo, _: repo.commit({"config.json": b"{}"}, "x"),
        "no adapter_config.json",
    ),
    "a whole model": (
        lambda repo, _: repo.commit({"config.json": b"{}", "model.safetensors": b"x"}, "x"),
        r"It is a whole model\. Use it with --base ada/kitchen\.$",
    ),
    "a checkpoint without an outer adapter": (
        lambda repo, _: repo.commit(
            {"adapter_config.json": b"{}"}
            | {f"checkpoint-5/{name}": repo.files[name] for name in WHOLE},
            "x",
        ),
        r"has no adapter_model.safetensors\. Use the adapter in it: ada/kitchen/checkpoint-5\.$",
    ),
    "a pickle": (
        lambda repo, _: repo.commit(
            {"adapter_config.json": repo.files["adapter_config.json"], "adapter_model.bin": b"x"},
            "x",
        ),
        "pickle",
    ),
    "not LoRA": (lambda repo, _: rewritten(repo, peft_type="IA3"), "IA3"),
    "another rank": (lambda repo, _: rewritten(repo, r=4), "has rank 3, not 4"),
    "no base": (lambda repo, _: rewritten(repo, base_model_name_or_path=None), "--base"),
    "somebody's folder as base": (
        lambda repo, _: rewritten(repo, base_model_name_or_path="/home/x/t5"),
        "--base",
    ),
    "a large config": (
        lambda repo, _: repo.commit(repo.files | {"adapter_config.json": b" " * 2_000_000}, "x"),
        "too large",
    ),
    "no safetensors": (
        lambda repo, _: repo.commit(repo.files | {"adapter_model.safetensors": b"PK"}, "x"),
        "safetensors",
    ),
    "NaN": (poisoned, "NaN"),
}


@pytest.mark.parametrize(("change", "word"), BAD.values(), ids=BAD)
def test_an_unsound_adapter_leaves_no_files(published, tmp_path, change, word):
    change(published, tmp_path)
    with pytest.raises(ValueError, match=word) as error:
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert "\n" not in str(error.value)
    assert "ada/kitchen" in str(error.value)
    assert "partial" not in str(error.value)
    assert not (tmp_path / "back").exists()
    assert not list(tmp_path.glob(".back*"))


def test_weights_over_the_limit_are_not_downloaded(hub, published, tmp_path):
    with pytest.raises(ValueError, match="too large"):
        pull_adapter("ada/kitchen", tmp_path / "back", max_bytes=1000)
    assert hub.count("GET", "/resolve/|/cdn/") == 0


@pytest.mark.parametrize(
    "id",
    [
        "",
        "kitchen",
        "ada/kitchen@",
        "../etc/passwd",
        "ada/..",
        "file:///etc/passwd",
        "http://127.0.0.1/ada/x",
        "ada/kitchen@../../x",
        "-a/b",
        "a b/c",
    ],
)
def test_invalid_ids_are_refused_before_any_request(hub, id, tmp_path):
    with pytest.raises(ValueError, match="user/name"):
        pull_adapter(id, tmp_path / "back")
    assert hub.requests == []


def test_private_and_missing_repositories_give_the_same_advice(
    hub, published, tmp_path, monkeypatch
):
    with pytest.raises(ValueError, match="Check the spelling"):
        pull_adapter("ada/nothing", tmp_path / "back")
    monkeypatch.setenv("HF_TOKEN", "hf_reader")
    published.private = True
    with pytest.raises(ValueError, match="Check the spelling"):
        pull_adapter("ada/kitchen", tmp_path / "back")
    assert pull_adapter("ada/kitchen", tmp_path / "back", token="hf_writer").rank == 3


def test_a_pull_warns_of_another_version_of_the_embedded_base(
    hub, small_base, tmp_path, monkeypatch
):
    for module in ("lora_demo.checkpoints.base", "lora_demo.hub.parcel"):
        monkeypatch.setattr(f"{module}.EMBEDDED_FOLDER", small_base)
    push_adapter(make_adapter(tmp_path / "kitchen", small_base, "mini"), "ada/kitchen")
    pulled = pull_adapter("ada/kitchen", tmp_path / "back")
    assert pulled.base == "mini" and "--base ada/kitchen/base" in pulled.note
    check_tensors(find_base("ada/kitchen/base"))
    assert not (tmp_path / "back" / "base").exists()
