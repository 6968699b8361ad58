"""Adapters with odd configs or tensors are read as PEFT reads them, or refused with advice."""

import json

import numpy as np
import pytest

from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.model.lora_config import LoraConfig
from tests.checkpoints.adapter_folders import rewrite_config, rewrite_tensors, write_random

PREFIX = "base_model.model."


def rename(folder, change):
    """Give each tensor the name that `change` makes of its own."""

    def move(tensors):
        for name in list(tensors):
            tensors[change(name)] = tensors.pop(name)

    rewrite_tensors(folder, move)


def add(folder, *names):
    rewrite_tensors(folder, lambda t: t.update({n: np.ones((2, 2), "float32") for n in names}))


def test_a_rank_and_an_alpha_that_are_left_out_are_pefts_defaults(base, tmp_path):
    folder = write_random(tmp_path / "a", base, LoraConfig(8, 24.0))
    path = folder / "adapter_config.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({k: v for k, v in document.items() if k not in ("r", "lora_alpha")}))
    adapter = read_adapter(folder, base.config)
    assert (adapter.r, adapter.lora_alpha) == (8, 8)
    assert {scale for _, _, scale in adapter.matrices.values()} == {1.0}


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name + ".weight" if "magnitude" in name else name,
        lambda name: name.replace(".weight", ".default.weight"),
        lambda name: name + ".default.weight" if "magnitude" in name else name,
    ],
)
def test_names_that_peft_also_reads_are_read(base, tmp_path, change):
    folder = write_random(tmp_path / "a", base, LoraConfig(2, 4.0, use_dora=True))
    before = read_adapter(folder, base.config)
    rename(folder, change)
    after = read_adapter(folder, base.config)
    assert before.magnitudes
    for path, magnitude in before.magnitudes.items():
        assert np.array_equal(magnitude, after.magnitudes[path])
        assert np.array_equal(before.matrices[path][0], after.matrices[path][0])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("lm_head.lora_A.weight", "lm_head.lora_B.weight"), "embeddings or the head"),
        (("shared.lora_embedding_A",), "embeddings or the head (shared.lora_embedding_A)"),
        (
            ("shared.base_layer.weight", "encoder.final_layer_norm.weight"),
            "whole weights of a model (encoder.final_layer_norm.weight, shared.base_layer.weight)",
        ),
        (("encoder.block.0.layer.0.SelfAttention.q.lora_magnitude_vector",), "set that to true"),
        (tuple(f"model.layers.{i}.q_proj.lora_A.weight" for i in range(9)), "and 6 more"),
    ],
)
def test_further_tensors_are_explained_with_advice(base, tmp_path, names, message):
    folder = write_random(tmp_path / "a", base, LoraConfig(2, 4.0))
    rewrite_config(folder, target_modules=["q", "v", "shared", "lm_head"])
    add(folder, *(PREFIX + name for name in names))
    (problem,) = find_problems(folder, base.config)
    assert message in problem and len(problem) < 400


def test_an_adapter_of_another_base_names_that_base_in_a_short_message(base, tmp_path):
    folder = write_random(tmp_path / "a", base, LoraConfig(2, 4.0))
    rename(folder, lambda name: name.replace("encoder.block", "encoder.layers"))
    rewrite_config(folder, base_model_name_or_path="google/flan-t5-xl")
    with pytest.raises(ValueError, match=r"and \d+ more.*'google/flan-t5-xl'\.$") as error:
        read_adapter(folder, base.config)
    assert len(str(error.value)) < 900


@pytest.mark.parametrize("prefix", ["_orig_mod.", "base_model.model.", "model."])
def test_names_of_a_wrapped_model_are_refused_with_the_way_to_save_it(base, tmp_path, prefix):
    folder = write_random(tmp_path / "a", base, LoraConfig(2, 4.0))
    rename(folder, lambda name: name.replace(PREFIX, PREFIX + prefix))
    (problem,) = find_problems(folder, base.config)
    assert f"({prefix}decoder.block.0" in problem and "save the adapter from the model" in problem


@pytest.mark.parametrize(
    ("targets", "change", "message"),
    [
        (["q_proj"], None, "because its target_modules ['q_proj'] name none"),
        (
            "q",
            None,
            "its target_modules is the text 'q', which PEFT compares with whole paths of modules; "
            "write the list ['q']",
        ),
        ("q|v", None, "because its target_modules 'q|v' name none"),
        (["wo"], None, ": its tensors are base_model.model.decoder.block.0.layer.0.SelfAttention"),
        (["q", "v"], lambda name: name.replace(".weight", ".german.weight"), "q.lora_A.german."),
        (["q", "v"], None, "it holds no tensors"),
    ],
)
def test_an_adapter_without_a_matrix_of_the_base_says_why(base, tmp_path, targets, change, message):
    folder = write_random(tmp_path / "a", base, LoraConfig(2, 4.0))
    rewrite_config(folder, target_modules=targets)
    if change:
        rename(folder, change)
    if message == "it holds no tensors":
        rewrite_tensors(folder, lambda tensors: tensors.clear())
    (problem,) = find_problems(folder, base.config)
    assert message in problem and len(problem) < 500


def test_a_peft_type_in_lower_case_is_refused_with_its_right_spelling(base, tmp_path):
    folder = write_random(tmp_path / "a", base, LoraConfig(2, 4.0))
    rewrite_config(folder, peft_type="lora")
    with pytest.raises(ValueError, match="its peft_type is 'lora'; write LORA, as PEFT does"):
        read_adapter(folder, base.config)


def test_an_adapter_of_adapterhub_is_refused_with_the_way_to_use_it(base, tmp_path):
    document = {"config": {"architecture": "lora", "r": 8}, "model_type": "t5", "name": "a"}
    (tmp_path / "adapter_config.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"adapter of AdapterHub.*merge_adapter"):
        read_adapter(tmp_path, base.config)


@pytest.mark.parametrize(
    ("key", "value"),
    [("exclude_modules", ["q", "v"]), ("exclude_modules", ".*[qv]"), ("layers_to_transform", [99])],
)
def test_a_key_that_leaves_out_every_named_matrix_is_named(base, tmp_path, key, value):
    folder = write_random(tmp_path / "a", base, LoraConfig(2, 4.0))
    rewrite_config(folder, target_modules=["q", "v"], **{key: value})
    (problem,) = find_problems(folder, base.config)
    assert f"because its {key} {value!r} leaves out all that its target_modules" in problem
    rewrite_config(folder, target_modules=["none"], **{key: value})
    (problem,) = find_problems(folder, base.config)
    assert "because its target_modules ['none'] name none" in problem
