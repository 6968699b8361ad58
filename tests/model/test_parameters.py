"""Counts equal the published numbers, our model's variables and PEFT's files."""

import math
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from lora_demo.checkpoints.base import find_config
from lora_demo.model.config import FLAN_T5, T5Config
from lora_demo.model.parameters import TARGET_SETS, count_adapter, matrix_formulas, resolve_targets
from lora_demo.model.shapes import total_parameters, weight_shapes
from lora_demo.model.t5 import T5
from tests.fixtures.geometries import ADAPTERS, HERE

TOTALS = {
    "small": 76_961_152,
    "base": 247_577_856,
    "large": 783_150_080,
    "xl": 2_849_757_184,
    "xxl": 11_135_332_352,
}
TRAINABLE = {
    ("small", "q,v"): (172_032, 344_064, 688_128),
    ("base", "q,v"): (442_368, 884_736, 1_769_472),
    ("large", "q,v"): (1_179_648, 2_359_296, 4_718_592),
    ("small", "all-linear"): (638_976, 1_277_952, 2_555_904),
}
RANDOM_CONFIGS = [
    T5Config(
        vocab_size=int(g.integers(10, 60)),
        d_model=int(g.integers(3, 17)),
        d_kv=int(g.integers(1, 9)),
        d_ff=int(g.integers(3, 30)),
        num_layers=int(g.integers(1, 4)),
        num_decoder_layers=int(g.integers(1, 4)),
        num_heads=int(g.integers(1, 5)),
        relative_attention_num_buckets=int(g.integers(4, 40)),
        feed_forward_proj=str(g.choice(["relu", "gated-gelu", "gated-silu"])),
        tie_word_embeddings=bool(g.integers(2)),
    )
    for g in map(np.random.default_rng, range(6))
]


@pytest.mark.parametrize("size", TOTALS)
def test_total_of_every_flan_t5(size):
    assert total_parameters(FLAN_T5[f"google/flan-t5-{size}"]) == TOTALS[size]


@pytest.mark.parametrize(("size", "targets"), TRAINABLE)
def test_trainable_of_flan_t5(size, targets):
    config = FLAN_T5[f"google/flan-t5-{size}"]
    assert (
        tuple(count_adapter(config, rank, targets).trainable for rank in (4, 8, 16))
        == TRAINABLE[size, targets]
    )


def test_percent_is_relative_to_base_and_adapter():
    """PEFT prints for FLAN-T5-small: 344,064 trainable of 77,305,216, trainable%: 0.4451."""
    count = count_adapter(FLAN_T5["google/flan-t5-small"], 8)
    assert round(count.percent, 4) == 0.4451
    assert (count.adapter_bytes, count.optimizer_bytes) == (4 * 344_064, 12 * 344_064)


@pytest.mark.parametrize("config", RANDOM_CONFIGS)
def test_counts_equal_the_models_variables(config):
    model = T5(config)
    assert {path: tuple(v.shape) for path, v in model.parameters().items()} == weight_shapes(config)
    assert _size(model.variables) == total_parameters(config)


@pytest.mark.parametrize("targets", [*TARGET_SETS, "o", "encoder.block.0.layer.0.SelfAttention.k"])
@pytest.mark.parametrize("config", RANDOM_CONFIGS[:3])
def test_trainable_equals_the_formula_and_the_banks_variables(config, targets):
    count, layers = count_adapter(config, 3, targets), T5(config).lora_layers()
    names = resolve_targets(targets, config)
    adapted = [
        layer
        for path, layer in layers.items()
        if any(path == name or path.endswith(f".{name}") for name in names)
    ]
    for layer in adapted:
        layer.allocate(1, 3)
    assert count.trainable == _size(v for layer in adapted for v in (layer.bank.A, layer.bank.B))
    assert count.trainable == sum(
        many * 3 * (d_in + d_out) for _, many, d_in, d_out in matrix_formulas(config, targets)
    )


@pytest.mark.parametrize(
    ("name", "label"), [(name, label) for name, labels in ADAPTERS.items() for label in labels]
)
def test_trainable_equals_what_peft_saved(name, label):
    settings = ADAPTERS[name][label]
    file = HERE / name / f"adapter-{label}" / "adapter_model.safetensors"
    config = find_config(str(HERE / name))
    assert count_adapter(config, settings["r"], settings["target_modules"]).trainable == sum(
        a.size for a in load_file(file).values()
    )


CONFIG = FLAN_T5["google/flan-t5-small"]
WRONG = [
    {"d_model": 0},
    {"num_heads": -1},
    {"vocab_size": 2.5},
    {"num_layers": True},
    {"d_ff": "1024"},
    {"feed_forward_proj": "gated-swish"},
    {"feed_forward_proj": None},
    {"scale_decoder_outputs": 1},
    {"layer_norm_epsilon": "tiny"},
    {"layer_norm_epsilon": 0.0},
    {"layer_norm_epsilon": math.nan},
    {"relative_attention_num_buckets": 3},
    {"relative_attention_max_distance": 16},
    {"eos_token_id": 32128},
    {"pad_token_id": -1},
    {"decoder_start_token_id": "0"},
    {"tie_word_embeddings": "no"},
    {"d_kv": 0, "d_ff": 0},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_config_is_refused_naming_every_field(wrong):
    assert all(field in _sentence(lambda: replace(CONFIG, **wrong)) for field in wrong)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"model_type": "bert"},
        {"model_type": "t5", "d_model": 8},
        {**CONFIG.to_json(), "d_kv": []},
        {**CONFIG.to_json(), "eos_token_id": []},
    ],
    ids=str,
)
def test_a_wrong_config_json_is_refused_in_one_sentence(document):
    _sentence(lambda: T5Config.from_json(document))


@pytest.mark.parametrize(
    ("rank", "targets", "named"),
    [
        (0, "q,v", "rank"),
        (5000, "q,v", "rank"),
        (4, "q,w", "'w'"),
        (4, "", "nothing"),
        (4, ["wi"], "'wi'"),
        (2.0, "q,v", "rank"),
    ],
)
def test_a_wrong_rank_or_target_is_refused_by_name(rank, targets, named):
    assert named in _sentence(lambda: count_adapter(CONFIG, rank, targets))


@pytest.mark.parametrize("config", [*FLAN_T5.values(), *RANDOM_CONFIGS])
def test_a_config_equals_what_is_read_from_its_json(config):
    assert T5Config.from_json(config.to_json()) == config


def test_the_config_of_t5_1_0_means_a_tied_and_scaled_head():
    """Uses the keys of google-t5/t5-small's config.json."""
    document = {
        "model_type": "t5",
        "vocab_size": 32128,
        "d_model": 512,
        "d_kv": 64,
        "d_ff": 2048,
        "num_layers": 6,
        "num_heads": 8,
        "relative_attention_num_buckets": 32,
    }
    config = T5Config.from_json({**document, "pad_token_id": 0, "eos_token_id": 1})
    assert (config.tie_word_embeddings, config.scale_decoder_outputs, config.feed_forward_proj) == (
        True,
        True,
        "relu",
    )
    assert total_parameters(config) == 60_506_624


def _size(variables) -> int:
    return sum(math.prod(v.shape) for v in variables)


def _sentence(call) -> str:
    with pytest.raises(ValueError, match=r"[.?]$") as caught:
        call()
    message = str(caught.value)
    assert message.endswith((".", "?")) and "\n" not in message
    return message
