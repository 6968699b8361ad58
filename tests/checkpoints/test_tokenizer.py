"""The tokenizer that is read without transformers gives the same ids and texts."""

import json
import shutil

import numpy as np
import pytest

from lora_demo.checkpoints.base import EMBEDDED_FOLDER
from lora_demo.checkpoints.tokenizer import Tokenizer, _by_transformers, _plain

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
    (unknown, encode, decode), (plain_unknown, plain_encode, plain_decode) = (
        _by_transformers(EMBEDDED_FOLDER),
        _plain(EMBEDDED_FOLDER),
    )
    rows = np.random.default_rng(0).integers(0, 4000, (200, 12)).tolist() + encode(TEXTS)
    assert plain_unknown == unknown and plain_encode(TEXTS) == encode(TEXTS)
    assert [plain_decode(row) for row in rows] == [decode(row) for row in rows]


@pytest.mark.parametrize(
    "change",
    [
        {"tokenizer_class": "T5Tokenizer"},
        {"clean_up_tokenization_spaces": True},
        {"eos_token": "Haus"},
    ],
)
def test_transformers_reads_a_tokenizer_that_it_would_change(tmp_path, change):
    shutil.copytree(EMBEDDED_FOLDER, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert _plain(tmp_path) is None and Tokenizer(tmp_path).decode([[1]])
