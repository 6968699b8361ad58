"""The tokenizer that is read without transformers gives the same ids and texts."""

import json
import shutil

import numpy as np
import pytest

from lora_demo.checkpoints.embedded import EMBEDDED_FOLDER
from lora_demo.checkpoints.tokenizer import Tokenizer, _plain_codec, _transformers_codec

BYTE_TEXTS = [
    "Guten Tag",
    "Ende </s>",
    "a </s> b",
    "</s>",
    "x <pad>  y<unk> z",
    "Nummer <extra_id_0> und <extra_id_124>, <extra_id_125>.",
    "3 < 5, <b>fett</b> </ s>",
    "Zeile\n</s>\tTab",
    "ﬁ ½ 😀 中文 <S>",
    "",
]
TEXTS = [
    "Guten Morgen!",
    "",
    "  a  b ",
    "a\nb\tc",
    "<pad> x </s> y",
    "ﬁ ½ ２\u200b 😀 中文 \ufeff",
    " .  , ! don 't",
    "x" * 300,
]


def test_plain_equals_transformers():
    unknown, encode, decode = _transformers_codec(EMBEDDED_FOLDER)
    plain_unknown, plain_encode, plain_decode = _plain_codec(EMBEDDED_FOLDER)
    rows = np.random.default_rng(0).integers(0, 4000, (200, 12)).tolist() + encode(TEXTS)
    assert plain_unknown == unknown and plain_encode(TEXTS) == encode(TEXTS)
    assert [plain_decode(row) for row in rows] == [decode(row) for row in rows]


@pytest.mark.parametrize(
    "change",
    [
        {"tokenizer_class": "T5Tokenizer"},
        {"clean_up_tokenization_spaces": True},
        {"eos_token": "Haus"},
        {"extra_special_tokens": ["[NEW]"]},
        {"extra_special_tokens": {"new_token": "[NEW]"}},
        {"added_tokens_decoder": {"5000": {"content": "[NEW]", "special": True}}},
        {"mask_token": "[NEW]"},
        {"split_special_tokens": True},
    ],
)
def test_transformers_reads_a_tokenizer_that_it_would_change(tmp_path, change):
    shutil.copytree(EMBEDDED_FOLDER, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert _plain_codec(tmp_path) is None and Tokenizer(tmp_path).decode([[1]])


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("added_tokens.json", {"[NEW]": 5000}),
        ("special_tokens_map.json", {"mask_token": {"content": "[NEW]"}}),
    ],
)
def test_tokens_of_further_files_are_added_as_transformers_does(tmp_path, file, content):
    shutil.copytree(EMBEDDED_FOLDER, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"vocab_size": 5001}))
    (tmp_path / file).write_text(json.dumps(content))
    assert Tokenizer(tmp_path).encode(["[NEW] token"])[0][0] == 5000


@pytest.mark.parametrize("settings", [None, {}, {"extra_ids": 125}])
def test_byt5_reads_typed_special_tokens_as_transformers_does(tmp_path, settings):
    transformers = pytest.importorskip("transformers")

    reference = transformers.ByT5Tokenizer()
    if settings is None:
        (tmp_path / "config.json").write_text('{"vocab_size": 384}')
    else:
        reference.save_pretrained(tmp_path)
        file = tmp_path / "tokenizer_config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | settings))
    tokenizer = Tokenizer(tmp_path)
    expected = reference(BYTE_TEXTS)["input_ids"]
    assert tokenizer.encode(BYTE_TEXTS) == expected
    rows = np.random.default_rng(0).integers(0, 384, (50, 30)).tolist() + expected
    assert tokenizer.decode(rows) == [
        reference.decode(row, skip_special_tokens=True) for row in rows
    ]
