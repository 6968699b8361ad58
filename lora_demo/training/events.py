"""Typed events of a run: one frozen class for each kind. `event_lines.py` reads them."""

import json
import time as clock
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

OMIT_NONE = {"omit_none": True}
"""Metadata of a field that the JSON form has only if there is a value."""


@dataclass(frozen=True)
class Probe:
    """A sentence that is translated at every evaluation.

    Args:
        de: The German sentence.
        reference: Its English translation in the data; empty for a sentence of the settings.
        text: Its translation by the model at this step.
    """

    de: str
    reference: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of a run.

    Args:
        time: Seconds since the epoch, as `now` returns them.
        step: Number of updates before the event.
        job: Id of the Hugging Face Job that sent it; None for a run on this machine.
    """

    kind: ClassVar[str]
    time: float
    step: int
    job: str | None = field(default=None, metadata=OMIT_NONE)

    def to_json(self) -> dict[str, Any]:
        """Return the event's JSON form, which `event_lines.event_from_json` reads back."""
        values = asdict(self)
        for entry in fields(self):
            if entry.metadata == OMIT_NONE and values[entry.name] is None:
                del values[entry.name]
        if "probes" in values:
            values["probes"] = list(values["probes"])
        head = {"time": values.pop("time"), "step": values.pop("step"), "kind": self.kind}
        job = {"job": values.pop("job")} if "job" in values else {}
        return head | values | job

    def to_line(self) -> str:
        """Return the event as a line of `events.jsonl`."""
        return json.dumps(self.to_json(), ensure_ascii=False) + "\n"


@dataclass(frozen=True, kw_only=True)
class BeginEvent(Event):
    """A process has begun to work on the run.

    Args:
        pid: The process; 0 for a run on a Job.
    """

    kind: ClassVar[str] = "begin"
    pid: int = 0


@dataclass(frozen=True, kw_only=True)
class PhaseEvent(Event):
    """A part of the work begins.

    Args:
        phase: Its key: data, base, compile, evaluate, train or job.
        message: Its description, for a reader.
    """

    kind: ClassVar[str] = "phase"
    phase: str
    message: str


@dataclass(frozen=True, kw_only=True)
class NoteEvent(Event):
    """Something about the settings or files of the run that changes nothing else.

    Args:
        message: One sentence, for a reader.
    """

    kind: ClassVar[str] = "note"
    message: str


@dataclass(frozen=True, kw_only=True)
class PlanEvent(Event):
    """The plan of the run, once data and model are loaded and compiled.

    Args:
        train_pairs: Pairs that it trains on.
        eval_pairs: Held-out pairs of an evaluation.
        total_steps: Its length in updates.
        trainable: Number of trained parameters.
        percent: Share of them in the base's parameters, in percent.
        eval_every: Steps between evaluations.
        device: The device that it trains on, such as CPU.
        precision: float32 or bfloat16.
        shape: Rows, source and target tokens of a batch.
        cut_pairs: Pairs of both numbers that are over the maximum length and lose their ends.
        max_length: The maximum length in tokens, if pairs are cut.
    """

    kind: ClassVar[str] = "plan"
    device: str = ""
    precision: str = ""
    train_pairs: int
    eval_pairs: int
    total_steps: int
    eval_every: int = 0
    trainable: int
    percent: float
    shape: dict[str, int] = field(default_factory=dict)
    cut_pairs: int | None = field(default=None, metadata=OMIT_NONE)
    max_length: int | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, kw_only=True)
class ResumeEvent(Event):
    """The run continues from its last checkpoint; steps after that are done again."""

    kind: ClassVar[str] = "resume"
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class StepEvent(Event):
    """One update of the adapter.

    Args:
        loss: Mean loss per target token of its batches, replayed pairs included.
        learning_rate: Its rate.
        tokens_per_second: Real tokens, source and target.
        seconds_left: Estimate for the rest of the training.
    """

    kind: ClassVar[str] = "step"
    loss: float
    learning_rate: float
    tokens_per_second: float
    seconds_left: float


@dataclass(frozen=True, kw_only=True)
class EvalEvent(Event):
    """Scores on the held-out pairs; at step 0 those of the base, or of the parent.

    Args:
        train_loss: Loss of the last update; None before the first one.
        eval_loss: Mean loss per target token of the held-out pairs.
        chrf: chrF2 of their translations.
        train_chrf: chrF2 of some trained pairs, if a set is watched.
        watch_chrf: chrF2 of the watched set, if there is one.
        everyday_chrf: chrF2 of everyday sentences, which every run follows.
        everyday_p: P-value of its difference to the start, by the paired bootstrap; None at step 0.
        everyday_worse: It is significantly worse than at the start.
        base_eval_loss: At step 0 of a run that starts from an adapter, the base's eval loss.
        base_chrf: Its chrF2 of the held-out pairs, likewise.
        base_everyday_chrf: Its chrF2 of the everyday sentences, likewise.
        best: This adapter is the one to keep so far.
        probes: Translations of the probe sentences.
    """

    kind: ClassVar[str] = "eval"
    train_loss: float | None
    eval_loss: float
    chrf: float
    train_chrf: float | None = field(default=None, metadata=OMIT_NONE)
    watch_chrf: float | None = field(default=None, metadata=OMIT_NONE)
    everyday_chrf: float | None = field(default=None, metadata=OMIT_NONE)
    everyday_p: float | None = field(default=None, metadata=OMIT_NONE)
    everyday_worse: bool | None = field(default=None, metadata=OMIT_NONE)
    base_eval_loss: float | None = field(default=None, metadata=OMIT_NONE)
    base_chrf: float | None = field(default=None, metadata=OMIT_NONE)
    base_everyday_chrf: float | None = field(default=None, metadata=OMIT_NONE)
    best: bool = False
    probes: tuple[Probe, ...]


@dataclass(frozen=True, kw_only=True)
class DoneEvent(Event):
    """The run has ended well.

    Args:
        steps: Updates that it did.
        seconds: Time of training and evaluation.
        train_loss: Loss of the last update, if there was one.
        eval_loss: Loss of the kept adapter on the held-out pairs; None if it was not evaluated.
        eval_chrf: chrF2 of the held-out pairs at that step.
        best_step: Step of the kept adapter.
        everyday_chrf: chrF2 of everyday sentences at that step.
        start_everyday_chrf: chrF2 of everyday sentences at the start.
        reason: Finished, early stopping, stopped or cancelled.
    """

    kind: ClassVar[str] = "done"
    steps: int
    seconds: float
    train_loss: float | None = None
    eval_loss: float | None = None
    eval_chrf: float | None = None
    best_step: int | None = None
    everyday_chrf: float | None = field(default=None, metadata=OMIT_NONE)
    start_everyday_chrf: float | None = field(default=None, metadata=OMIT_NONE)
    reason: str


@dataclass(frozen=True, kw_only=True)
class FailedEvent(Event):
    """The run has failed, or its Job was cancelled.

    Args:
        message: The cause in one sentence.
        reason: Failed or cancelled, for a run on a Job.
    """

    kind: ClassVar[str] = "failed"
    message: str
    reason: str | None = field(default=None, metadata=OMIT_NONE)


EVENTS: dict[str, type[Event]] = {
    event.kind: event
    for event in (
        BeginEvent,
        PhaseEvent,
        NoteEvent,
        PlanEvent,
        ResumeEvent,
        StepEvent,
        EvalEvent,
        DoneEvent,
        FailedEvent,
    )
}


def now() -> float:
    """Return the time of an event: seconds since the epoch, to the millisecond."""
    return round(clock.time(), 3)
