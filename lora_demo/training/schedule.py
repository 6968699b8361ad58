"""The length of a run in steps, the steps between its evaluations, and the rate of each step."""

import math
from dataclasses import dataclass

from lora_demo.training.config import TrainConfig

EVALUATIONS = 10
"""Evaluations in a run, unless `eval_every` is set."""
MAX_EVALUATION_SHARE = 0.2
"""Share of a run's minutes that evaluations may take; in a shorter run there are fewer of them."""


@dataclass(frozen=True)
class Schedule:
    """The length of a run.

    Args:
        total_steps: Length in updates.
        eval_every: Steps between evaluations.
    """

    total_steps: int
    eval_every: int


def plan_schedule(
    config: TrainConfig, batches_per_epoch: int, step_seconds: float, evaluation_seconds: float
) -> Schedule:
    """Plan a run from its settings and from what was measured before its first step.

    Args:
        config: The settings, with steps, epochs or minutes.
        batches_per_epoch: Batches of a pass over the pairs.
        step_seconds: Duration of an update, with all its batches.
        evaluation_seconds: Duration of an evaluation.

    Returns:
        The schedule, of at least one step.
    """
    total_steps = count_steps(config, batches_per_epoch, step_seconds, evaluation_seconds)
    eval_every = config.eval_every or max(1, total_steps // EVALUATIONS)
    if config.minutes and not config.eval_every:
        evaluations = affordable_evaluations(60 * config.minutes, evaluation_seconds)
        eval_every = math.ceil(total_steps / evaluations)
    return Schedule(total_steps, min(eval_every, total_steps))


def count_steps(
    config: TrainConfig, batches_per_epoch: int, step_seconds: float, evaluation_seconds: float
) -> int:
    """Count the steps of a run.

    Args:
        config: The settings, with steps, epochs or minutes.
        batches_per_epoch: Batches of a pass over the pairs, for a length in epochs.
        step_seconds: Duration of an update, for a length in minutes.
        evaluation_seconds: Duration of an evaluation, for a length in minutes.
    """
    if config.steps:
        return config.steps
    if config.epochs:
        updates = max(1, batches_per_epoch // config.accumulation)
        return max(1, round(config.epochs * updates))
    assert config.minutes is not None, "a config has exactly one length"
    budget = 60 * config.minutes
    evaluations = affordable_evaluations(budget, evaluation_seconds)
    return max(1, int((budget - evaluations * evaluation_seconds) / step_seconds))


def affordable_evaluations(budget: float, evaluation_seconds: float) -> int:
    """Count the evaluations that fit into their share of a run's time: 1 to EVALUATIONS.

    Args:
        budget: Duration of the whole run in seconds.
        evaluation_seconds: Duration of one evaluation.
    """
    fitting = int(MAX_EVALUATION_SHARE * budget / max(evaluation_seconds, 1e-3))
    return min(EVALUATIONS, max(1, fitting))


def learning_rate(config: TrainConfig, step: int, total_steps: int) -> float:
    """Return the rate of a step: a linear rise over the warm-up, then the decay.

    Args:
        config: The settings, with learning_rate, warmup and decay.
        step: Number of the step, from 0.
        total_steps: Step at which a linear or cosine decay reaches zero.

    Returns:
        The learning rate.
    """
    warmup_steps = math.ceil(config.warmup * total_steps)
    if step < warmup_steps:
        return config.learning_rate * (step + 1) / (warmup_steps + 1)
    done = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    if config.decay == "linear":
        return config.learning_rate * (1 - done)
    if config.decay == "cosine":
        return config.learning_rate * (0.5 + 0.5 * math.cos(math.pi * done))
    return config.learning_rate
