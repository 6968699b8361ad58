"""Adapters: what is written reads back, PEFT reads ours and we read PEFT's; others are refused."""

import json
import re
import shutil
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file

from lora_demo.checkpoints.adapter_fit import find_problems
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.inspecting import inspect_adapter
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.parameters import count_adapter
from tests.checkpoints.adapter_folders import (
    lower_rank,
    rewrite_config,
    rewrite_tensors,
    write_random,
)

TARGETS = ("q", "v", "wi_1")


@pytest.fixture
def folder(base, tmp_path):
    """Return the folder of a valid adapter of rank 3 with random values."""
    return write_random(tmp_path / "adapter", base, LoraConfig(3, 6, 0.0, TARGETS))


def test_what_is_written_reads_back(base, folder):
    adapter = read_adapter(folder, base.config)
    assert adapter.r == 3 and adapter.targets == TARGETS
    assert adapter.parameters == count_adapter(base.config, 3, TARGETS).trainable
    file = load_file(folder / "adapter_model.safetensors")
    A, B, scale = adapter.matrices["decoder.block.1.layer.1.EncDecAttention.q"]
    assert np.array_equal(
        file["base_model.model.decoder.block.1.layer.1.EncDecAttention.q.lora_A.weight"], A.T
    )
    assert np.array_equal(
        file["base_model.model.decoder.block.1.layer.1.EncDecAttention.q.lora_B.weight"], B.T
    )
    assert scale == 2.0


def test_rank_and_alpha_patterns_and_rslora(base, folder):
    site = "encoder.block.0.layer.0.SelfAttention.q"
    lower_rank(folder, site, 2)
    rewrite_config(folder, alpha_pattern={"decoder.*.v": 12}, use_rslora=True)
    matrices = read_adapter(folder, base.config).matrices
    assert matrices[site][2] == pytest.approx(6 / 2**0.5)
    assert matrices["decoder.block.0.layer.0.SelfAttention.v"][2] == pytest.approx(12 / 3**0.5)
    assert matrices["encoder.block.0.layer.0.SelfAttention.v"][2] == pytest.approx(6 / 3**0.5)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"peft_type": "IA3"}, "IA3"),
        ({"use_dora": True}, "missing base_model.model.encoder.block.0"),
        ({"lora_bias": True}, "'lora_bias'"),
        ({"peft_type": "PREFIX_TUNING"}, "PEFT cannot merge it either"),
        ({"peft_type": None}, "no peft_type"),
        ({"init_lora_weights": "OLoRA"}, "OLoRA"),
        ({"init_lora_weights": "lora_ga"}, "lora_ga"),
        ({"init_lora_weights": "magic"}, "magic"),
        ({"use_bdlora": {"nblocks": 2}}, "use_bdlora"),
        ({"trainable_token_indices": [1, 2]}, "trainable_token_indices"),
        ({"alora_invocation_tokens": [1, 2]}, "train a LoRA adapter instead"),
        ({"target_parameters": ["shared"]}, "target_parameters"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"bias": "all"}, "bias"),
        ({"init_lora_weights": "pissa_niter_4"}, "pissa"),
        ({"layer_replication": [[0, 2]]}, "layer_replication"),
        ({"r": 10**9}, "r is"),
        ({"r": True}, "r is"),
        ({"lora_alpha": float("nan")}, "lora_alpha"),
        ({"rank_pattern": {"(a+": 2}}, "rank_pattern"),
        ({"alpha_pattern": [1]}, "alpha_pattern"),
        ({"target_modules": ["wo"]}, "does not adapt any matrix"),
        ({"target_modules": "(q"}, "target_modules has the key '(q'"),
        ({"target_modules": [1]}, "target_modules is neither"),
        ({"exclude_modules": {"q": 1}}, "exclude_modules is neither"),
        ({"layers_to_transform": "1"}, "layers_to_transform is neither"),
        ({"layers_pattern": [2]}, "layers_pattern is neither"),
        (
            {"target_modules": ["q", "v", "wi_1", "wo"], "init_lora_weights": False},
            "wo.lora_A",
        ),
        ({"r": 4}, "has rank 3, not 4"),
    ],
)
def test_an_unsupported_config_is_refused_with_its_reason(base, folder, changes, word):
    rewrite_config(folder, **changes)
    with pytest.raises(ValueError, match=re.escape(word)) as refusal:
        read_adapter(folder, base.config)
    assert "\n" not in str(refusal.value)


def test_tensors_that_do_not_fit_are_all_listed(base, folder):
    def change(tensors):
        names = sorted(tensors)
        tensors[names[0]] = np.zeros((3, 7), "float32")
        del tensors[names[3]]

    rewrite_tensors(folder, change)
    problems = find_problems(folder, base.config)
    assert len(problems) == 2
    assert any("missing" in p for p in problems)
    assert any("(3, 7)" in p for p in problems)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_are_refused(base, folder, value):
    rewrite_tensors(folder, lambda t: t[sorted(t)[0]].__setitem__((0, 0), value))
    with pytest.raises(ValueError, match="NaN"):
        read_adapter(folder, base.config)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 8,
        struct.pack("<Q", 2**63),
        struct.pack("<Q", 10**9) + b"{",
        struct.pack("<Q", 60)
        + b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,400]}}   '
        + b"\0" * 4,
        b"PK\x03\x04 not safetensors at all",
    ],
)
def test_a_damaged_weights_file_is_refused(base, folder, content):
    (folder / "adapter_model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="safetensors"):
        read_adapter(folder, base.config)


def test_a_pickle_is_not_opened(base, folder):
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(ValueError, match="pickle"):
        read_adapter(folder, base.config)


def test_inspect_reports_how_far_each_layer_moves(base, folder):
    report = inspect_adapter(folder, base)
    assert list(report) == [
        "adapter",
        "base",
        "rank",
        "alpha",
        "targets",
        "parameters",
        "fits",
        "problems",
        "notes",
        "layers",
    ]
    assert report["fits"] and report["problems"] == report["notes"] == []
    weights = load_file(base.folder / "model.safetensors")
    for layer in report["layers"]:
        A, B, scale = read_adapter(folder, base.config).matrices[layer["name"]]
        expected = np.linalg.norm(scale * A @ B) / np.linalg.norm(
            weights[layer["name"] + ".weight"]
        )
        assert layer["relative_norm"] == pytest.approx(expected, rel=1e-4)


def test_inspect_reports_what_does_not_fit(base, folder):
    rewrite_tensors(folder, lambda t: t.pop(sorted(t)[0]))
    report = inspect_adapter(folder, base)
    assert not report["fits"]
    assert len(report["problems"]) == 1
    assert report["layers"] == []


def test_peft_and_this_package_translate_alike(base, folder, tmp_path):
    peft, torch, transformers = (
        pytest.importorskip(name) for name in ("peft", "torch", "transformers")
    )
    from lora_demo.translator import Translator

    made = tmp_path / "made-by-peft"

    def fresh():
        return transformers.T5ForConditionalGeneration.from_pretrained(
            base.folder, dtype=torch.float32
        )

    model = peft.get_peft_model(
        fresh(),
        peft.LoraConfig(
            task_type="SEQ_2_SEQ_LM",
            r=5,
            lora_alpha=9,
            target_modules="all-linear",
            use_rslora=True,
            rank_pattern={"wo": 2},
            alpha_pattern={"decoder.*.q": 30},
        ),
    )
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    model.save_pretrained(made)
    columns = Translator(base).compare(
        ["Die Zwiebeln schälen.", "Salz"], [folder, made], num_beams=2, max_new_tokens=12
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(base.folder)
    inputs = tokenizer(
        ["translate German to English: Die Zwiebeln schälen.", "translate German to English: Salz"],
        return_tensors="pt",
        padding=True,
        return_token_type_ids=False,
    )
    for column, reference in zip(
        columns,
        [
            fresh(),
            peft.PeftModel.from_pretrained(fresh(), folder),
            peft.PeftModel.from_pretrained(fresh(), made),
        ],
        strict=False,
    ):
        ids = reference.eval().generate(**inputs, max_new_tokens=12, num_beams=2)
        assert column.texts == tokenizer.batch_decode(ids, skip_special_tokens=True)


def test_strengths_change_translations_without_compiling_again(base, tmp_path):
    from lora_demo.translator import Translator

    folder = tmp_path / "adapter"
    translator = Translator(base)
    texts = ["Den Teig ruhen lassen.", "Salz"]
    write_random(folder, base, LoraConfig(4, 40, 0.0, TARGETS))

    def translate(*strengths):
        return [
            column.texts
            for column in translator.compare(
                texts, [folder] * len(strengths), strengths=strengths, max_new_tokens=12
            )
        ]

    off, full, double = translate(0, 1, 2)[1:]
    searches = dict(translator.decoder.programs.compiled)
    assert translate(1, 2, 0) == [off, full, double, off]
    assert translator.decoder.programs.compiled == searches
    assert off != full != double
    assert full == translator.compare(texts, [folder], max_new_tokens=12)[1].texts
    with pytest.raises(ValueError, match="strengths"):
        translate(float("nan"))


def test_an_adapter_that_was_replaced_is_read_again(base, tmp_path):
    from lora_demo.translator import Translator

    folder, translator = tmp_path / "adapter", Translator(base)
    write_random(folder, base, LoraConfig(4, 40, 0.0, ("q", "v", "wo")), seed=1)
    first = translator.compare(["Den Teig ruhen lassen."], [folder], max_new_tokens=16)[1].texts
    shutil.rmtree(folder)
    write_random(folder, base, LoraConfig(4, 40, 0.0, ("q", "v", "wo")), seed=2)
    second = translator.compare(["Den Teig ruhen lassen."], [folder], max_new_tokens=16)[1].texts
    alone = (
        Translator(base).compare(["Den Teig ruhen lassen."], [folder], max_new_tokens=16)[1].texts
    )
    assert first != second == alone


def test_two_adapters_never_share_a_column_name(base, tmp_path):
    from lora_demo.translator import Translator

    folders = [tmp_path / name / "adapter" for name in ("a", "b", "c")]
    for folder in folders:
        write_random(folder, base, LoraConfig(2, 4, 0.0, ("q",)))
    for folder, name in zip(folders[:2], ("base", "kitchen"), strict=True):
        (folder / "manifest.json").write_text(json.dumps({"name": name}))
    columns = Translator(base).compare(["Salz"], [*folders, folders[2]], max_new_tokens=2)
    assert [column.name for column in columns] == ["base", "base-2", "kitchen", "c", "c-2"]
