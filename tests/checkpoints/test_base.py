"""Base models: folders are checked before they are read; merged ones equal base and adapter."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import (
    check_tensors,
    find_base,
    find_config,
    load_model,
    save_checkpoint,
)
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.model.lora import Context
from lora_demo.model.lora_config import LoraConfig
from tests.checkpoints.adapter_folders import write_random


def copy_of(base, tmp_path, change, **config):
    """Copy the base's folder with other tensors and another config."""
    folder = tmp_path / "changed"
    folder.mkdir()
    for file in base.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors")
    document = json.loads((folder / "config.json").read_text()) | config
    (folder / "config.json").write_text(json.dumps(document))
    return str(folder)


def test_every_mismatch_is_listed(base, tmp_path):
    def change(tensors):
        del tensors["encoder.final_layer_norm.weight"]
        tensors["encoder.surprise"] = np.zeros(2, "float32")
        tensors["decoder.block.0.layer.0.SelfAttention.q.weight"] = np.zeros((3, 3), "float32")

    with pytest.raises(ValueError, match=r"do not match its config\.json") as error:
        check_tensors(find_base(copy_of(base, tmp_path, change)))
    for word in ("missing encoder.final_layer_norm.weight", "unknown encoder.surprise", "(3, 3)"):
        assert word in str(error.value)


def test_the_head_is_tied_where_the_file_has_none(base, tmp_path):
    def change(tensors):
        del tensors["lm_head.weight"]

    tied = find_base(copy_of(base, tmp_path, change, tie_word_embeddings=False))
    assert tied.config.tie_word_embeddings
    assert not tied.config.scale_decoder_outputs
    assert load_model(tied).lm_head is None


def test_the_embedding_may_have_another_name(base, tmp_path):
    def change(tensors):
        tensors["encoder.embed_tokens.weight"] = tensors.pop("shared.weight")

    renamed, original = load_model(find_base(copy_of(base, tmp_path, change))), load_model(base)
    assert np.array_equal(renamed.shared.weight.numpy(), original.shared.weight.numpy())


def test_shards_read_like_one_file(base, tmp_path):
    weights = {path: v.numpy() for path, v in load_model(base).parameters().items()}
    save_checkpoint(tmp_path, base.config, weights, base.folder, max_shard_bytes=20_000)
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    for path, variable in load_model(find_base(str(tmp_path))).parameters().items():
        assert np.array_equal(variable.numpy(), weights[path])


def test_a_shard_outside_the_folder_is_not_read(base, tmp_path):
    folder = copy_of(base, tmp_path, lambda t: None)
    os.rename(f"{folder}/model.safetensors", f"{folder}/../model.safetensors")
    with open(folder + "/model.safetensors.index.json", "w") as file:
        json.dump({"weight_map": {"shared.weight": "../model.safetensors"}}, file)
    with pytest.raises(ValueError, match="not in its folder"):
        find_base(folder)


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"model_type": "bart"}, "bart"),
        ({"d_model": -1}, "d_model"),
        ({"feed_forward_proj": "gated-tanh"}, "feed_forward_proj"),
        ({"num_heads": None}, "num_heads"),
    ],
)
def test_a_config_of_another_model_is_refused(base, tmp_path, config, word):
    with pytest.raises(ValueError, match=word):
        find_base(copy_of(base, tmp_path, lambda t: None, **config))


def test_merged_equals_base_and_adapter(base, tmp_path):
    folder = write_random(tmp_path / "adapter", base, LoraConfig(3, 6, 0.0, ("q", "wo")))
    adapter = read_adapter(folder, base.config)
    merge_adapter(base, adapter, tmp_path / "merged")
    assert "merged into its weights" in (tmp_path / "merged" / "README.md").read_text()
    merged, unmerged = load_model(find_base(str(tmp_path / "merged"))), load_model(base)
    for path, (A, B, scale) in adapter.matrices.items():
        layer = unmerged.lora_layers()[path]
        layer.allocate(2, 3)
        layer.bank.write(1, A, scale * B)
    ids = np.arange(2, 14, dtype="int32").reshape(2, 6)
    mask = np.ones_like(ids)

    def logits(model, context):
        return np.asarray(model(ids, mask, ids, context=context))

    of_merged = logits(merged, Context())
    difference = np.abs(of_merged - logits(unmerged, Context(1))).max()
    effect = np.abs(of_merged - logits(unmerged, Context())).max()
    assert difference < 1e-4 < effect


def test_an_unreachable_hub_is_reported_in_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(ValueError, match="--base mini"):
        find_base("google/flan-t5-small-that-is-not-cached")
    with pytest.raises(ValueError, match=r"neither a folder .* Correct the path .* connection"):
        find_base("runs/old")
    assert find_config("google/flan-t5-xl").d_model == 2048


@pytest.mark.parametrize(
    "id",
    [
        "../../etc",
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "a b",
        "x\ny",
        "$(id)",
        "",
        "/nowhere/at/all",
    ],
)
def test_an_invalid_id_is_refused(id):
    with pytest.raises(ValueError, match=r"base|Hub|config\.json"):
        find_base(id)


def test_reading_takes_no_more_than_the_model_and_a_few_copies_of_its_largest_tensor(
    base, tmp_path
):
    from lora_demo.model.config import T5Config
    from lora_demo.model.shapes import total_parameters, weight_shapes

    config = T5Config(32128, 512, 64, 1024, 8, 8, 6)
    shapes = weight_shapes(config)
    weights = {path: np.zeros(shape, "float32") for path, shape in shapes.items()}
    save_checkpoint(tmp_path, config, weights, base.folder)
    script = """
import sys
from lora_demo.checkpoints.base import find_base, load_model
from lora_demo.training.speed import peak_bytes
import lora_demo.model.t5
import keras; keras.ops.ones(1)
before = peak_bytes(); model = load_model(find_base(sys.argv[1])); print(peak_bytes() - before)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    taken = int(done.stdout)
    assert taken < 4 * (total_parameters(config) + 5 * config.vocab_size * config.d_model)
