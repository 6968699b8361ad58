"""Events of a run are read as they were written; damaged lines are not events."""

import json

import pytest

from lora_demo.training.event_lines import parse_event
from lora_demo.training.events import (
    BeginEvent,
    DoneEvent,
    EvalEvent,
    FailedEvent,
    NoteEvent,
    PhaseEvent,
    PlanEvent,
    Probe,
    ResumeEvent,
    StepEvent,
)

EVENTS = [
    BeginEvent(time=1.0, step=0, pid=7),
    PhaseEvent(time=1.0, step=0, phase="data", message="Reading"),
    NoteEvent(time=1.0, step=0, message="german: a tensor is ignored."),
    PlanEvent(
        time=1.0,
        step=0,
        device="CPU",
        precision="float32",
        train_pairs=9,
        eval_pairs=1,
        total_steps=10,
        eval_every=1,
        trainable=99,
        percent=0.1,
        shape={"rows": 1, "source": 16, "target": 8},
    ),
    ResumeEvent(time=1.0, step=4, message="Resuming"),
    StepEvent(
        time=1.0, step=5, loss=2.5, learning_rate=1e-3, tokens_per_second=9.0, seconds_left=3.0
    ),
    EvalEvent(
        time=1.0,
        step=0,
        train_loss=None,
        eval_loss=2.0,
        chrf=30.0,
        train_chrf=40.0,
        watch_chrf=20.0,
        best=True,
        probes=(Probe("Guten Tag", "Good day", "Hello"),),
    ),
    DoneEvent(time=1.0, step=5, steps=5, seconds=2.0, train_loss=None, reason="stopped"),
    FailedEvent(time=1.0, step=5, message="The disk is full.", job="abc", reason="failed"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_every_event_is_read_as_it_was_written(event):
    assert parse_event(event.to_line()) == event


def test_the_json_form_has_the_documented_keys():
    keys = {event.kind: list(event.to_json()) for event in EVENTS}
    assert keys["begin"] == ["time", "step", "kind", "pid"]
    assert keys["phase"] == ["time", "step", "kind", "phase", "message"]
    assert keys["plan"] == [
        *("time", "step", "kind", "device", "precision", "train_pairs", "eval_pairs"),
        *("total_steps", "eval_every", "trainable", "percent", "shape"),
    ]
    assert keys["step"] == [
        *("time", "step", "kind", "loss", "learning_rate", "tokens_per_second", "seconds_left"),
    ]
    assert keys["eval"] == [
        *("time", "step", "kind", "train_loss", "eval_loss", "chrf"),
        *("train_chrf", "watch_chrf", "best", "probes"),
    ]
    assert keys["done"] == [
        *("time", "step", "kind", "steps", "seconds", "train_loss", "eval_loss", "eval_chrf"),
        *("best_step", "reason"),
    ]
    assert keys["failed"] == ["time", "step", "kind", "message", "reason", "job"]


def test_scores_that_were_not_measured_are_not_written():
    event = EvalEvent(time=1.0, step=0, train_loss=None, eval_loss=2.0, chrf=30.0, probes=())
    assert "watch_chrf" not in event.to_json()
    assert "train_chrf" not in event.to_json()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
@pytest.mark.parametrize("value", [float("nan"), 10**400, [], {}, "x" * 5, True])
def test_a_line_with_an_invalid_value_or_without_a_time_is_not_an_event(event, value):
    document = event.to_json()
    assert parse_event(json.dumps(document | {"time": value})) is None
    assert parse_event(json.dumps(document | {"step": value})) is None
    del document["time"]
    assert parse_event(json.dumps(document)) is None


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "1", "null", '{"kind": "x", "time": 1, "step": 0}']
)
def test_lines_of_other_kinds_are_not_events(line):
    assert parse_event(line) is None
