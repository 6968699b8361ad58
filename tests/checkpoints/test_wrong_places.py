"""Wrong folders and files are refused in one line that says what to give instead."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.base import check_tensors, find_base
from lora_demo.checkpoints.tensors import read_index, read_tensor
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.model.config import T5Config

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"
CONFIG = json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q"]})


def refusal(function, *arguments):
    with pytest.raises(ValueError, match=r"\.$") as error:
        function(*arguments)
    return str(error.value)


def put_adapter(folder):
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(CONFIG)
    return folder


def test_an_adapter_in_a_subfolder_is_named(tmp_path):
    inner = put_adapter(tmp_path / "run" / "adapter")
    assert str(inner) in refusal(read_config, tmp_path / "run")


def test_many_checkpoints_are_listed_in_their_order(tmp_path):
    for step in (100, 20, 3000, 400, 5, 60):
        put_adapter(tmp_path / f"checkpoint-{step}")
    message = refusal(read_config, tmp_path)
    assert message.index("checkpoint-5,") < message.index("checkpoint-20,")
    assert message.index("checkpoint-100,") < message.index("and 1 more")
    assert "checkpoint-3000" not in message


def test_a_whole_model_in_the_place_of_an_adapter_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert "is a whole model, not an adapter" in refusal(read_config, tmp_path)


def test_checkpoints_below_an_adapter_without_weights_are_named(tmp_path, tiny_base):
    outer = put_adapter(tmp_path / "out")
    put_adapter(outer / "checkpoint-4")
    (problem,) = find_problems(outer, find_base(str(tiny_base)).config)
    assert "copy that file from where the adapter was saved" in problem
    inner = put_adapter(outer / "checkpoint-5")
    (inner / "adapter_model.safetensors").write_bytes(b"")
    (problem,) = find_problems(outer, find_base(str(tiny_base)).config)
    assert problem == f"it has no adapter_model.safetensors. Use the adapter in it: {inner}"


def test_a_missing_folder_and_a_file_are_told_apart(tmp_path):
    (tmp_path / "adapter.zip").write_bytes(b"")
    assert "Unpack" in refusal(read_config, tmp_path / "adapter.zip")
    assert "was not found" in refusal(read_config, tmp_path / "nothing")


def test_pickled_weights_are_refused_with_the_line_that_converts_them(tmp_path, tiny_base):
    torch = pytest.importorskip("torch")
    import subprocess

    folder = put_adapter(tmp_path / "old")
    torch.save({"a": torch.ones(2, 3).T}, folder / "adapter_model.bin")
    (problem,) = find_problems(folder, find_base(str(tiny_base)).config)
    command = problem[problem.index("python -c") :]
    subprocess.run(command, shell=True, cwd=folder, check=True)
    assert load_file(folder / "adapter_model.safetensors")["a"].shape == (3, 2)


def test_a_git_lfs_pointer_is_named_in_adapters_bases_and_tokenizers(tmp_path, tiny_base):
    folder = put_adapter(tmp_path / "clone")
    (folder / "adapter_model.safetensors").write_bytes(POINTER)
    config = find_base(str(tiny_base)).config
    assert "git lfs pull" in refusal(find_problems, folder, config)
    base = shutil.copytree(tiny_base, tmp_path / "base")
    (base / "model.safetensors").write_bytes(POINTER)
    assert "git lfs pull" in refusal(find_base, str(base))
    (base / "tokenizer.json").write_bytes(POINTER)
    assert "git lfs pull" in refusal(Tokenizer, base)


@pytest.mark.parametrize("with_shards", [False, True])
def test_a_whole_file_comes_before_a_stale_index(tmp_path, tiny_base, with_shards):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    tensors = load_file(base / "model.safetensors")
    shard = "model-00001-of-00001.safetensors"
    index = {"metadata": {}, "weight_map": dict.fromkeys(tensors, shard)}
    (base / "model.safetensors.index.json").write_text(json.dumps(index))
    if with_shards:
        save_file({name: np.zeros_like(array) for name, array in tensors.items()}, base / shard)
    files = read_index(base)
    assert {file.name for file in files.values()} == {"model.safetensors"}
    shared = read_tensor(files["shared.weight"], "shared.weight")
    assert np.array_equal(shared, tensors["shared.weight"])


def test_a_base_with_a_prefix_is_refused_in_one_short_line(tmp_path, tiny_base):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    tensors = load_file(base / "model.safetensors")
    prefixed = {f"module.{name}": array for name, array in tensors.items()}
    save_file(prefixed, base / "model.safetensors")
    message = refusal(check_tensors, find_base(str(base)))
    assert len(message) < 800
    assert "'module.'" in message
    assert " more" in message


@pytest.mark.parametrize("settings", [None, {"tokenizer_class": "ByT5Tokenizer"}])
def test_byt5_needs_no_tokenizer_file(tmp_path, settings):
    transformers = pytest.importorskip("transformers")
    (tmp_path / "config.json").write_text('{"vocab_size": 384}')
    if settings:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    ours, theirs = Tokenizer(tmp_path), transformers.ByT5Tokenizer()
    texts = ["Käse für 3 €", "", "日本 🙂"]
    ids = ours.encode(texts)
    assert ids == theirs(texts)["input_ids"]
    broken = [*ids[0][:3], 2, 1, 0, 0]  # unknown, end, padding
    for row in (*ids, broken, [0, *ids[2], 0]):
        assert ours.decode([row]) == [theirs.decode(row, skip_special_tokens=True)]


def test_mt5_is_read_as_t5_v1_1():
    sizes = {"vocab_size": 40, "d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    for further in ({}, {"tie_word_embeddings": True}, {"tie_word_embeddings": False}):
        config = T5Config.from_json({"model_type": "mt5", **sizes, **further})
        assert config.feed_forward_proj == "gated-gelu"
        assert not config.scale_decoder_outputs
    assert not T5Config.from_json({"model_type": "mt5", **sizes}).tie_word_embeddings
