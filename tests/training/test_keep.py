"""The adapter that a run keeps: the one with the lowest held-out loss, or the last one."""

import math
from dataclasses import replace

import pytest

from lora_demo.checkpoints.card import model_card
from lora_demo.cli.train_run import _print_adapter
from lora_demo.files import read_json
from lora_demo.training.checkpoint import TrainState
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import DoneEvent, EvalEvent, StepEvent
from lora_demo.training.runs import create
from lora_demo.training.worker import work

LOSSES = (3.0, 2.0, 2.5, math.nan, 2.1)


@pytest.mark.parametrize(
    ("keep", "kept", "best_step"), [("best", [1, 1, 0, 0, 0], 1), ("last", [1, 1, 1, 1, 1], 4)]
)
def test_the_lowest_or_the_last_evaluation_is_kept(keep, kept, best_step):
    state = TrainState()
    found = []
    for step, loss in enumerate(LOSSES):
        state.step = step
        found.append(state.add_scores(loss, {"chrf": 10.0 * step}, keep))
    assert found == [bool(flag) for flag in kept]
    assert (state.best_step, state.best_chrf) == (best_step, 10.0 * best_step)
    assert state.best_loss == LOSSES[best_step]
    assert state.worse == 3, "patience counts from the lowest loss"


def test_a_first_loss_that_is_not_a_number_is_not_the_lowest():
    state = TrainState()
    assert not state.add_scores(math.nan, {"chrf": 1.0})
    assert state.add_scores(2.0, {"chrf": 2.0}) and state.best_loss == 2.0


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_run_keeps_its_lowest_loss_or_its_last_step(quick_config, tmp_path, keep):
    length = {"steps": 6, "eval_every": 1, "learning_rate": 0.5, "decay": "constant"}
    run = create(replace(quick_config, rank=2, keep=keep, **length), tmp_path / keep)
    events = list(work(run))
    losses = {event.step: event.eval_loss for event in events if isinstance(event, EvalEvent)}
    lowest = min(losses, key=losses.__getitem__)
    assert lowest < 6, "the last step is not the best one"
    kept = lowest if keep == "best" else 6
    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert (done.best_step, done.eval_loss) == (kept, losses[kept])
    manifest = read_json(run.adapter / "manifest.json")
    assert manifest["training"]["best_step"] == kept
    card = model_card(manifest)
    assert f"the {keep} step, {kept}." in card
    assert ("slightly optimistic" in card) == (keep == "best")


def test_a_run_that_stops_before_its_first_evaluation_leaves_its_last_step_unscored(
    quick_config, tmp_path, capsys
):
    run = create(replace(quick_config, steps=9, eval_every=9), tmp_path / "run")
    events = []

    def has_two_steps():
        return any(isinstance(event, StepEvent) and event.step == 2 for event in events)

    for event in work(run, stop=has_two_steps):
        events.append(event)
    done = events[-1]
    assert (done.best_step, done.eval_loss, done.eval_chrf) == (2, None, None)
    manifest = read_json(run.adapter / "manifest.json")
    assert manifest["training"]["best_step"] == 2
    assert manifest["scores"]["eval_chrf"] is None
    card = model_card(manifest)
    assert "the last step, 2." in card and "was not measured" in card
    _print_adapter(run.adapter, done, "")
    assert capsys.readouterr().out == f"adapter {run.adapter}  not evaluated  kept step 2 of 2\n"


def test_another_choice_is_refused():
    with pytest.raises(ValueError, match=r"keep = .*best.*last"):
        TrainConfig(steps=1, keep="first")
