"""Adapters that PEFT writes are read as PEFT reads them: every variant merges to PEFT's weights."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.adapter_features import OBJECT_KEYS
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.model.parameters import Adaptation, count_adapter
from tests.checkpoints.adapter_folders import rewrite_config
from tests.checkpoints.peft_judge import (
    assert_merge_alike,
    fresh,
    make_with_peft,
    merged_by_peft,
    peft,
)

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
VARIANTS = {
    "bias lora_only": {"bias": "lora_only", "target_modules": ["q", "v"]},
    "patterns with alternatives": {
        "target_modules": ["q", "k", "v"],
        "rank_pattern": {r"encoder\.block\.\d+\.layer\.0\.SelfAttention\.(q|k)": 2},
        "alpha_pattern": {r"(en|de)coder.*(k|v)": 7, "q": 5},
    },
    "a pattern with look-ahead": {
        "target_modules": ["q", "v", "wo"],
        "alpha_pattern": {r"(?!encoder).*\.(q|wo)": 30},
    },
    "layers chosen": {"target_modules": ["q", "wi_1"], "layers_to_transform": [1]},
    "targets as an expression": {"target_modules": r"decoder.*EncDecAttention\.(q|o)"},
    "targets excluded": {"target_modules": "all-linear", "exclude_modules": ["wo"]},
    "rsLoRA": {"target_modules": ["o"], "use_rslora": True},
    "Gaussian start": {"target_modules": ["v"], "init_lora_weights": "gaussian"},
    "orthogonal start": {"target_modules": ["v"], "init_lora_weights": "orthogonal"},
    "DoRA": {"target_modules": ["q", "wi_0", "wo"], "use_dora": True},
    "DoRA with patterns": {
        "target_modules": ["k", "o"],
        "use_dora": True,
        "use_rslora": True,
        "rank_pattern": {"decoder.*": 2},
        "alpha_pattern": {"k": 9},
    },
    "fan_in_fan_out": {"target_modules": ["v"], "fan_in_fan_out": True},
}


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_merges_to_pefts_weights(base, tmp_path, settings):
    folder = make_with_peft(base, tmp_path / "adapter", **settings)
    assert_merge_alike(base, folder, tmp_path / "merged")


@pytest.mark.parametrize("settings", VARIANTS.values(), ids=VARIANTS)
def test_the_count_of_a_variant_equals_pefts(base, tmp_path, settings):
    folder = make_with_peft(base, tmp_path / "adapter", **settings)
    model = peft.PeftModel.from_pretrained(fresh(base), folder, is_trainable=True)
    counted = inspect_adapter(folder, None, base.config)["parameters"]
    assert counted == model.get_nb_trainable_parameters()[0]


@pytest.mark.parametrize(
    ("chosen", "settings"),
    [
        (Adaptation("q,wi_0,wo", use_dora=True), {"target_modules": ["q", "wi_0", "wo"]}),
        (
            Adaptation("attention", layers="1"),
            {"target_modules": ["q", "k", "v", "o"], "layers_to_transform": [1]},
        ),
        (
            Adaptation("all-linear", "0", "encoder", use_dora=True),
            {"target_modules": r"encoder\.block\.0\..*\.(q|k|v|o|wi_0|wi_1|wo)"},
        ),
        (
            Adaptation("k,o", part="cross-attention"),
            {"target_modules": r".*EncDecAttention\.(k|o)"},
        ),
    ],
    ids=str,
)
def test_counts_of_magnitudes_blocks_and_parts_equal_pefts(base, chosen, settings):
    config = peft.LoraConfig(task_type="SEQ_2_SEQ_LM", r=3, use_dora=chosen.use_dora, **settings)
    model = peft.get_peft_model(fresh(base), config)
    count = count_adapter(base.config, 3, chosen)
    assert count.trainable == model.get_nb_trainable_parameters()[0]


def test_float64_tensors_are_read(base, tmp_path):
    folder = make_with_peft(base, tmp_path / "adapter", target_modules=["q", "v"])
    tensors = load_file(folder / WEIGHTS)
    save_file({name: array.astype("float64") for name, array in tensors.items()}, folder / WEIGHTS)
    assert_merge_alike(base, folder, tmp_path / "merged")


@pytest.mark.parametrize(
    "fields",
    [
        {"megatron_config": {"hidden_size": 1}, "megatron_core": "megatron.core"},
        {"auto_mapping": {"base_model_class": "T5ForConditionalGeneration"}, "task_type": None},
        {"eva_config": {"rho": 2.0}, "corda_config": {"verbose": True}, "loftq_config": {}},
        {"peft_version": "9.9", "unsloth_fixed": True, "qalora_group_size": 16},
        {"layer_replication": None, "use_qalora": False, "arrow_config": None},
        {"bias": None, "init_lora_weights": "EVA"},
        {"runtime_config": {"ephemeral_gpu_offload": False}, "ensure_weight_tying": True},
    ],
)
def test_fields_that_change_nothing_are_accepted(base, tmp_path, fields):
    folder = make_with_peft(base, tmp_path / "adapter", target_modules=["q", "v"])
    before = read_adapter(folder, base.config)
    document = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(document | fields))
    after = read_adapter(folder, base.config)
    for path, (A, B, scale) in before.matrices.items():
        assert np.array_equal(A, after.matrices[path][0])
        assert np.array_equal(B, after.matrices[path][1])
        assert scale == after.matrices[path][2]


def test_every_field_of_pefts_config_is_known_or_refused_by_name():
    """A new field of PEFT that is off by default must not keep plain adapters from loading."""
    from lora_demo.checkpoints.adapter_features import (
        KNOWN_KEYS,
        feature_problems,
        kind_problems,
    )

    document = peft.LoraConfig(task_type="SEQ_2_SEQ_LM", target_modules=["q"]).to_dict()
    document["peft_type"] = "LORA"
    assert kind_problems(document) == []
    assert list(feature_problems(document)) == []
    assert document.keys() <= KNOWN_KEYS


@pytest.mark.parametrize("key", sorted(OBJECT_KEYS))
def test_an_empty_object_that_turns_a_feature_on_is_refused(base, tmp_path, key):
    """PEFT makes its defaults of it, and so merges KaSA to other weights than plain LoRA."""
    folder = make_with_peft(base, tmp_path / "adapter", target_modules=["q", "v"])
    rewrite_config(folder, **{key: {}})
    with pytest.raises(ValueError, match=f"it uses '{key}'"):
        read_adapter(folder, base.config)


def test_the_advice_to_merge_with_peft_is_given_only_where_peft_can(base, tmp_path):
    monteclora = peft.tuners.lora.config.MontecloraConfig()
    folder = make_with_peft(
        base, tmp_path / "a", target_modules=["q"], monteclora_config=monteclora
    )
    assert merged_by_peft(base, folder)
    with pytest.raises(ValueError, match=r"it uses 'monteclora_config'.*merge_and_unload"):
        read_adapter(folder, base.config)
    folder = make_with_peft(base, tmp_path / "b", target_modules=["q"], alora_invocation_tokens=[5])
    with pytest.raises(NotImplementedError):
        merged_by_peft(base, folder)
    with pytest.raises(ValueError, match="PEFT cannot merge it either"):
        read_adapter(folder, base.config)
