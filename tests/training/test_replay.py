"""Replay: a fixed share of every batch is general pairs, and forgetting is always measured."""

from dataclasses import replace

import numpy as np
import pytest

from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.data.encoding import Example
from lora_demo.data.packing import Shape
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS, load_dataset
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import EvalEvent, StepEvent
from lora_demo.training.mixing import MixedBatches
from lora_demo.training.replay import load_general_pairs
from lora_demo.training.runs import create
from lora_demo.training.setup import read_data
from lora_demo.training.worker import work
from tests.training.test_parent import without_compiling

__all__ = ["without_compiling"]

LENGTHS = np.random.default_rng(0).integers(3, 20, (2, 90))
OWN = [Example([2] * n, [2] * (n // 2)) for n in LENGTHS[0].tolist()]
GENERAL = [Example([3] * n, [3] * (n // 2)) for n in LENGTHS[1].tolist()]
SHAPE = Shape(3, 64, 40)


@pytest.fixture(scope="module")
def config(quick_config):
    return replace(quick_config, rank=2, alpha=4.0, steps=4, eval_every=2, replay=0.25)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.25, 0.5, 0.9])
def test_every_batch_has_the_share_of_replayed_tokens(share):
    batches = MixedBatches(OWN, GENERAL, share, SHAPE, seed=1)
    replayed = tokens = 0
    for index in range(200):
        batch = batches.batch(index)
        part = int((batch.ids == 3).sum() + (batch.labels == 3).sum())
        assert abs(part - share * batch.tokens) <= 30, "about one sentence"
        replayed, tokens = replayed + part, tokens + batch.tokens
    assert replayed / tokens == pytest.approx(share, abs=0.002)
    assert tokens > 0.8 * 200 * SHAPE.tokens, "the batches are well filled"


def test_a_pass_has_every_own_example_once_and_ends_within_its_batches():
    own = [Example([i + 10] * 6, [i + 10] * 4) for i in range(40)]
    batches = MixedBatches(own, GENERAL, 0.25, SHAPE, seed=1)
    seen = np.concatenate([batches.batch(i).ids.ravel() for i in range(batches.per_epoch)])
    assert set(seen[seen >= 10].tolist()) == {i + 10 for i in range(40)}
    before = [batches.batch(i).ids for i in range(batches.per_epoch - 1)]
    assert len(set(np.concatenate(before).ravel().tolist())) < 42


def test_a_batch_depends_on_seed_and_index_alone():
    one, other = (MixedBatches(OWN, GENERAL, 0.25, SHAPE, seed=1) for _ in range(2))
    expected = [one.batch(i).ids for i in range(30)]
    assert np.array_equal(other.batch(29).ids, expected[29])
    assert np.array_equal(other.batch(4).ids, expected[4])
    assert np.array_equal(other.batch(4).ids, expected[4])
    shuffled = MixedBatches(OWN, GENERAL, 0.25, SHAPE, seed=2)
    assert not np.array_equal(shuffled.batch(29).ids, expected[29])


def test_no_pair_that_measures_the_run_is_replayed(config, tmp_path):
    general = read_file(CORPUS / "general" / "train.tsv")
    everyday = read_file(CORPUS / "everyday" / "test.tsv")
    own = load_dataset(config.data, seed=config.seed)
    pairs = [*general[:20], *everyday[:5], (everyday[6][0].upper(), "Hi."), *own.eval]
    path = tmp_path / "general.tsv"
    path.write_text("de\ten\n" + "".join(f"{de}\t{en}\n" for de, en in pairs))
    watched = [(general[3][0], "Something else.")]
    replayed = load_general_pairs(replace(config, replay_data=str(path)), own, watched)
    assert set(replayed) <= set(general[:20]) - {general[3]}
    assert len(replayed) > 10
    only_everyday = tmp_path / "everyday.tsv"
    lines = "".join(f"{de}\t{en}\n" for de, en in everyday)
    only_everyday.write_text(f"de\ten\n{lines}")
    with pytest.raises(ValueError, match=r"everyday\.tsv has no general pairs for replay"):
        load_general_pairs(replace(config, replay_data=str(only_everyday)), own, [])


def test_a_large_source_is_replayed_from_its_beginning_to_its_end(config, tmp_path, monkeypatch):
    monkeypatch.setattr("lora_demo.training.replay.MAX_PAIRS", 50)
    general = read_file(CORPUS / "general" / "train.tsv")[:1000]
    path = tmp_path / "sorted.tsv"
    lines = "".join(f"{de}\t{en}\n" for de, en in general)
    path.write_text(f"de\ten\n{lines}", encoding="utf-8")
    own = load_dataset(config.data, seed=config.seed)
    config = replace(config, replay_data=str(path))
    replayed = load_general_pairs(config, own, [])
    assert len(replayed) == 50 and len(set(replayed) & set(general[:500])) < 40
    assert replayed == load_general_pairs(config, own, []), "the same in a resumed run"
    assert replayed != load_general_pairs(replace(config, seed=config.seed + 1), own, [])


def test_watched_and_replayed_pairs_are_read_with_the_given_columns(config, tmp_path):
    general = read_file(CORPUS / "general" / "train.tsv")[:60]
    for name, pairs in (("own", general[:30]), ("more", general[30:])):
        lines = "".join(f"{de}\t{en}\n" for de, en in pairs)
        (tmp_path / f"{name}.tsv").write_text(f"Vorn\tHinten\n{lines}", encoding="utf-8")
    own, more = (str(tmp_path / f"{name}.tsv") for name in ("own", "more"))
    sources = {"data": own, "watch": own, "replay_data": more, "columns": "de=Vorn,en=Hinten"}
    data = read_data(replace(config, **sources), tmp_path, lambda: False)
    assert set(data.scored["watch_chrf"]) == set(general[:30])
    assert set(data.replayed) <= set(general[30:]) and len(data.replayed) > 20


@pytest.mark.parametrize("share", [-0.1, 1, 1.5, float("nan"), "0.5"])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValueError, match="replay = "):
        TrainConfig(steps=1, replay=share)


def test_a_replaying_run_resumes_like_an_uninterrupted_one(config, tmp_path):
    config = replace(config, replay_targets="model", replay_data=small_source(tmp_path))
    whole = create(config, tmp_path / "whole")
    translated = list(work(whole))
    parts = create(config, tmp_path / "parts")
    events = []
    for event in work(parts, stop=lambda: sum(isinstance(e, StepEvent) for e in events) >= 2):
        events.append(event)
    list(work(parts))
    files = [run.folder / "checkpoint" / "state.safetensors" for run in (whole, parts)]
    weights = [run.adapter / "adapter_model.safetensors" for run in (whole, parts)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert all(file.is_file() for file in files)
    assert any(getattr(e, "phase", "") == "replay" for e in translated)
    pairs = read_file(whole.folder / "replayed.jsonl")
    assert len(pairs) == len({de for de, _ in pairs})
    assert all(en for _, en in pairs)
    hashes = PairHashes.read(whole.adapter)
    general = load_dataset(config.replay_data, seed=config.seed).train
    assert hashes.sources > PairHashes.of(general, []).sources


def small_source(folder) -> str:
    """A few general pairs in a file."""
    pairs = read_file(CORPUS / "general" / "train.tsv")[:12]
    path = folder / "some-general.tsv"
    path.write_text("de\ten\n" + "".join(f"{de}\t{en}\n" for de, en in pairs))
    return str(path)


def test_every_evaluation_follows_everyday_sentences_and_tests_them_against_the_start(
    config, tmp_path
):
    run = create(replace(config, learning_rate=0.5, replay=0.0), tmp_path)
    first, *later = [e for e in work(run) if isinstance(e, EvalEvent)]
    assert first.everyday_chrf is not None and first.everyday_p is None
    assert len(later) == 2
    for event in later:
        assert 0 <= event.everyday_p <= 1
        is_lower = event.everyday_chrf < first.everyday_chrf
        assert event.everyday_worse in (False, is_lower)
