"""The page's logic without a browser: marking, curves, stories, the line, archives, counts."""

import zipfile
from pathlib import Path

import pytest

from lora_demo.evaluation.word_differences import count_changed_words
from lora_demo.model.config import FLAN_T5
from lora_demo.service import archives, parameter_counts
from lora_demo.training.events import BeginEvent, EvalEvent, ResumeEvent, StepEvent
from lora_demo.training.progress import RunProgress
from lora_demo.web.views import marking, parameter_tables, plots


def test_marks_what_differs_and_escapes_everything():
    assert marking.mark("a <b> c", "a <b> c") == "a &lt;b&gt; c"
    assert marking.mark("the red cat", "the cat") == "the <mark>red</mark> cat"
    assert marking.mark("one two three", "four") == "<mark>one two three</mark>"
    assert 'title="left out: &quot;"' in marking.mark("a b", 'a " b')


@pytest.mark.parametrize(
    "text, reference",
    [("", ""), ("", "a"), ("a", ""), ("a, b", "a b"), ("Ärger – groß", "Ärger groß")],
)
def test_marking_loses_no_character(text, reference):
    import re

    assert re.sub(r"<[^>]*>", "", marking.mark(text, reference)) == text


def test_changed_words_count_both_ways():
    assert count_changed_words("a b c", "a b c") == 0
    assert count_changed_words("a b", "a x y b") == 2


def test_thinning_keeps_the_last_point_and_ticks_are_round():
    points = [(i, i) for i in range(1000)]
    assert plots.thinned(points, 100)[-1] == (999, 999) and len(plots.thinned(points, 100)) <= 100
    assert plots._ticks(0, 40, 5) == [0, 10, 20, 30, 40]


def test_a_flat_curve_and_none_at_all_can_be_drawn():
    assert "polyline" in plots.plot("Loss", [plots.Series("x", [(1, 2.0)], "eval", dots=True)])
    assert "begins with the first step" in plots.plot("Loss", [plots.Series("x", [], "eval")])


def evaluation(step, train, loss, chrf):
    return EvalEvent(
        time=0.0, step=step, train_loss=train, eval_loss=loss, chrf=chrf, best=False, probes=()
    )


def update(step, loss):
    return StepEvent(
        time=0.0,
        step=step,
        loss=loss,
        learning_rate=1e-3,
        tokens_per_second=1.0,
        seconds_left=1.0,
    )


def test_progress_names_the_best_evaluation_and_overfitting():
    progress = RunProgress.from_events(
        [evaluation(0, None, 3.0, 10), evaluation(5, 2.0, 2.0, 20), evaluation(10, 1.0, 2.5, 18)]
    )
    assert progress.best.step == 5 and progress.is_overfitting
    assert "overfits" in progress.summary()
    falling = [evaluation(0, None, 3.0, 10), evaluation(5, 2.0, 2.0, 20)]
    assert not RunProgress.from_events(falling).is_overfitting


def test_a_resumed_run_replaces_what_it_does_again():
    progress = RunProgress.from_events(
        [
            update(1, 3.0),
            update(2, 2.0),
            BeginEvent(time=0.0, step=0),
            ResumeEvent(time=0.0, step=1),
            update(2, 1.9),
        ]
    )
    assert progress.losses == [(1, 3.0), (2, 1.9)] and progress.rates[-1][0] == progress.step == 2


def test_a_run_that_died_before_its_first_checkpoint_begins_anew():
    began = [BeginEvent(time=0.0, step=0), evaluation(0, None, 3.0, 10)]
    progress = RunProgress.from_events(
        [
            *began,
            update(1, 3.0),
            update(2, 2.0),
            evaluation(2, 2.0, 2.5, 12),
            *began,
            update(1, 2.9),
        ]
    )
    assert (
        progress.losses == [(1, 2.9)]
        and [e.step for e in progress.evaluations] == [0]
        and progress.step == 1
    )


def zipped(path: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def test_unpacking_uses_no_path_of_the_archive(tmp_path):
    names = [
        "../../x/adapter_config.json",
        "../../x/adapter_model.safetensors",
        "../../x/evil.py",
        "other/README.md",
    ]
    target = tmp_path / "in"
    target.mkdir()
    archives.unpack_upload([zipped(tmp_path / "a.zip", names)], target)
    assert sorted(path.name for path in target.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "in"]


@pytest.mark.parametrize(
    "names", [[], ["adapter_config.json"], ["a/adapter_config.json", "b/adapter_config.json"]]
)
def test_archives_that_are_no_adapter_are_refused(tmp_path, names):
    target = tmp_path / "in"
    target.mkdir()
    with pytest.raises(ValueError):
        archives.unpack_upload([zipped(tmp_path / "a.zip", names)], target)


def test_an_archive_that_swells_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setitem(archives.MAX_FILE_BYTES, "adapter_config.json", 100)
    target = tmp_path / "in"
    target.mkdir()
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("adapter_config.json", "{}" * 1000)
    with pytest.raises(ValueError, match="too large"):
        archives.unpack_upload([tmp_path / "a.zip"], target)


def test_the_lesson_is_shown_for_its_model_only():
    config = FLAN_T5["google/flan-t5-base"]
    assert "442,368" in parameter_tables.lesson_html("google/flan-t5-base", config)
    assert parameter_tables.lesson_html("google/flan-t5-small", config) == ""


@pytest.mark.parametrize("text", ["", "4, x", "1 2 3 4 5 6 7 8 9"])
def test_ranks_that_are_none(text):
    with pytest.raises(ValueError, match="ranks"):
        parameter_counts.parse_ranks(text)
