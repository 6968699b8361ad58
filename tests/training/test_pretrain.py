"""Pre-training of a base: its examples, its settings, a small run and a resumed one."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from lora_demo.checkpoints.base import find_base, load_model
from lora_demo.checkpoints.sampling_tokenizer import SamplingTokenizer
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.encoding import PREFIX, Example
from lora_demo.data.packing import Shape
from lora_demo.training.pretrain.__main__ import main, parse_mixture, parser
from lora_demo.training.pretrain.config import PRECISIONS, TASKS, PretrainConfig
from lora_demo.training.pretrain.mixture import MAX_TOKENS, Mixture, pack_longest_first
from lora_demo.training.pretrain.run import RARE_SHARE, Pretraining
from lora_demo.training.pretrain.start import find_tokenizer
from lora_demo.training.pretrain.vocabulary import REVERSE_PREFIX, SENTINELS, SPECIAL
from lora_demo.translator import Translator
from tests.training.small_corpus import PAIRS
from tests.training.test_spans import restore_spans

SIZES = (  # noqa: SIM905 - reads as it is typed
    "--steps 120 --decay-steps 60 --vocab 150 --d-model 64 --d-kv 16 --heads 4 --d-ff 128 "
    "--layers 1 --decoder-layers 1 --batch-pairs 48 --learning-rate 1e-2 --warmup 10 "
    "--held-out 8 --mixture spans=0.1,pair-spans=0.1,en-de=0.2,de-en=0.6"
).split()
FIRST_SENTINEL = 999


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    """The command's arguments but for the output folder."""
    path = tmp_path_factory.mktemp("pairs") / "pairs.txt"
    lines = [f"{en}\t{de}\tour own\n" for de, en in PAIRS]
    path.write_text("".join(lines), encoding="utf-8")
    return ["--pairs", str(path), *SIZES, "--output"]


@pytest.fixture(scope="module")
def output(arguments, tmp_path_factory):
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("pretrained")
    main([*arguments, str(folder)])
    return folder


@pytest.fixture(scope="module")
def config(arguments, output):
    return PretrainConfig(**vars(parser().parse_args([*arguments, str(output)])))


def mixture_of(config, output, **shares):
    vocabulary = len(
        json.loads((output / "tokenizer/tokenizer.json").read_text())["model"]["vocab"]
    )
    changed = PretrainConfig(**vars(config) | {"mixture": shares})
    tokenizer = SamplingTokenizer(output / "tokenizer")
    return Mixture(PAIRS, tokenizer, vocabulary + SENTINELS - 1, changed)


def test_sentinels_are_single_tokens_and_count_down_from_the_highest_id(output):
    tokenizer = Tokenizer(output / "tokenizer")
    ids = [tokenizer.encode([f"<extra_id_{i}>"])[0] for i in range(SENTINELS)]
    assert all(len(row) == 2 and row[1] == 1 for row in ids)
    numbers = [row[0] for row in ids]
    assert numbers == list(range(numbers[0], numbers[0] - SENTINELS, -1))


def test_the_sampling_tokenizer_agrees_with_the_exported_one(output):
    exported, sampling = Tokenizer(output / "tokenizer"), SamplingTokenizer(output / "tokenizer")
    texts = [text for pair in PAIRS for text in pair]
    assert [[*sampling.encode(text), 1] for text in texts] == exported.encode(texts)


def test_sampled_segmentations_differ_and_spell_the_same_text(output):
    exported, sampling = Tokenizer(output / "tokenizer"), SamplingTokenizer(output / "tokenizer")
    text = PAIRS[0][0]
    random = np.random.default_rng(0)
    samples = [sampling.sample(text, random) for _ in range(50)]
    assert len({tuple(ids) for ids in samples}) > 5
    assert set(exported.decode(samples)) == {text}


def test_each_task_makes_examples_of_its_own_kind(config, output):
    tokenizer = Tokenizer(output / "tokenizer")
    english = dict(PAIRS)
    decoded = {}
    for task in TASKS:
        mixture = mixture_of(config, output, **{task: 1.0})
        examples = mixture.examples(0)
        first = mixture.first_sentinel
        if "spans" in task:
            texts = [restore_spans(e.source[:-1], e.target[:-1], first) for e in examples]
            decoded[task] = tokenizer.decode(texts)
        else:
            sources = tokenizer.decode([e.source for e in examples])
            targets = tokenizer.decode([e.target for e in examples])
            decoded[task] = list(zip(sources, targets, strict=True))
    single = [pair for pair in decoded["de-en"] if pair[0].removeprefix(PREFIX) in english]
    assert len(single) > 40
    assert all(english[source.removeprefix(PREFIX)] == target for source, target in single)
    assert all(source.startswith(REVERSE_PREFIX) for source, _ in decoded["en-de"])
    sentences = {text for pair in PAIRS for text in pair}
    both = {f"{de} {en}" for de, en in PAIRS} | {f"{en} {de}" for de, en in PAIRS}
    assert len([text for text in decoded["spans"] if text in sentences]) > 40
    assert len([text for text in decoded["pair-spans"] if text in both]) > 40
    ordered = [(source, target) for source, target in decoded["deshuffle"] if target in sentences]
    assert len([source for source, target in ordered if source != target]) > 40
    assert any(sorted(source) == sorted(target) for source, target in ordered)


def test_pair_spans_leave_one_of_the_two_texts_complete(config, output):
    tokenizer = Tokenizer(output / "tokenizer")
    mixture = mixture_of(config, output, **{"pair-spans": 1.0})
    sources = tokenizer.decode([example.source for example in mixture.examples(0)])
    is_german_complete = [any(de in source for de, _ in PAIRS) for source in sources]
    is_english_complete = [any(en in source for _, en in PAIRS) for source in sources]
    assert 0.3 < np.mean(is_german_complete) < 0.7
    single = np.logical_or(is_german_complete, is_english_complete)
    assert single.mean() > 0.9  # passages are longer than any one pair


def test_the_batches_of_a_step_are_always_the_same(config, output):
    one = mixture_of(config, output, **{"en-de": 1.0})
    other = mixture_of(config, output, **{"en-de": 1.0})
    assert one.examples(7) == other.examples(7) != one.examples(8)
    assert all(
        np.array_equal(a.ids, b.ids) for a, b in zip(one.batches(3), other.batches(3), strict=True)
    )


def test_a_run_draws_its_batches_after_those_of_the_run_it_started_from(config, output, tmp_path):
    whole = Pretraining(PretrainConfig(**vars(config) | {"output": tmp_path / "whole"}))
    options = {"output": tmp_path / "later", "start": output}
    later = Pretraining(PretrainConfig(**vars(config) | options))
    assert later.mixture.examples(5) == whole.mixture.examples(config.steps + 5)
    assert later.mixture.examples(5) != whole.mixture.examples(5)


def test_an_epoch_draws_every_pair_once(config, output):
    mixture = mixture_of(config, output, **{"de-en": 1.0})
    for epoch in (0, 1):
        drawn = [mixture._pair(epoch * len(PAIRS) + i) for i in range(len(PAIRS))]
        assert sorted(drawn) == sorted(PAIRS)


def test_passages_join_two_to_five_pairs_in_the_same_order(config, output):
    always = PretrainConfig(**vars(config) | {"joined_share": 1.0})
    mixture = Mixture(PAIRS, SamplingTokenizer(output / "tokenizer"), 180, always)
    random = np.random.default_rng(0)
    passages = [mixture._passage(i, random) for i in range(100)]
    english = dict(PAIRS)
    counts = set()
    for german, translated in passages:
        sentences = german.replace("?", "?|").replace(".", ".|").split("|")[:-1]
        counts.add(len(sentences))
        assert " ".join(english[s.strip()] for s in sentences) == translated
    assert counts == {2, 3, 4, 5}


def test_packing_never_splits_an_example_or_exceeds_a_row():
    random = np.random.default_rng(0)
    examples = [
        Example([i] * random.integers(1, 60), [i] * random.integers(1, 30)) for i in range(3, 80)
    ]
    shape = Shape(8, 96, 72)
    rows = pack_longest_first(examples, shape, 64)
    packed = [example for row in rows for example in row]
    assert sorted(e.source[0] for e in packed) == list(range(3, 80))
    assert all(sum(len(e.source) for e in row) <= 96 for row in rows)
    assert all(sum(len(e.target) for e in row) <= 72 for row in rows)


def test_examples_that_are_too_long_are_left_out(config, output):
    long = [(f"{de} " * 30, en) for de, en in PAIRS[:4]]
    tokenizer = SamplingTokenizer(output / "tokenizer")
    mixture = Mixture(PAIRS[4:] + long, tokenizer, 180, config)
    sizes = [max(len(e.source), len(e.target)) for s in range(8) for e in mixture.examples(s)]
    assert max(sizes) <= MAX_TOKENS


def test_rare_pieces_are_moved_in_different_directions(config, tmp_path):
    run = Pretraining(PretrainConfig(**vars(config) | {"output": tmp_path}))
    counts = run._piece_counts()
    is_rare = counts < 20
    is_rare[:SPECIAL] = False
    rare, common = np.flatnonzero(is_rare), np.flatnonzero(~is_rare)
    before = run.weights["shared"].numpy()
    before[rare] = before[rare[0]]
    run.weights["shared"].assign(before)
    run.separate_rare_pieces()
    moved = run.weights["shared"].numpy() - before
    assert len(rare) > 20 and len(common) > 20 and not moved[common].any()
    size = RARE_SHARE * np.linalg.norm(before[common], axis=1).mean()
    assert np.linalg.norm(moved[rare], axis=1) == pytest.approx(size, rel=1e-5)
    directions = moved[rare] / np.linalg.norm(moved[rare], axis=1, keepdims=True)
    assert np.abs(directions @ directions.T - np.eye(len(rare))).max() < 0.9


def test_bfloat16_arithmetic_learns_as_float32_does(config, tmp_path):
    losses = {}
    for precision in PRECISIONS:
        options = {"output": tmp_path / precision, "precision": precision}
        run = Pretraining(PretrainConfig(**vars(config) | options))
        assert {weight.dtype for weight in run.weights.values()} == {"float32"}
        steps = range(1, 9)
        losses[precision] = [run.stepper.step(run.mixture.batches(n), 1e-2, n) for n in steps]
    exact, rounded = losses.values()
    assert exact[-1] < 0.9 * exact[0]
    assert exact != rounded
    assert rounded == pytest.approx(exact, rel=5e-3)


def test_a_short_run_counts_pieces_in_as_many_batches_as_a_long_one(config, tmp_path):
    options = vars(config) | {"output": tmp_path}
    short = PretrainConfig(**options | {"steps": 1, "decay_steps": 0, "warmup": 0})
    counts = [Pretraining(settings)._piece_counts() for settings in (short, config)]
    assert np.array_equal(*counts) and counts[0].sum() > 0


def test_a_finished_run_is_a_base_that_translates(output):
    translator = Translator(find_base(str(output / "model")))
    (column,) = translator.compare([de for de, _ in PAIRS])
    is_right = [text == en for text, (_, en) in zip(column.texts, PAIRS, strict=True)]
    assert sum(is_right) > 0.9 * len(PAIRS)
    document = json.loads((output / "model" / "training.json").read_text(encoding="utf-8"))
    assert document["options"]["steps"] == 120
    assert document["options"]["pairs"] == "pairs.txt"
    assert document["test"]["n"] == 4


def test_a_resumed_run_reaches_the_weights_of_an_uninterrupted_one(
    arguments, output, tmp_path, monkeypatch
):
    save = Pretraining.save

    def save_and_die(run):
        save(run)
        if run.step == 12:
            raise KeyboardInterrupt

    with monkeypatch.context() as killing:
        killing.setattr(Pretraining, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            main([*arguments, str(tmp_path), "--eval-minutes", "0"])
    assert not (tmp_path / "model").exists()
    main([*arguments, str(tmp_path)])
    assert "from step 12" in (tmp_path / "log.txt").read_text(encoding="utf-8")
    for file in ("state.safetensors", "model/model.safetensors"):
        uninterrupted, resumed = load_file(output / file), load_file(tmp_path / file)
        assert uninterrupted.keys() == resumed.keys()
        assert all(np.array_equal(uninterrupted[name], resumed[name]) for name in resumed)


def test_a_run_can_start_from_the_weights_and_the_tokenizer_of_another(config, output, tmp_path):
    start = PretrainConfig(**vars(config) | {"output": tmp_path, "start": output})
    run = Pretraining(start)
    state = load_file(output / "state.safetensors")
    assert run.step == 0
    assert all(
        np.array_equal(weight.numpy(), state[f"weight/{path}"])
        for path, weight in run.weights.items()
    )
    assert find_tokenizer(start, []) == tmp_path / "tokenizer"
    finished = json.loads((output / "model" / "training.json").read_text(encoding="utf-8"))
    earlier = run.record()["earlier_run"]
    assert earlier == {name: finished[name] for name in earlier}
    assert earlier["steps"] == 120 and earlier["earlier_run"] is None


def test_a_run_can_start_from_an_exported_base(config, output, tmp_path):
    start = PretrainConfig(**vars(config) | {"output": tmp_path, "start": output / "model"})
    run = Pretraining(start)
    weights = load_model(find_base(str(output / "model"))).parameters()
    assert run.weights.keys() == weights.keys()
    for path, weight in run.weights.items():
        assert np.array_equal(weight.numpy(), weights[path].numpy())
    trained, rebuilt = (SamplingTokenizer(folder / "tokenizer") for folder in (output, tmp_path))
    for text, _ in PAIRS:
        assert rebuilt.encode(text) == trained.encode(text)
    assert run.record()["earlier_run"]["steps"] == 120


def test_a_run_can_add_blocks_to_an_exported_base_and_begins_with_its_outputs(
    config, output, tmp_path
):
    grown = {"output": tmp_path, "start": output / "model", "layers": 3, "decoder_layers": 2}
    run = Pretraining(PretrainConfig(**vars(config) | grown))
    base = load_model(find_base(str(output / "model")))
    ids = np.array(run.tokenizer.encode([PREFIX + PAIRS[0][0]]))
    mask = np.ones_like(ids)
    assert len(run.weights) > len(base.parameters())
    assert np.array_equal(run.model(ids, mask, ids, mask), base(ids, mask, ids, mask))
    loss, _ = (run.stepper.step(run.mixture.batches(step), 1e-2, step) for step in (0, 1))
    assert np.isfinite(loss)
    assert all(np.any(weight.numpy()) for weight in run.weights.values())


@pytest.mark.parametrize("sizes", [{"d_ff": 512}, {"heads": 8}])
def test_an_exported_base_of_another_size_is_refused(config, output, tmp_path, sizes):
    other = {"output": tmp_path, "start": output / "model", **sizes}
    with pytest.raises(ValueError, match="Give its sizes"):
        Pretraining(PretrainConfig(**vars(config) | other))


def test_an_exported_base_with_more_blocks_is_refused(config, output, tmp_path):
    larger = {"output": tmp_path / "grown", "start": output / "model", "layers": 2}
    run = Pretraining(PretrainConfig(**vars(config) | larger))
    run.export({})
    fewer = {"output": tmp_path / "fewer", "start": tmp_path / "grown" / "model"}
    with pytest.raises(ValueError, match="may be larger"):
        Pretraining(PretrainConfig(**vars(config) | fewer))


def test_the_learning_rate_rises_then_is_constant_then_falls_to_zero(config):
    assert config.rate_at(0) == pytest.approx(1e-3)
    assert config.rate_at(9) == config.rate_at(60) == 1e-2
    assert config.rate_at(119) == pytest.approx(1e-2 / 60)


def test_a_mixture_is_read_from_its_shares():
    assert parse_mixture("spans=0.3, en-de=0.7") == {"spans": 0.3, "en-de": 0.7}


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (["--pairs", "/nowhere.txt"], "/nowhere.txt"),
        (["--held-out", "1"], "hold out"),
        (["--vocab", "40"], "--vocab 40"),
        (["--warmup", "-1"], "warmup"),
        (["--mixture", "en-de=0.5"], "mixture"),
        (["--mixture", "en-de"], "TASK=SHARE"),
        (["--mixture", "en-fr=1"], "mixture"),
        (["--steps", "0"], "steps"),
    ],
)
def test_invalid_settings_are_refused_in_one_line_with_status_2(
    arguments, tmp_path, changed, word, capfd
):
    with pytest.raises(SystemExit) as ended:
        main([*arguments, str(tmp_path), *changed])
    err = capfd.readouterr().err
    assert ended.value.code == 2
    assert word in err
    assert err.count("\n") == 1
