"""Contents that PEFT ignores are reported; contents that change its model are refused."""

import re

import numpy as np
import pytest

from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.tensors import read_index, read_tensor
from tests.checkpoints.adapter_folders import rewrite_config, rewrite_tensors
from tests.checkpoints.peft_judge import (
    assert_merge_alike,
    make_with_peft,
    merged_by_peft,
    torch,
)

WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model."
QUERY = "encoder.block.0.layer.0.SelfAttention.q"
KEY = "decoder.block.1.layer.1.EncDecAttention.k"
FLOATS_OF_8_BITS = ("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz")
TARGETS = {
    "a name": {"target_modules": ["v"]},
    "a longer name": {"target_modules": ["SelfAttention.q", "EncDecAttention.o"]},
    "a whole path": {"target_modules": [QUERY, KEY]},
    "none": {"target_modules": None},
    "an expression": {"target_modules": r"decoder\..*\.(q|wi_0)"},
    "an expression with a flag": {"target_modules": r"(?i).*selfattention\.K"},
    "all, in any case": {"target_modules": "All-Linear"},
    "a part of a name": {"target_modules": ["q", "ttention.v", "i_0"]},
    "a block": {"target_modules": ["q"], "layers_to_transform": 1},
    "blocks, and a whole path": {"target_modules": ["o", QUERY], "layers_to_transform": [1, 7]},
    "no blocks": {"target_modules": ["q"], "layers_to_transform": []},
    "blocks by their name": {
        "target_modules": ["q"],
        "layers_to_transform": [1],
        "layers_pattern": "block",
    },
    "layers by their name": {
        "target_modules": ["q", "wo"],
        "layers_to_transform": [1],
        "layers_pattern": ["blocks", "layer"],
    },
    "names left out": {"target_modules": "all-linear", "exclude_modules": ["SelfAttention.q", "o"]},
    "an expression left out": {"target_modules": ["q", "v"], "exclude_modules": r"encoder\..*"},
    "all-linear left out": {"target_modules": ["q", "v"], "exclude_modules": "all-linear"},
}


@pytest.fixture
def folder(base, tmp_path):
    """An adapter of the matrices q and v."""
    return make_with_peft(base, tmp_path / "adapter", r=2, target_modules=["q", "v"])


def add(folder, **tensors):
    rewrite_tensors(folder, lambda found: found.update(tensors))


@pytest.mark.parametrize("kind", FLOATS_OF_8_BITS)
def test_floats_of_8_bits_are_read(base, folder, tmp_path, kind):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / WEIGHTS)
    narrow = {name: tensor.to(getattr(torch, kind)) for name, tensor in tensors.items()}
    save_file(narrow, folder / WEIGHTS, {"format": "pt"})
    assert_merge_alike(base, folder, tmp_path / "merged")
    name = f"{PREFIX}{QUERY}.lora_A.weight"
    assert np.array_equal(
        read_adapter(folder, base.config).matrices[QUERY][0].T, narrow[name].float().numpy()
    )


def test_whole_numbers_are_refused(base, folder):
    def round_all(tensors):
        tensors.update({name: tensor.astype("int8") for name, tensor in tensors.items()})

    rewrite_tensors(folder, round_all)
    assert all("is I8, expected F32" in problem for problem in find_problems(folder, base.config))


@pytest.mark.parametrize("settings", TARGETS.values(), ids=TARGETS)
def test_only_the_matrices_that_the_config_names_are_adapted(base, tmp_path, settings):
    folder = make_with_peft(base, tmp_path / "adapter", r=2, target_modules="all-linear")
    rewrite_config(folder, **settings)
    assert_merge_alike(base, folder, tmp_path / "merged")
    notes = read_adapter(folder, base.config).notes
    is_all = settings == TARGETS["all, in any case"]
    assert [note[:19] for note in notes] == ([] if is_all else ["Tensors of matrices"])


@pytest.mark.parametrize("start", [True, "gaussian", "orthogonal"])
def test_matrices_that_are_listed_without_tensors_stay_as_in_the_base(
    base, folder, tmp_path, start
):
    rewrite_config(folder, target_modules=["q", "v", "wo"], init_lora_weights=start)
    assert_merge_alike(base, folder, tmp_path / "merged")
    (note,) = read_adapter(folder, base.config).notes
    assert "encoder.block.0.layer.1.DenseReluDense.wo" in note
    assert re.search(r"and \d more\.", note)


@pytest.mark.parametrize("start", [False, None])
def test_a_random_start_without_tensors_is_refused(base, folder, start):
    rewrite_config(folder, target_modules=["q", "v", "wo"], init_lora_weights=start)
    assert all(problem.startswith("missing ") for problem in find_problems(folder, base.config))


@pytest.mark.parametrize(
    "name",
    [
        "step",
        "shared.weight",
        f"{PREFIX}classifier.weight",
        f"{PREFIX}{QUERY}.weight",
        f"{PREFIX}{KEY}.base_layer.weight",
        f"{PREFIX}{QUERY}.lora_B.bias",
        f"{PREFIX}{QUERY}.lora_E",
        f"{PREFIX}lm_head.lora_A.weight",
        f"{PREFIX}shared.lora_embedding_B",
        f"{PREFIX}{KEY}.lora_A.weight",
        f"{PREFIX}decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",
    ],
)
def test_tensors_that_peft_ignores_are_ignored_and_named(base, folder, tmp_path, name):
    add(folder, **{name: np.ones((24, 32), "float32")})
    assert_merge_alike(base, folder, tmp_path / "merged")
    (note,) = read_adapter(folder, base.config).notes
    assert f": {name.removeprefix(PREFIX)}." in note


@pytest.mark.parametrize(
    ("name", "weight"),
    [
        ("shared.weight", "shared.weight"),
        ("lm_head.weight", "lm_head.weight"),
        (f"{KEY}.weight", f"{KEY}.weight"),
        (f"{QUERY}.base_layer.weight", f"{QUERY}.weight"),
        ("encoder.final_layer_norm.weight", "encoder.final_layer_norm.weight"),
        (
            "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
            "decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
        ),
    ],
)
def test_tensors_that_change_pefts_model_are_refused(base, folder, name, weight):
    own = read_tensor(read_index(base.folder)[weight], weight)
    before = merged_by_peft(base, folder)
    add(folder, **{PREFIX + name: own + 1})
    assert not np.allclose(merged_by_peft(base, folder)[weight], before[weight])
    (problem,) = find_problems(folder, base.config)
    assert f"whole weights of a model ({name}); merge it" in problem


def test_names_without_pefts_prefix_are_refused_with_the_prefix(base, folder):
    def shorten(tensors):
        for name in list(tensors):
            tensors[name.removeprefix(PREFIX)] = tensors.pop(name)

    rewrite_tensors(folder, shorten)
    (problem,) = find_problems(folder, base.config)
    assert "do not begin with 'base_model.model.'" in problem


def test_half_of_a_matrix_is_refused(base, folder):
    rewrite_tensors(folder, lambda tensors: tensors.pop(f"{PREFIX}{QUERY}.lora_B.weight"))
    assert find_problems(folder, base.config) == [f"missing {PREFIX}{QUERY}.lora_B.weight"]


@pytest.mark.parametrize("names", [["classifier", "score"], ["qa.out"], ["encoder.embed"]])
def test_modules_to_save_that_no_t5_has_are_ignored_and_named(base, folder, tmp_path, names):
    rewrite_config(folder, modules_to_save=names)
    assert_merge_alike(base, folder, tmp_path / "merged")
    (note,) = read_adapter(folder, base.config).notes
    assert note.endswith(f": {str(names)[1:-1]}.")


@pytest.mark.parametrize(
    "names",
    [["classifier", "lm_head"], ["head"], ["encoder.block.0"], ["embed_tokens"], ["q"], "shared"],
)
def test_modules_to_save_of_a_t5_are_refused_where_peft_needs_their_weights(base, folder, names):
    rewrite_config(folder, modules_to_save=names)
    with pytest.raises((KeyError, TypeError)):
        merged_by_peft(base, folder)
    with pytest.raises(ValueError, match=r"replaces whole modules .*; merge it .*\.$") as error:
        read_adapter(folder, base.config)
    assert "\n" not in str(error.value)


OFF = (None, False, 0, "", [], {})


def test_unknown_keys_that_are_off_are_read_without_a_word(base, folder, tmp_path):
    rewrite_config(folder, **{f"new_{i}": value for i, value in enumerate(OFF)})
    assert_merge_alike(base, folder, tmp_path / "merged")
    assert read_adapter(folder, base.config).notes == ()


def test_unknown_keys_that_peft_ignores_are_ignored_and_named(base, folder, tmp_path):
    rewrite_config(folder, use_new=True, new_config={"rho": 2}, use_kasa="yes")
    assert_merge_alike(base, folder, tmp_path / "merged")
    (note,) = read_adapter(folder, base.config).notes
    assert "unknown here are ignored" in note and ": 'use_new', 'new_config', 'use_kasa'." in note


@pytest.mark.parametrize(
    "name", ["step", f"{PREFIX}{QUERY}.lora_new", f"{PREFIX}{KEY}.lora_A.weight"]
)
def test_unknown_keys_are_refused_beside_tensors_that_could_belong_to_them(base, folder, name):
    rewrite_config(folder, use_new=True)
    add(folder, **{name: np.ones((24, 32), "float32")})
    (problem,) = find_problems(folder, base.config)
    assert "keys that are unknown here ('use_new')" in problem
    assert f"({name.removeprefix(PREFIX)}); merge it with the library" in problem
