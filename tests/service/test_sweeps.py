"""Sweeps over one setting: their runs, and a winner only beyond the noise of the seeds."""

import pytest

from lora_demo.service.sweeps import SETTINGS, read_outcome, sweep_requests
from lora_demo.training.config import TrainConfig
from lora_demo.training.request import TrainRequest
from lora_demo.training.runs import start_sweep
from lora_demo.web.views.sweep_outcome import outcome_html
from tests.service.fake_processes import new_run
from tests.web.test_train import trained

REQUEST = TrainRequest(unit="steps", length=100, seed=5)


def configs(requests) -> list[TrainConfig]:
    return [each.configs("mini", None, "builtin:weather")[0] for each in requests]


def swept(root, scores):
    """Finished runs with these scores: by learning rate, one for each seed."""
    runs = []
    for rate, chrfs in scores.items():
        for seed, chrf in enumerate(chrfs):
            runs.append(trained(root / f"{rate}-{seed}", 4, chrf, learning_rate=rate, seed=seed))
    start_sweep(runs)
    return runs


def test_a_sweep_has_a_run_for_each_value_and_seed_with_names_that_tell_them_apart():
    requests = sweep_requests(REQUEST, "learning_rate", "0.001; 0.002", seeds=2)
    found = [(each.learning_rate, each.seed) for each in configs(requests)]
    assert found == [(0.001, 5), (0.001, 6), (0.002, 5), (0.002, 6)]
    names = [each.name for each in requests]
    assert names[0] == "sweep-lr0.001-s5" and len(set(names)) == 4


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_example_of_each_setting_changes_this_setting_alone(setting):
    made = configs(sweep_requests(REQUEST, setting, SETTINGS[setting].example))
    values = [SETTINGS[setting].read(config) for config in made]
    assert len(set(values)) == 3
    others = [name for name in SETTINGS if name != setting]
    assert all(len({SETTINGS[name].read(config) for config in made}) == 1 for name in others)


def test_wrong_values_and_lengths_in_minutes_are_refused():
    for setting, values, message in (
        ("learning_rate", "0.001; x", "not a number"),
        ("learning_rate", "0.001", "at least 2"),
        ("batch_size", "0; 8", "batch_size"),
        ("rank", "4; 8.5", "not a number"),
    ):
        with pytest.raises(ValueError, match=message):
            sweep_requests(REQUEST, setting, values)
    with pytest.raises(ValueError, match="not minutes"):
        sweep_requests(TrainRequest(), "seed", "1; 2")
    with pytest.raises(ValueError, match="at most 12"):
        sweep_requests(REQUEST, "seed", ";".join(map(str, range(13))))


def test_a_winner_is_named_only_if_its_worst_seed_beats_every_other(tmp_path):
    clear = read_outcome(swept(tmp_path / "clear", {0.001: (20.0, 21.0), 0.002: (23.0, 25.0)}))
    assert clear.winner.value == "0.002"
    assert "Winner: <b>0.002</b>" in outcome_html(clear)
    close = read_outcome(swept(tmp_path / "close", {0.001: (20.0, 24.0), 0.002: (23.0, 25.0)}))
    assert close.winner is None
    assert "bands of the best values overlap" in outcome_html(close)
    single = read_outcome(swept(tmp_path / "single", {0.001: (20.0,), 0.002: (30.0,)}))
    assert single.winner is None and "more seeds" in outcome_html(single)


def test_an_unfinished_run_is_counted_and_prevents_a_winner(tmp_path):
    runs = swept(tmp_path, {0.001: (20.0, 21.0), 0.002: (23.0,)})
    runs.append(new_run(tmp_path, "late", rank=4, learning_rate=0.002, seed=1))
    outcome = read_outcome(runs)
    assert outcome.winner is None
    assert "1 run has not finished" in outcome_html(outcome)
    assert [value.unfinished for value in outcome.values] == [0, 1]


def test_runs_that_differ_in_rank_alone_keep_the_comparison_of_ranks(tmp_path):
    assert read_outcome([trained(tmp_path, rank, 20.0) for rank in (4, 8)]) is None
