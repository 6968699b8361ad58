"""Recorded runs of the lessons: files that `train` wrote, or nothing."""

import shlex

import pytest

from lora_demo.service.lessons.recordings import (
    RECORDINGS,
    evaluated_steps,
    evaluation_at,
    read_recording,
    read_recordings,
    recording_command,
)
from tests.lesson_runs import evaluation, events, run


def record(folder, name, lines):
    (folder / name).mkdir()
    (folder / name / "events.jsonl").write_text("".join(lines), encoding="utf-8")


def test_a_recording_is_the_run_of_its_events(tmp_path):
    recorded = events(evaluation(0, 3.0), evaluation(4, 2.0))
    record(tmp_path, "rank-4", [event.to_line() for event in recorded])
    assert read_recordings(tmp_path) == {
        "rank-4": run(evaluation(0, 3.0), evaluation(4, 2.0)),
    }


def test_a_missing_or_empty_recording_is_left_out(tmp_path):
    record(tmp_path, "rank-8", ["not an event\n"])
    assert read_recording("rank-4", tmp_path) is None
    assert read_recording("rank-8", tmp_path) is None
    assert read_recordings(tmp_path) == {}


def test_a_step_between_evaluations_shows_the_one_before():
    recorded = run(evaluation(2, 3.0), evaluation(4, 2.0))
    assert [evaluation_at(recorded, step).step for step in (0, 2, 3, 4, 9)] == [2, 2, 2, 4, 4]
    assert evaluated_steps([recorded, run(evaluation(0, 1.0), evaluation(3, 1.0))]) == [0, 2, 3, 4]


def test_no_two_recordings_have_the_same_settings():
    assert len({config.command() for config in RECORDINGS.values()}) == len(RECORDINGS)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_command_records_each_run_into_a_folder_of_its_name(name):
    words = shlex.split(recording_command(name))
    assert words[:4] == ["python", "-m", "lora_demo", "train"]
    assert words[-2:] == ["--output", f"runs/lessons/{name}"]


@pytest.mark.parametrize("name", read_recordings())
def test_a_shipped_recording_is_a_whole_run(name):
    progress = read_recordings()[name]
    assert progress.done
    assert progress.evaluations[-1].step == RECORDINGS[name].steps
