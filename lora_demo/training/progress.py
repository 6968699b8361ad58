"""The progress of a run as one value, from its events, for page, terminal and figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lora_demo.checkpoints.card_sections import FORGETTING
from lora_demo.language import _
from lora_demo.training.events import (
    BeginEvent,
    DoneEvent,
    EvalEvent,
    Event,
    PhaseEvent,
    PlanEvent,
    ResumeEvent,
    StepEvent,
)

OVERFITTING = 1.01
"""An eval loss above the lowest one times this factor counts as a rise, not as noise."""


STEP_EVENTS = (StepEvent, EvalEvent, ResumeEvent)
"""Events that belong to a step, in their order within it."""


@dataclass(frozen=True)
class RunProgress:
    """The progress of a run, and its curves.

    Args:
        phase: Key of the part of the work that it does now, as in `PhaseEvent`; "" before any.
        message: The same part of the work, in words for a reader.
        plan: The plan of the run; None before it is known.
        step: The last update.
        last_step: The event of that update; None if the process has begun again since.
        updates: All updates.
        evaluations: All evaluations, the base's first.
        done: The end of the run; None while it continues.
    """

    phase: str = ""
    message: str = ""
    plan: PlanEvent | None = None
    step: int = 0
    last_step: StepEvent | None = None
    updates: Sequence[StepEvent] = ()
    evaluations: Sequence[EvalEvent] = ()
    done: DoneEvent | None = None

    @classmethod
    def from_events(cls, events: Iterable[Event]) -> "RunProgress":
        """Read a run's events; those of steps that were done again are left out.

        Args:
            events: All events of a run, in the order in which they were written.
        """
        valid = drop_redone(events)
        plans = [event for event in valid if isinstance(event, PlanEvent)]
        phase, message = _current_phase(valid)
        return cls(
            phase=phase,
            message=message,
            plan=plans[-1] if plans else None,
            step=_current_step(valid),
            last_step=_current_step_event(valid),
            updates=[event for event in valid if isinstance(event, StepEvent)],
            evaluations=[event for event in valid if isinstance(event, EvalEvent)],
            done=_ending(valid),
        )

    def curve(self, field: str) -> list[tuple[int, float]]:
        """Return a number over the steps, where it was measured.

        Args:
            field: Name of a field of `StepEvent`, such as `learning_rate`, or of `EvalEvent`.

        Returns:
            (step, value) of each update or evaluation.
        """
        is_of_updates = field in StepEvent.__annotations__
        events: Sequence[Event] = self.updates if is_of_updates else self.evaluations
        values = [(event.step, getattr(event, field)) for event in events]
        return [(step, value) for step, value in values if value is not None]

    @property
    def total_steps(self) -> int:
        """Length of the run in updates; 0 before it is planned."""
        return self.plan.total_steps if self.plan else 0

    @property
    def fraction(self) -> float:
        """Finished part of the run, 0 to 1."""
        if self.done and self.done.reason == "finished":
            return 1.0
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0

    @property
    def best(self) -> EvalEvent | None:
        """The evaluation whose adapter is kept: that of the lowest loss, or the last one."""
        kept = [event for event in self.evaluations if event.best]
        return kept[-1] if kept else self.lowest

    @property
    def lowest(self) -> EvalEvent | None:
        """The evaluation with the lowest eval loss."""
        return min(self.evaluations, key=lambda event: event.eval_loss, default=None)

    @property
    def is_overfitting(self) -> bool:
        """Eval loss has risen since its lowest while train loss fell."""
        lowest = self.lowest
        if lowest is None:
            return False
        last = self.evaluations[-1]
        if last is lowest or lowest.train_loss is None or last.train_loss is None:
            return False
        has_risen = last.eval_loss > OVERFITTING * lowest.eval_loss
        return has_risen and last.train_loss < lowest.train_loss

    @property
    def forgetting(self) -> str:
        """A sentence if the kept adapter is worse on everyday sentences than the start, else ""."""
        best = self.best
        if best is None or not best.everyday_worse:
            return ""
        start = self.evaluations[0].everyday_chrf
        if start is None or best.everyday_chrf is None or best.everyday_p is None:
            return ""
        return _(FORGETTING, start=start, now=best.everyday_chrf, p=best.everyday_p)

    @property
    def everyday(self) -> str:
        """A sentence about the kept adapter on everyday sentences; "" if that is not known."""
        best = self.best
        start = self.evaluations[0].everyday_chrf if self.evaluations else None
        if best is None or start is None or best.everyday_chrf is None:
            return ""
        return self.forgetting or (
            _(
                "On everyday sentences, chrF {start:.1f} → {now:.1f}.",
                start=start,
                now=best.everyday_chrf,
            )
        )

    def summary(self) -> str:
        """Describe the evaluations in a few sentences; "" before the first one."""
        best = self.best
        if best is None:
            return ""
        first, last = self.evaluations[0], self.evaluations[-1]
        if first is last:
            return _describe_start(first)
        if best is first:
            if first.base_chrf is None:
                return _(
                    "No evaluation is better than the base yet. A lower learning rate or more "
                    "steps may help."
                )
            return _(
                "No evaluation is better yet than the adapter that the run started from. A lower "
                "learning rate or more steps may help."
            )
        gain = _(
            "On held-out pairs, chrF {start:.1f} → {now:.1f} and loss {start_loss:.3f} → "
            "{now_loss:.3f}; best at step {step}.",
            start=first.chrf,
            now=best.chrf,
            start_loss=first.eval_loss,
            now_loss=best.eval_loss,
            step=best.step,
        )
        gain = " ".join(filter(None, (gain, self.everyday)))
        if not self.is_overfitting:
            return gain
        return _(
            "{gain} Since then the held-out loss has risen to {loss:.3f}, while the train loss "
            "fell. The adapter overfits: it memorises the pairs. The best adapter is kept.",
            gain=gain,
            loss=last.eval_loss,
        )


def _describe_start(start: EvalEvent) -> str:
    if start.everyday_chrf is None:
        return _(
            "Before training: chrF {chrf:.1f}, loss {loss:.3f} on the held-out pairs.",
            chrf=start.chrf,
            loss=start.eval_loss,
        )
    return _(
        "Before training: chrF {chrf:.1f}, loss {loss:.3f} on the held-out pairs, and chrF "
        "{everyday:.1f} on everyday sentences.",
        chrf=start.chrf,
        loss=start.eval_loss,
        everyday=start.everyday_chrf,
    )


def drop_redone(events: Iterable[Event]) -> list[Event]:
    """Return the events that still hold.

    When a resumed or restarted run does a step again, its new events replace the old ones.

    Args:
        events: All events of a run, in the order in which they were written.
    """
    kept: list[Event | None] = []
    done: list[tuple[tuple[int, int], int]] = []  # (step, order in it), index in `kept`
    for event in events:
        if isinstance(event, STEP_EVENTS):
            place = (event.step, STEP_EVENTS.index(type(event)))
            while done and done[-1][0] >= place:
                kept[done.pop()[1]] = None
            done.append((place, len(kept)))
        kept.append(event)
    return [event for event in kept if event is not None]


def _current_phase(events: Sequence[Event]) -> tuple[str, str]:
    """Key and message of the current part of the work."""
    phase, message = "", ""
    for event in events:
        if isinstance(event, BeginEvent):
            phase, message = "begin", _("Starting")
        elif isinstance(event, PhaseEvent):
            phase, message = event.phase, event.message
        elif isinstance(event, StepEvent):
            phase = "train"
    return phase, message


def _current_step(events: Sequence[Event]) -> int:
    of_steps = (event for event in reversed(events) if isinstance(event, STEP_EVENTS))
    return next((event.step for event in of_steps), 0)


def _current_step_event(events: Sequence[Event]) -> StepEvent | None:
    """The last update of the process that works now."""
    for event in reversed(events):
        if isinstance(event, StepEvent):
            return event
        if isinstance(event, BeginEvent | ResumeEvent):
            return None
    return None


def _ending(events: Sequence[Event]) -> DoneEvent | None:
    for event in reversed(events):
        if isinstance(event, DoneEvent):
            return event
        if isinstance(event, BeginEvent):
            return None
    return None
