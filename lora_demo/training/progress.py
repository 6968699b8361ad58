"""What a run's events say so far, as one value: where it is, its curves, its probes, and the sentence about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lora_demo.training.events import standing

TURN = 1.01
"""Eval loss this much above its best counts as turned, not as noise."""


@dataclass
class Story:
    """A run as its events tell it.

    `losses` and `rates` are (step, loss) and (step, learning rate) of every step, `evals` the evaluation events; `step` the last one done.
    """

    phase: str = ""
    message: str = ""
    plan: dict = field(default_factory=dict)
    step: int = 0
    last: dict = field(default_factory=dict)
    losses: list[tuple[float, float]] = field(default_factory=list)
    rates: list[tuple[float, float]] = field(default_factory=list)
    evals: list[dict] = field(default_factory=list)
    done: dict = field(default_factory=dict)

    @property
    def total_steps(self) -> int:
        return self.plan.get("total_steps", 0)

    @property
    def share(self) -> float:
        """How much of the steps is done, 0 to 1."""
        return (
            1.0
            if self.done.get("reason") == "finished"
            else min(1.0, self.step / self.total_steps)
            if self.total_steps
            else 0.0
        )

    @property
    def best(self) -> dict | None:
        """The evaluation with the least eval loss."""
        return min(self.evals, key=lambda e: e["eval_loss"], default=None)

    @property
    def has_turned(self) -> bool:
        """Overfitting: eval loss has risen since its best while train loss fell."""
        best, last = self.best, self.evals[-1] if self.evals else None
        if not best or last is best or best["train_loss"] is None or last["train_loss"] is None:
            return False
        return (
            last["eval_loss"] > TURN * best["eval_loss"] and last["train_loss"] < best["train_loss"]
        )


def tell(events: Sequence[dict]) -> Story:
    """Reads a run's events."""
    story = Story()
    for event in standing(events):
        kind = event["kind"]
        if kind == "begin":
            story.phase, story.message, story.last, story.done = "begin", "Starting", {}, {}
        elif kind == "phase":
            story.phase, story.message = event["phase"], event["message"]
        elif kind == "plan":
            story.plan = event
        elif kind == "resume":
            story.step, story.last = event["step"], {}
        elif kind == "step":
            story.phase, story.step, story.last = "train", event["step"], event
            story.losses.append((event["step"], event["loss"]))
            story.rates.append((event["step"], event["learning_rate"]))
        elif kind == "eval":
            story.step = event["step"]
            story.evals.append(event)
        elif kind == "done":
            story.done = event
    return story


def verdict(story: Story) -> str:
    """What the evaluations say, in a sentence or two."""
    if not story.evals:
        return ""
    first, best, last = story.evals[0], story.best, story.evals[-1]
    if len(story.evals) == 1:
        return f"Before training: chrF {first['chrf']:.1f}, loss {first['eval_loss']:.3f} on the held-out pairs."
    if best is first:
        return (
            "No evaluation has beaten the base yet; a lower learning rate or more steps may help."
        )
    said = f"On held-out pairs, chrF {_moved(first['chrf'], best['chrf'], '.1f')} and loss {_moved(first['eval_loss'], best['eval_loss'], '.3f')}; best at step {best['step']}."
    if story.has_turned:
        said += f" Since then eval loss rises to {last['eval_loss']:.3f} while train loss falls: it has begun to learn the pairs by heart. The best is kept."
    return said


def _moved(before: float, after: float, style: str) -> str:
    return f"{before:{style}} → {after:{style}}"
