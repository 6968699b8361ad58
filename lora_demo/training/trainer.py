"""One LoRA run as a generator of events: read, compile, train, evaluate, keep the best, stop."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lora_demo.data.sources import public_source
from lora_demo.language import _, ngettext
from lora_demo.training.checkpoint import Checkpoint, TrainState
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import Event, NoteEvent, PhaseEvent, now
from lora_demo.training.loop import TrainingLoop, done_event
from lora_demo.training.replay import needs_translations
from lora_demo.training.setup import (
    RunData,
    RunSetup,
    compile_programs,
    encode_run,
    load_run_model,
    read_data,
    translate_replayed,
)


def never() -> bool:
    """Return False, so that nothing stops a run."""
    return False


class Trainer:
    """Trains one adapter in a run folder.

    Args:
        config: The settings.
        folder: Gets `checkpoint/` and `adapter/`. The run resumes from a checkpoint that is there.
        stop: Called after every step; once it returns True the run saves and ends.
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
            ValueError: For settings or data that cannot be used.
            FloatingPointError: If the loss becomes infinite.
        """
        began = time.monotonic()
        config = self.config
        if self.checkpoint.exists():
            self.state = self.checkpoint.read_state()

        yield self._phase("data", _("Reading {source}", source=public_source(config.data)))
        data = read_data(config, self.folder, self.stop)
        yield from self._notes(data)
        if self.stop():
            yield done_event(self.state, "stopped")
            return
        yield self._phase(
            "base", _("Loading the base model {base}", base=public_source(config.base))
        )
        model = load_run_model(config, data)
        if needs_translations(config, self.folder):
            yield self._phase("replay", _translating(len(data.replayed)))
            translate_replayed(data, model, self.folder, self.stop)
        if self.stop():
            yield done_event(self.state, "stopped")
            return
        yield self._phase("compile", _("Compiling the training step"))
        examples = encode_run(config, data, model, self.folder)
        programs = compile_programs(config, data, model, examples)
        if self.stop():
            yield done_event(self.state, "stopped")
            return

        setup = RunSetup(config, data, model, examples, programs)
        loop = TrainingLoop(setup, self.folder, self.state, self.checkpoint, self.stop)
        if self.checkpoint.exists():
            yield from loop.resume()
        else:
            yield from loop.begin(began)
        yield from loop.train()
        yield loop.finish()

    def _notes(self, data: RunData) -> Iterator[NoteEvent]:
        """Yield notes on rows that are left out, and on contents of the parent without effect."""
        source = public_source(self.config.data)
        messages = [f"{source}: {sentence}" for sentence in data.dataset.skipped.sentences()]
        if data.parent:
            messages += [f"{data.parent.name}: {note}" for note in data.parent.adapter.notes]
        for message in messages:
            yield NoteEvent(time=now(), step=self.state.step, message=message)

    def _phase(self, phase: str, message: str) -> PhaseEvent:
        return PhaseEvent(time=now(), step=self.state.step, phase=phase, message=message)


def _translating(pairs: int) -> str:
    return ngettext(
        "Translating {count:,} general sentence with the starting model",
        "Translating {count:,} general sentences with the starting model",
        pairs,
    )
