"""Bases with other weights or tokenizers than they need are refused with advice that works."""

import json
import shutil
import subprocess
import sys

import ml_dtypes  # noqa: F401  (registers bfloat16 with numpy)
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.base import (
    check_tensors,
    find_base,
    find_config,
    load_model,
    save_checkpoint,
)
from lora_demo.checkpoints.base_download import FILES
from lora_demo.checkpoints.tensors import read_index
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.model.config import ALIASES, T5Config


def refusal(function, *arguments):
    with pytest.raises(ValueError, match=r"[.\"]$") as error:
        function(*arguments)
    return str(error.value)


def test_a_base_of_pytorch_is_refused_with_the_line_that_converts_it(tmp_path, tiny_base):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")

    base = shutil.copytree(tiny_base, tmp_path / "base")
    model = transformers.T5ForConditionalGeneration.from_pretrained(base)
    torch.save(model.state_dict(), base / "pytorch_model.bin")
    (base / "model.safetensors").unlink()
    message = refusal(find_base, str(base))
    command = message[message.index("-c ") + 4 : -1]
    subprocess.run([sys.executable, "-c", command], cwd=base, check=True, capture_output=True)
    assert find_base(str(base)).config == find_base(str(tiny_base)).config


@pytest.mark.parametrize(
    ("file", "advice"),
    [
        ("model.fp16.safetensors", "Rename model.fp16.safetensors"),
        ("tf_model.h5", "tf_model.h5 is not read"),
        ("notes.txt", "Download the model again"),
        ("model-00002-of-00002.safetensors", "a part of the weights. Download the index and every"),
    ],
)
def test_a_folder_without_weights_says_how_to_get_them(tmp_path, file, advice):
    (tmp_path / file).write_bytes(b"")
    assert advice in refusal(read_index, tmp_path)


def test_a_variant_in_parts_is_refused_with_the_line_that_converts_it(tmp_path, tiny_base):
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")

    base = shutil.copytree(tiny_base, tmp_path / "base")
    model = transformers.T5ForConditionalGeneration.from_pretrained(base)
    (base / "model.safetensors").unlink()
    model.save_pretrained(base, variant="fp16", max_shard_size="20KB")
    message = refusal(find_base, str(base))
    assert "is a part of the variant fp16. Save" in message
    command = message[message.index("-c ") + 4 : -1]
    subprocess.run([sys.executable, "-c", command], cwd=base, check=True, capture_output=True)
    assert find_base(str(base)).config == find_base(str(tiny_base)).config


@pytest.mark.parametrize("file", ["config.json", "model.safetensors.index.json"])
def test_a_pointer_of_git_lfs_in_the_place_of_a_document_is_named(tmp_path, tiny_base, file):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    (base / "model.safetensors").rename(base / "other.safetensors")
    (base / file).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:ab\n")
    message = refusal(find_base, str(base))
    assert f"{file} is a Git LFS pointer, not the file itself. Run `git lfs pull`" in message


@pytest.mark.parametrize("find", [find_base, find_config])
def test_a_folder_without_a_base_is_refused_with_what_it_is(tmp_path, find):
    assert "it has no config.json. Give the folder of a T5" in refusal(find, str(tmp_path))
    (tmp_path / "adapter_config.json").write_text("{}")
    assert "is an adapter, not a base model. Give it with --adapter." in refusal(
        find, str(tmp_path)
    )


def test_checkpoints_of_a_trainer_are_named_in_their_order(tmp_path):
    for step in (1000, 500):
        (tmp_path / f"checkpoint-{step}").mkdir()
        (tmp_path / f"checkpoint-{step}" / "config.json").write_text("{}")
    message = refusal(find_base, str(tmp_path))
    assert message.endswith(f"checkpoint-500, {tmp_path}/checkpoint-1000.")


def test_a_file_in_the_place_of_a_base_is_named(tmp_path):
    (tmp_path / "base.zip").write_bytes(b"PK")
    assert "is a file. Unpack it if it is a zip" in refusal(find_base, str(tmp_path / "base.zip"))


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_base_with_values_that_are_not_finite_is_refused_by_the_tensor(
    tmp_path, tiny_base, kind, value
):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    name = "decoder.block.1.layer.0.SelfAttention.o.weight"
    tensors = load_file(base / "model.safetensors")
    broken = np.full_like(tensors[name], 1000)
    broken[0, 0] = float(value)
    kinds = {name: broken.astype(kind), "lm_head.weight": tensors["lm_head.weight"].astype(kind)}
    save_file(tensors | kinds, base / "model.safetensors")
    message = refusal(load_model, find_base(str(base)))
    assert f"has NaN or infinite values in {name}. Use another base" in message


def test_a_web_page_in_the_place_of_weights_is_named(tmp_path):
    (tmp_path / "model.safetensors").write_text("<!DOCTYPE html><title>Not found</title>")
    assert "it is a web page" in refusal(read_index, tmp_path)


def test_a_token_that_the_model_does_not_have_is_refused(tmp_path, tiny_base):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"vocab_size": 60}))
    tokenizer = Tokenizer(base)
    assert "resize_token_embeddings" in refusal(tokenizer.encode, ["Ein langer Satz mit Wörtern"])
    assert tokenizer.encode([]) == []


@pytest.mark.parametrize("name", ["MT5Tokenizer", "TokenizersBackend", "T5Tokenizer", None])
def test_a_sentencepiece_model_alone_is_read_whatever_class_is_named(tmp_path, name):
    transformers = pytest.importorskip("transformers")
    sentencepiece = pytest.importorskip("sentencepiece")

    text = tmp_path / "text.txt"
    text.write_text("".join(f"Satz {n} von vielen, kurz.\n" for n in range(300)))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(tmp_path / "spiece"), vocab_size=60, pad_id=0, eos_id=1,
        unk_id=2, bos_id=-1, hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    if name:
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": name}))
    expected = transformers.T5Tokenizer.from_pretrained(tmp_path)(["Satz 7, kurz."])["input_ids"]
    assert Tokenizer(tmp_path).encode(["Satz 7, kurz."]) == expected


def test_quantized_weights_and_unmerged_adapters_are_named_as_what_they_are(tmp_path, tiny_base):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    tensors = load_file(base / "model.safetensors")
    name = "encoder.block.0.layer.0.SelfAttention.q"
    weight = tensors.pop(f"{name}.weight")
    inner = {f"{name}.base_layer.weight": weight, f"{name}.lora_A.default.weight": weight}
    save_file(tensors | inner, base / "model.safetensors")
    assert "Merge it with PEFT's merge_and_unload" in refusal(check_tensors, find_base(str(base)))
    scales = {f"{name}.weight": weight.astype("int8"), f"{name}.SCB": weight[:, 0].copy()}
    save_file(tensors | scales, base / "model.safetensors")
    config = json.loads((base / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_8bit": True}
    (base / "config.json").write_text(json.dumps(config))
    assert "is quantized (bitsandbytes)" in refusal(check_tensors, find_base(str(base)))


def test_tokens_that_an_older_tokenizer_keeps_apart_stay_with_its_base(tmp_path):
    config = T5Config(50, 8, 4, 16, 2, 2, 2)
    (tmp_path / "added_tokens.json").write_text('{"<de>": 49}')
    save_checkpoint(tmp_path / "merged", config, {"shared": np.zeros((50, 8), "f4")}, tmp_path)
    assert (tmp_path / "merged" / "added_tokens.json").is_file()
    assert "added_tokens.json" in FILES


@pytest.mark.parametrize("is_both", [True, False])
@pytest.mark.parametrize("model_type", ["t5", "mt5"])
def test_other_names_of_sizes_are_read_as_transformers_reads_them(model_type, is_both):
    transformers = pytest.importorskip("transformers")

    kind = transformers.T5Config if model_type == "t5" else transformers.MT5Config
    assert kind.attribute_map == ALIASES
    plain = {"d_model": 8, "num_heads": 2, "num_layers": 3, "d_kv": 4}
    aliases = {"hidden_size": 16, "num_attention_heads": 4, "num_hidden_layers": 2, "head_dim": 8}
    further = {"model_type": model_type, "vocab_size": 50, "d_ff": 32, "num_decoder_layers": 1}
    if is_both:
        del further["num_decoder_layers"]
    document = {**further, **aliases, **(plain if is_both else {})}
    ours, theirs = T5Config.from_json(document), kind.from_dict(dict(document))
    for name in (*plain, "num_decoder_layers"):
        assert getattr(ours, name) == getattr(theirs, name), name


def test_blocks_of_the_decoder_are_not_guessed_from_another_name_of_the_encoders():
    document = json.loads(json.dumps(T5Config(50, 8, 4, 16, 2, 2, 2).to_json()))
    document["num_hidden_layers"] = document.pop("num_layers")
    del document["num_decoder_layers"]
    assert "lacks num_decoder_layers" in refusal(T5Config.from_json, document)


def test_mt5_never_scales_its_logits_and_byt5_may_be_named_in_the_config(tmp_path):
    sizes = {"vocab_size": 40, "d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    document = {"model_type": "mt5", **sizes, "scale_decoder_outputs": True}
    assert not T5Config.from_json(document).scale_decoder_outputs
    (tmp_path / "config.json").write_text('{"tokenizer_class": "ByT5Tokenizer"}')
    assert Tokenizer(tmp_path).encode(["a"]) == [[100, 1]]


@pytest.mark.parametrize(
    ("projection", "activation", "expected"),
    [
        ("gated-gelu", "gelu_new", ("gelu_new", True)),
        ("gated-gelu", "relu", ("relu", True)),
        ("gated-gelu", None, ("gelu_new", True)),
        ("gated-swish", None, ("silu", True)),
        ("relu", "gelu", ("gelu", False)),
        ("swish", "swish", ("silu", False)),
        (None, None, ("relu", False)),
    ],
)
def test_the_activation_is_the_one_that_transformers_uses(projection, activation, expected):
    sizes = {"vocab_size": 40, "d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    stated = {"feed_forward_proj": projection, "dense_act_fn": activation}
    config = T5Config.from_json({"model_type": "t5", **sizes, **stated})
    assert (config.activation, config.gated) == expected
    assert T5Config.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("projection", "is_gated", "expected"),
    [
        ("gated-gelu", False, ("gelu_new", False)),
        ("gated-silu", False, ("silu", False)),
        ("relu", True, ("relu", True)),
        ("swish", True, ("silu", True)),
        ("gated-gelu", True, ("gelu_new", True)),
        ("relu", None, ("relu", False)),
    ],
)
def test_a_stated_gate_comes_first_as_in_transformers(projection, is_gated, expected):
    transformers = pytest.importorskip("transformers")

    stated = {"feed_forward_proj": projection, "is_gated_act": is_gated}
    document = {key: value for key, value in stated.items() if value is not None}
    sizes = {"vocab_size": 40, "d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    config = T5Config.from_json({"model_type": "t5", **sizes, **stated})
    judge = transformers.T5Config.from_dict({"model_type": "t5", **sizes, **document})
    assert (config.activation, config.gated) == expected
    assert judge.is_gated_act == expected[1]
    assert judge.dense_act_fn.replace("swish", "silu") == expected[0]


def test_an_activation_that_cannot_be_expressed_is_refused():
    sizes = {"vocab_size": 40, "d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    stated = {"feed_forward_proj": "gated-gelu", "dense_act_fn": "gelu"}
    with pytest.raises(ValueError, match="tanh approximation"):
        T5Config.from_json({"model_type": "t5", **sizes, **stated})


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_a_stack_with_an_embedding_of_its_own_is_refused_and_a_copy_is_read(
    tmp_path, tiny_base, stack
):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    name = f"{stack}.embed_tokens.weight"
    tensors = load_file(base / "model.safetensors")
    save_file({**tensors, name: tensors["shared.weight"].copy()}, base / "model.safetensors")
    assert check_tensors(find_base(str(base)))
    save_file({**tensors, name: tensors["shared.weight"] + 1}, base / "model.safetensors")
    message = refusal(check_tensors, find_base(str(base)))
    assert f"{name} differs from shared.weight" in message


def test_a_base_whose_config_denies_its_decoder_is_refused(tmp_path, tiny_base):
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")

    base = shutil.copytree(tiny_base, tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"is_encoder_decoder": False}))
    model = transformers.T5ForConditionalGeneration.from_pretrained(base, dtype=torch.float32)
    inputs = {
        "input_ids": torch.tensor([[5, 9, 17, 1]]),
        "decoder_input_ids": torch.tensor([[0, 8, 30]]),
    }
    with torch.no_grad():
        cached, plain = (model(**inputs, use_cache=use).logits for use in (True, False))
    assert not torch.allclose(cached, plain)
    assert "set it to true" in refusal(find_base, str(base))
