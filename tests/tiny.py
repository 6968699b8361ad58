"""Fixtures: a tiny random base with a real tokenizer, and a small file of pairs."""

from pathlib import Path

import pytest

from lora_demo.checkpoints.base import save_checkpoint
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS
from lora_demo.model.config import T5Config
from lora_demo.training.pretrain.vocabulary import train_tokenizer

VOCABULARY = 400


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory) -> Path:
    """A random T5 v1.1 of two blocks: inner width 24 on d_model 32, untied."""
    from lora_demo.model.initialization import initialize
    from lora_demo.model.t5 import T5

    folder = tmp_path_factory.mktemp("tiny-base")
    pairs = read_file(CORPUS / "recipes" / "train.tsv", 300)
    train_tokenizer([text for pair in pairs for text in pair], VOCABULARY, folder)
    config = T5Config(VOCABULARY, 32, 8, 48, 2, 2, 3)
    model = T5(config)
    initialize(model, seed=0)
    save_checkpoint(
        folder, config, {path: v.numpy() for path, v in model.parameters().items()}, folder
    )
    return folder


@pytest.fixture(scope="session")
def pairs_file(tmp_path_factory) -> Path:
    """Sixty short pairs in a .tsv."""
    pairs = sorted(read_file(CORPUS / "recipes" / "train.tsv"), key=lambda pair: len(pair[0]))[:60]
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    path.write_text("de\ten\n" + "".join(f"{de}\t{en}\n" for de, en in pairs), encoding="utf-8")
    return path
