"""The steps and evaluations of a run that is set up, as a generator of events."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.language import _
from lora_demo.model.shapes import total_parameters
from lora_demo.training import speed
from lora_demo.training.checkpoint import Checkpoint, Matrices, TrainState, finite_or_none
from lora_demo.training.events import (
    DoneEvent,
    EvalEvent,
    Event,
    PhaseEvent,
    PlanEvent,
    ResumeEvent,
    StepEvent,
    now,
)
from lora_demo.training.manifest import AdapterWriter
from lora_demo.training.schedule import learning_rate, plan_schedule
from lora_demo.training.scoring import EVERYDAY, Scores
from lora_demo.training.setup import RunSetup

CHECKPOINT_SECONDS = 30
"""Time between checkpoints where evaluations are rarer than that."""


class TrainingLoop:
    """The steps and evaluations of a run that is set up.

    Args:
        setup: Data, model and compiled programs.
        folder: The run folder.
        state: The state of the run; it changes with every step.
        checkpoint: The checkpoint that stores the state.
        stop: Called after every step.
    """

    def __init__(
        self,
        setup: RunSetup,
        folder: Path,
        state: TrainState,
        checkpoint: Checkpoint,
        stop: Callable[[], bool],
    ) -> None:
        self.setup = setup
        self.config = setup.config
        self.state = state
        self.checkpoint = checkpoint
        self.stop = stop
        self.writer = AdapterWriter(folder / "adapter", setup)
        self.best: Matrices = {}

    def begin(self, began: float) -> Iterator[Event]:
        """Score the start, plan the run.

        A new adapter still changes nothing, so the start is the base. A run that starts from an
        adapter scores the base first and then that adapter. The time of the start's evaluation
        decides how many steps fit into the run.

        Args:
            began: Start of the process's work, on the monotonic clock.

        Yields:
            The plan and the start's scores.
        """
        yield self._phase("evaluate", _("Scoring the base model"))
        parent = self.setup.data.parent
        if parent:
            self._score_base()
            yield self._phase("evaluate", _("Scoring {name}", name=parent.name))
        evaluation_began = time.monotonic()
        scores = self.setup.programs.scorer.score()
        evaluation_seconds = time.monotonic() - evaluation_began
        schedule = plan_schedule(
            self.config,
            self.setup.examples.train.per_epoch,
            self.setup.programs.step_seconds,
            evaluation_seconds,
        )
        self.state.total_steps = schedule.total_steps
        self.state.eval_every = schedule.eval_every
        yield self._plan()
        yield self._record(scores)
        self._remember_speed(evaluation_seconds, time.monotonic() - began)

    def _score_base(self) -> None:
        """Score the base alone: with B of zero the parent changes nothing."""
        layers = self.setup.model.layers.values()
        factors: list[Any] = [layer.bank.B for layer in layers if layer.bank]
        values = [np.array(B.value) for B in factors]
        for B in factors:
            B.assign(np.zeros_like(B.value))
        scores = self.setup.programs.scorer.score()
        for B, value in zip(factors, values, strict=True):
            B.assign(value)
        self.state.base_scores = {"eval_loss": scores.eval_loss, **scores.chrf}

    def resume(self) -> Iterator[Event]:
        """Set adapter and optimizer back to the checkpoint.

        Steps after it are done again, and give the same weights.

        Yields:
            The plan, and that the run resumes.
        """
        model, programs = self.setup.model, self.setup.programs
        self.best = self.checkpoint.restore(model.layers, programs.stepper.state)
        yield self._plan()
        message = _("Resuming from step {step}", step=self.state.step)
        yield ResumeEvent(time=now(), step=self.state.step, message=message)

    def train(self) -> Iterator[Event]:
        """Do the steps that are left, evaluate and save in between."""
        state = self.state
        yield self._phase("train", _("Training"))
        last_save = time.monotonic()
        while not state.is_complete and not self._is_out_of_patience():
            if self.stop():
                self._save()
                return
            yield self._step()
            if state.step % state.eval_every == 0 or state.is_complete:
                yield self._evaluate()
            elif time.monotonic() - last_save <= CHECKPOINT_SECONDS:
                continue
            self._save()
            last_save = time.monotonic()

    def finish(self) -> DoneEvent:
        """Write the adapter a last time, with the final state in its manifest.

        A run that ends before its first evaluation leaves the adapter of its last step, unscored.
        """
        state = self.state
        if state.step and len(state.scores) == 1:
            self.best = self._matrices()
            state = replace(state, best_step=state.step, best_loss=math.nan, best_chrf=None)
        if state.step:
            self.writer.write(self.best, state)
        if state.is_complete:
            return done_event(state, "finished")
        return done_event(state, "early stopping" if self._is_out_of_patience() else "stopped")

    def _step(self) -> StepEvent:
        config, state = self.config, self.state
        began = time.monotonic()
        first = state.step * config.accumulation
        indices = range(first, first + config.accumulation)
        batches = [self.setup.examples.train.batch(index) for index in indices]
        rate = learning_rate(config, state.step, state.total_steps)
        seed = config.seed + state.step + 1
        state.train_loss = self.setup.programs.stepper.step(batches, rate, seed)
        if not math.isfinite(state.train_loss):
            raise FloatingPointError(
                _(
                    "The loss became {loss} at step {step}. Lower the learning rate ({rate:g}).",
                    loss=state.train_loss,
                    step=state.step + 1,
                    rate=config.learning_rate,
                )
            )
        state.step += 1
        seconds = time.monotonic() - began
        state.seconds += seconds
        return StepEvent(
            time=now(),
            step=state.step,
            loss=state.train_loss,
            learning_rate=rate,
            tokens_per_second=sum(batch.tokens for batch in batches) / seconds,
            seconds_left=state.seconds / state.step * (state.total_steps - state.step),
        )

    def _evaluate(self) -> EvalEvent:
        began = time.monotonic()
        scores = self.setup.programs.scorer.score()
        event = self._record(scores)
        self.state.seconds += time.monotonic() - began
        if event.best:
            self.writer.write(self.best, self.state)
        return event

    def _record(self, scores: Scores) -> EvalEvent:
        """Record an evaluation; the matrices of the best one, or of the last, are kept."""
        state = self.state
        measured: dict[str, Any] = {**scores.chrf, **self._test_against_start(scores)}
        is_best = state.add_scores(scores.eval_loss, measured, self.config.keep)
        if is_best:
            self.best = self._matrices()
        return EvalEvent(
            time=now(),
            step=state.step,
            train_loss=finite_or_none(state.train_loss),
            eval_loss=scores.eval_loss,
            **measured,
            **({} if state.step else _base_values(state)),
            best=is_best,
            probes=scores.probes,
        )

    def _test_against_start(self, scores: Scores) -> dict[str, Any]:
        """Test the everyday sentences against the start; empty for the start itself."""
        state = self.state
        if not state.step:
            state.start_everyday = list(scores.everyday_texts)
        if not state.step or not state.start_everyday:
            return {}
        test = self.setup.programs.scorer.test_everyday(state.start_everyday, scores.everyday_texts)
        is_lower = scores.chrf[EVERYDAY] < state.start_scores[EVERYDAY]
        return {"everyday_p": test.p, "everyday_worse": is_lower and test.is_significant}

    def _is_out_of_patience(self) -> bool:
        return self.config.patience is not None and self.state.worse >= self.config.patience

    def _matrices(self) -> Matrices:
        """Copies of the adapter's matrices as they are now."""
        banks: dict[str, Any] = {
            path: layer.bank for path, layer in self.setup.model.layers.items()
        }
        return {
            path: tuple(np.array(variable.value[0]) for variable in bank.trained)
            for path, bank in banks.items()
        }

    def _save(self) -> None:
        optimizer = self.setup.programs.stepper.state
        self.checkpoint.save(self.config, self.state, self._matrices(), self.best, optimizer)

    def _phase(self, phase: str, message: str) -> PhaseEvent:
        return PhaseEvent(time=now(), step=self.state.step, phase=phase, message=message)

    def _plan(self) -> PlanEvent:
        data, model = self.setup.data, self.setup.model
        trainable = sum(array.size for arrays in self._matrices().values() for array in arrays)
        return PlanEvent(
            time=now(),
            step=self.state.step,
            device=model.device,
            precision=model.precision,
            train_pairs=len(data.dataset.train),
            eval_pairs=len(data.eval_pairs),
            total_steps=self.state.total_steps,
            eval_every=self.state.eval_every,
            trainable=trainable,
            percent=100 * trainable / (total_parameters(data.base.config) + trainable),
            shape=asdict(self.setup.examples.train.shape),
            cut_pairs=self.setup.examples.cut_pairs or None,
            max_length=self.config.max_length if self.setup.examples.cut_pairs else None,
        )

    def _remember_speed(self, evaluation_seconds: float, start_seconds: float) -> None:
        """Keep what was measured, for the estimates of later runs."""
        config, model = self.config, self.setup.model
        speed.remember(
            speed.Measured(
                time=now(),
                base=config.base,
                targets=self.setup.data.targets,
                rank=config.rank,
                rows=config.batch_size * config.accumulation,
                device=model.device,
                step_seconds=self.setup.programs.step_seconds,
                tokens=self.setup.examples.train.shape.tokens * config.accumulation,
                evaluation_seconds=evaluation_seconds,
                start_seconds=start_seconds,
                peak_bytes=speed.peak_bytes(),
            )
        )


def done_event(state: TrainState, reason: str) -> DoneEvent:
    """Return the last event of a run.

    Args:
        state: The state of the run.
        reason: Finished, early stopping or stopped.
    """
    return DoneEvent(
        time=now(),
        step=state.step,
        steps=state.step,
        seconds=state.seconds,
        train_loss=finite_or_none(state.train_loss),
        eval_loss=finite_or_none(state.best_loss),
        eval_chrf=state.best_chrf if state.scores else None,
        best_step=state.best_step,
        everyday_chrf=state.best_scores.get(EVERYDAY),
        start_everyday_chrf=state.start_scores.get(EVERYDAY),
        reason=reason,
    )


def _base_values(state: TrainState) -> dict[str, Any]:
    """The base's scores as fields of the first evaluation, if the start is another adapter."""
    scores = state.base_scores
    if not scores:
        return {}
    return {
        "base_eval_loss": scores["eval_loss"],
        "base_chrf": scores["chrf"],
        "base_everyday_chrf": scores[EVERYDAY],
    }
