"""Sampled segmentations: the same texts in other pieces, and the same batches in a resumed run."""

import json

import numpy as np
import pytest

from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.sampling_tokenizer import SamplingTokenizer
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.encoding import PREFIX
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS
from lora_demo.training.config import TrainConfig
from lora_demo.training.examples import ExampleEncoder

PAIRS = read_file(CORPUS / "general" / "train.tsv", 120)
MINI = find_base("mini").folder


def encode(share: float, replayed=(), sampling=True, **settings):
    config = TrainConfig(steps=1, sampled_share=share, batch_size=8, **settings)
    tokenizer = Tokenizer(MINI)
    sampler = SamplingTokenizer(MINI) if sampling else None
    encoder = ExampleEncoder(config, tokenizer, sampler, devices=1, pad_id=0)
    return tokenizer, encoder.encode(PAIRS[:60], PAIRS[60:70], [], replayed)


def sources_of_a_pass(examples):
    """The source ids of each example of the first batches."""
    found = []
    for index in range(examples.train.per_epoch - 1):
        batch = examples.train.batch(index)
        for ids, segments in zip(batch.ids, batch.segments, strict=True):
            found += [ids[segments == n].tolist() for n in range(1, segments.max() + 1)]
    return found


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_share_of_the_texts_is_cut_into_other_pieces_that_spell_the_same(share):
    tokenizer, examples = encode(share)
    sources = sources_of_a_pass(examples)
    texts = tokenizer.decode(sources)
    assert set(texts) <= {PREFIX + de for de, _en in PAIRS[:60]}
    assert len(texts) > 40
    usual = tokenizer.encode(texts)
    changed = np.mean([source != best for source, best in zip(sources, usual, strict=True)])
    assert 0.6 * share < changed <= min(1.0, 1.6 * share)


def test_each_pass_cuts_a_text_anew():
    tokenizer, examples = encode(1.0)
    cuts = {}
    for index in range(5 * examples.train.per_epoch):
        batch = examples.train.batch(index)
        for ids, segments in zip(batch.ids, batch.segments, strict=True):
            for n in range(1, segments.max() + 1):
                source = ids[segments == n].tolist()
                cuts.setdefault(tokenizer.decode([source])[0], set()).add(tuple(source))
    assert np.mean([len(found) for found in cuts.values()]) > 3


def test_a_resumed_run_gets_the_same_batches():
    whole, resumed, other = (
        encode(0.5, PAIRS[70:], replay=0.25, seed=seed)[1].train for seed in (0, 0, 1)
    )
    later = whole.per_epoch + 3
    expected = [whole.batch(index).ids for index in range(later + 1)][-1]
    assert np.array_equal(resumed.batch(later).ids, expected)
    assert other.shape != whole.shape or not np.array_equal(other.batch(later).ids, expected)


def test_without_a_share_the_pieces_are_the_likeliest():
    tokenizer, examples = encode(0.0, sampling=False)
    sources = sources_of_a_pass(examples)
    assert sources == tokenizer.encode(tokenizer.decode(sources))


def test_held_out_pairs_are_never_cut_by_chance():
    tokenizer, examples = encode(1.0)
    held_out = examples.eval[0]
    first = held_out.ids[0][held_out.segments[0] == 1].tolist()
    assert first == tokenizer.encode(tokenizer.decode([first]))[0]


def test_a_tokenizer_without_probabilities_is_refused_with_advice(tmp_path):
    with pytest.raises(ValueError, match=r"Unigram vocabulary.*Set it to 0"):
        SamplingTokenizer(tmp_path)
    document = json.loads((MINI / "tokenizer.json").read_text(encoding="utf-8"))
    document["model"] = {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ValueError, match=r"Unigram vocabulary.*Set it to 0"):
        SamplingTokenizer(tmp_path)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "0.5"])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match="sampled_share = "):
        TrainConfig(steps=1, sampled_share=share)
