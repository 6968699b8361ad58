"""Runs that start from an adapter."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from lora_demo.checkpoints.base import find_config
from lora_demo.checkpoints.download import sha256_of
from lora_demo.checkpoints.pair_hashes import PairHashes
from lora_demo.cli.train_events import show_event
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import EvalEvent, NoteEvent, StepEvent
from lora_demo.training.parent import complete_settings
from lora_demo.training.runs import create
from lora_demo.training.worker import work

WEIGHTS = "adapter_model.safetensors"


@pytest.fixture(scope="module", autouse=True)
def without_compiling():
    """Compiling takes ten times as long as these few steps."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def config(quick_config):
    return replace(
        quick_config,
        rank=3,
        alpha=5.0,
        dropout=0.0,
        targets=("q", "wo"),
        use_rslora=True,
        steps=4,
        eval_every=2,
    )


@pytest.fixture(scope="module")
def parent_run(config, tmp_path_factory):
    run = create(config, tmp_path_factory.mktemp("parent"))
    list(work(run))
    return run


@pytest.fixture
def parent(parent_run, tmp_path):
    return shutil.copytree(parent_run.adapter, tmp_path / "first")


@pytest.fixture
def child_config(config, parent):
    """Settings of a run that starts from the parent, with another order of the data."""
    settings = complete_settings(given(config, parent), find_config(config.base))
    return TrainConfig(**settings, steps=4, eval_every=2)


def given(config, parent) -> dict:
    """Settings as a caller gives them: no rank, alpha or targets."""
    names = ("base", "data", "batch_size", "max_length", "max_pairs")
    return {name: getattr(config, name) for name in names} | {"parent": parent}


def document(folder, name="adapter_config.json"):
    return json.loads((folder / name).read_text())


def test_a_run_begins_with_its_parent_and_never_writes_it(parent_run, parent, child_config):
    assert (child_config.rank, child_config.alpha) == (3, 5.0)
    assert child_config.targets == ("q", "wo") and child_config.use_rslora
    before = sha256_of(sorted(parent.iterdir()))
    run = create(replace(child_config, seed=3), parent.parent / "runs")
    first = next(e for e in work(run) if isinstance(e, EvalEvent))
    kept = min(e.eval_loss for e in parent_run.events() if isinstance(e, EvalEvent))
    assert first.step == 0 and first.eval_loss == pytest.approx(kept, rel=1e-5)
    base = next(e for e in parent_run.events() if isinstance(e, EvalEvent))
    assert first.base_eval_loss == pytest.approx(base.eval_loss, rel=1e-5)
    assert first.base_chrf == pytest.approx(base.chrf)
    assert first.base_everyday_chrf == pytest.approx(base.everyday_chrf)
    assert sha256_of(sorted(parent.iterdir())) == before


def test_a_further_trained_adapter_names_its_parent_and_all_its_pairs(
    parent, child_config, tmp_path
):
    run = create(child_config, tmp_path / "runs")
    list(work(run))
    manifest, sha256 = document(run.adapter, "manifest.json"), sha256_of([parent / WEIGHTS])
    made_by = document(parent, "manifest.json")["command"]
    assert manifest["parent"] == {"name": "first", "sha256": sha256, "commands": [made_by]}
    assert document(run.folder, "run.json")["parent_sha256"] == sha256
    assert "--from first" in manifest["command"]
    scores, first = manifest["scores"], manifest["scores"]["curve"][0]
    assert scores["parent_eval_chrf"] == first["chrf"]
    assert scores["parent_everyday_chrf"] == first["everyday_chrf"]
    assert scores["base_eval_loss"] > scores["parent_eval_loss"]
    card = (run.adapter / "README.md").read_text()
    assert "`first`" in card and sha256 in card
    settings, own = document(run.adapter), document(parent)
    assert settings == own | {"lora_dropout": 0.0}
    hashes, old = PairHashes.read(run.adapter), PairHashes.read(parent)
    assert hashes.pairs > old.pairs, "the other split holds out other pairs"


def test_a_run_resumes_like_an_uninterrupted_one_without_its_parent(parent, child_config, tmp_path):
    whole = create(child_config, tmp_path / "whole")
    list(work(whole))
    parts = create(child_config, tmp_path / "parts")
    waiting = create(child_config, tmp_path / "waiting")
    shutil.rmtree(parent)
    events = []
    for event in work(parts, stop=lambda: sum(isinstance(e, StepEvent) for e in events) >= 3):
        events.append(event)
    for run in (parts, waiting):
        list(work(run))
        assert run.state == "done"
        weights, other = (load_file(r.adapter / WEIGHTS) for r in (whole, run))
        assert all(np.array_equal(weights[name], other[name]) for name in weights)


def test_matrices_of_other_ranks_and_scales_keep_them_in_further_training(
    parent, child_config, tmp_path
):
    settings = document(parent) | {"rank_pattern": {"wo": 1}, "alpha_pattern": {"wo": 2.5}}
    tensors = load_file(parent / WEIGHTS)
    for name in tensors:
        if ".wo." in name:
            first = tensors[name][:1] if "lora_A" in name else tensors[name][:, :1]
            tensors[name] = np.ascontiguousarray(first)
    (parent / "adapter_config.json").write_text(json.dumps(settings))
    save_file(tensors, parent / WEIGHTS, {"format": "pt"})
    run = create(child_config, tmp_path / "runs")
    list(work(run))
    trained = load_file(run.adapter / WEIGHTS)
    assert {n: t.shape for n, t in trained.items()} == {n: t.shape for n, t in tensors.items()}
    assert document(run.adapter) == settings | {"lora_dropout": 0.0}


def test_an_adapter_of_some_blocks_trains_only_these(parent, child_config, config, tmp_path):
    tensors = load_file(parent / WEIGHTS)
    kept = {name: tensor for name, tensor in tensors.items() if ".encoder.block.0." in name}
    save_file(kept, parent / WEIGHTS, {"format": "pt"})
    paths = [n.split(".", 2)[2].rsplit(".", 2)[0] for n in kept if "lora_A" in n]
    settings = document(parent) | {"target_modules": paths}
    (parent / "adapter_config.json").write_text(json.dumps(settings))
    completed = complete_settings(given(config, parent), find_config(config.base))
    assert sorted(completed["targets"]) == sorted(paths)
    run = create(TrainConfig(**completed, steps=1), tmp_path / "runs")
    list(work(run))
    assert load_file(run.adapter / WEIGHTS).keys() == kept.keys()


def test_settings_that_contradict_the_parent_are_refused_by_name(parent, config):
    model = find_config(config.base)
    wrong = {"parent": str(parent), "rank": 4, "targets": ("wo", "q"), "use_rslora": False}
    with pytest.raises(ValueError, match="rank is 3 in first, not 4; use_rslora is true") as error:
        complete_settings(wrong, model)
    assert "targets" not in str(error.value), "the same targets in another order"
    with pytest.raises(ValueError, match=r"targets is q, wo in first, not q"):
        complete_settings(wrong | {"rank": 3, "use_rslora": True, "targets": ("q",)}, model)


def test_a_changed_or_missing_parent_is_refused_and_leaves_no_folder(child_config, tmp_path):
    runs = tmp_path / "runs"
    with pytest.raises(ValueError, match="differ from those in these settings"):
        create(replace(child_config, parent_sha256="0" * 64), runs)
    with pytest.raises(ValueError, match="was not found"):
        create(replace(child_config, parent=str(tmp_path / "nowhere")), runs)
    assert list(runs.iterdir()) == []


def test_a_parent_that_does_not_fit_the_base_is_refused(child_config, tmp_path):
    with pytest.raises(ValueError, match=r"first does not fit this base.*its own base"):
        complete_settings({"parent": child_config.parent}, find_config("mini"))
    run = create(replace(child_config, base="mini"), tmp_path / "runs")
    with pytest.raises(ValueError, match="does not fit"):
        list(work(run))


def test_contents_of_the_parent_without_effect_are_reported_before_the_model_is_loaded(
    parent, child_config, tmp_path, capsys
):
    path = parent / "adapter_config.json"
    path.write_text(json.dumps(document(parent) | {"modules_to_save": ["classifier", "score"]}))
    run = create(child_config, tmp_path)
    for event in work(run):
        show_event(event)
        if isinstance(event, NoteEvent):
            break
    assert "! first: Modules to save in" in capsys.readouterr().err
    assert event.message.endswith(": 'classifier', 'score'.")
