"""One LoRA run as a generator of events: read, compile, train, evaluate, keep the best, stop."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lora_demo.data.sources import public_source
from lora_demo.model.parameters import count_adapter
from lora_demo.training import speed
from lora_demo.training.checkpoint import Checkpoint, Matrices, TrainState, finite_or_none
from lora_demo.training.config import TrainConfig
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
from lora_demo.training.scoring import Scores
from lora_demo.training.setup import RunSetup, compile_programs, load_run_model, read_data

CHECKPOINT_SECONDS = 30
"""Time between checkpoints where evaluations are rarer than that."""


def never() -> bool:
    """Return False: a run that nothing stops."""
    return False


class Trainer:
    """Trains one adapter in a run folder.

    Args:
        config: the settings.
        folder: gets `checkpoint/` and `adapter/`. The run resumes from a checkpoint that is there.
        stop: called after every step; once it returns True the run saves and ends.
    """

    def __init__(self, config: TrainConfig, folder: Path, stop: Callable[[], bool] = never) -> None:
        self.config = config
        self.folder = folder
        self.stop = stop
        self.checkpoint = Checkpoint(folder)
        self.state = TrainState()

    def run(self) -> Iterator[Event]:
        """Train, and yield events as they happen.

        Yields:
            The events of the run, the last one a `DoneEvent`.

        Raises:
            ValueError: for settings or data that cannot be used.
            FloatingPointError: if the loss becomes infinite.
        """
        began = time.monotonic()
        config = self.config
        if self.checkpoint.exists():
            self.state = self.checkpoint.read_state()

        yield self._phase("data", f"Reading {public_source(config.data)}")
        data = read_data(config, self.stop)
        if self.stop():
            yield done_event(self.state, "stopped")
            return
        yield self._phase("base", f"Loading the base model {public_source(config.base)}")
        model = load_run_model(config, data)
        if self.stop():
            yield done_event(self.state, "stopped")
            return
        yield self._phase("compile", "Compiling the training step")
        programs = compile_programs(config, data, model)
        if self.stop():
            yield done_event(self.state, "stopped")
            return

        setup = RunSetup(config, data, model, programs)
        loop = TrainingLoop(setup, self.folder, self.state, self.checkpoint, self.stop)
        if self.checkpoint.exists():
            yield from loop.resume()
        else:
            yield from loop.begin(began)
        yield from loop.train()
        yield loop.finish()

    def _phase(self, phase: str, message: str) -> PhaseEvent:
        return PhaseEvent(time=now(), step=self.state.step, phase=phase, message=message)


class TrainingLoop:
    """The steps and evaluations of a run that is set up.

    Args:
        setup: data, model and compiled programs.
        folder: the run folder.
        state: where the run is; it changes with every step.
        checkpoint: where the state is saved.
        stop: called after every step.
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
        """Score the base, plan the run.

        The new adapter still changes nothing. The time of this evaluation decides how many steps
        fit into the run.

        Args:
            began: start of the process's work, on the monotonic clock.

        Yields:
            The plan and the base's scores.
        """
        yield self._phase("evaluate", "Scoring the base model")
        evaluation_began = time.monotonic()
        scores = self.setup.programs.scorer.score()
        evaluation_seconds = time.monotonic() - evaluation_began
        schedule = plan_schedule(
            self.config,
            self.setup.model.batches.per_epoch,
            self.setup.programs.step_seconds,
            evaluation_seconds,
        )
        self.state.total_steps = schedule.total_steps
        self.state.eval_every = schedule.eval_every
        yield self._plan()
        yield self._record(scores)
        self._remember_speed(evaluation_seconds, time.monotonic() - began)

    def resume(self) -> Iterator[Event]:
        """Set adapter and optimizer back to the checkpoint.

        Steps after it are done again, and give the same weights.

        Yields:
            The plan, and that the run resumes.
        """
        model, programs = self.setup.model, self.setup.programs
        self.best = self.checkpoint.restore(model.layers, model.lora.scale, programs.stepper.state)
        yield self._plan()
        message = f"Resuming from step {self.state.step}"
        yield ResumeEvent(time=now(), step=self.state.step, message=message)

    def train(self) -> Iterator[Event]:
        """Do the steps that are left, evaluate and save in between."""
        state = self.state
        yield self._phase("train", "Training")
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
        """Write the adapter a last time, with the final state in its manifest."""
        state = self.state
        if state.step:
            was_evaluated = len(state.scores) > 1
            if state.best_step == 0 and not was_evaluated:
                self.best = self._matrices()
            self.writer.write(self.best, state)
        if state.is_complete:
            return done_event(state, "finished")
        return done_event(state, "early stopping" if self._is_out_of_patience() else "stopped")

    def _step(self) -> StepEvent:
        config, state = self.config, self.state
        began = time.monotonic()
        first = state.step * config.accumulation
        indices = range(first, first + config.accumulation)
        batches = [self.setup.model.batches.batch(index) for index in indices]
        rate = learning_rate(config, state.step, state.total_steps)
        seed = config.seed + state.step + 1
        state.train_loss = self.setup.programs.stepper.step(batches, rate, seed)
        if not math.isfinite(state.train_loss):
            raise FloatingPointError(
                f"The loss became {state.train_loss} at step {state.step + 1}. "
                f"Lower the learning rate ({config.learning_rate:g})."
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
        """Record an evaluation; the matrices of the best one are kept."""
        state = self.state
        is_best = state.add_scores(scores.eval_loss, scores.chrf)
        if is_best:
            self.best = self._matrices()
        return EvalEvent(
            time=now(),
            step=state.step,
            train_loss=finite_or_none(state.train_loss),
            eval_loss=scores.eval_loss,
            chrf=scores.chrf["chrf"],
            train_chrf=scores.chrf.get("train_chrf"),
            watch_chrf=scores.chrf.get("watch_chrf"),
            best=is_best,
            probes=scores.probes,
        )

    def _is_out_of_patience(self) -> bool:
        return self.config.patience is not None and self.state.worse >= self.config.patience

    def _matrices(self) -> Matrices:
        """Copies of the adapter's matrices as they are now."""
        banks: dict[str, Any] = {
            path: layer.bank for path, layer in self.setup.model.layers.items()
        }
        return {
            path: (np.array(bank.A.value[0]), np.array(bank.B.value[0]))
            for path, bank in banks.items()
        }

    def _save(self) -> None:
        optimizer = self.setup.programs.stepper.state
        self.checkpoint.save(self.config, self.state, self._matrices(), self.best, optimizer)

    def _phase(self, phase: str, message: str) -> PhaseEvent:
        return PhaseEvent(time=now(), step=self.state.step, phase=phase, message=message)

    def _plan(self) -> PlanEvent:
        data, model = self.setup.data, self.setup.model
        count = count_adapter(data.base.config, self.config.rank, data.targets)
        return PlanEvent(
            time=now(),
            step=self.state.step,
            device=model.device,
            precision=model.precision,
            train_pairs=len(data.dataset.train),
            eval_pairs=len(data.eval_pairs),
            total_steps=self.state.total_steps,
            eval_every=self.state.eval_every,
            trainable=count.trainable,
            percent=count.percent,
            shape=asdict(model.batches.shape),
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
                tokens=model.batches.shape.tokens * config.accumulation,
                evaluation_seconds=evaluation_seconds,
                start_seconds=start_seconds,
                peak_bytes=speed.peak_bytes(),
            )
        )


def done_event(state: TrainState, reason: str) -> DoneEvent:
    """Return the last event of a run.

    Args:
        state: where the run is.
        reason: finished, early stopping or stopped.
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
        reason=reason,
    )
