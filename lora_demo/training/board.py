"""Writes a run's events where TensorBoard finds them: `tensorboard --logdir runs`."""

from pathlib import Path

from lora_demo.training.events import DoneEvent, EvalEvent, Event, FailedEvent

SERIES = {
    "step": {
        "loss": "train/loss",
        "learning_rate": "train/learning_rate",
        "tokens_per_second": "train/tokens_per_second",
    },
    "eval": {"eval_loss": "eval/loss", "chrf": "eval/chrf"},
}


class Board:
    """A writer of scalars into `folder`, opened when the first one comes."""

    def __init__(self, folder: Path):
        self.folder, self._writer = folder, None

    def show(self, event: Event) -> None:
        """Adds what an event measured."""
        for key, tag in SERIES.get(event.kind, {}).items():
            self._open().add_scalar(tag, getattr(event, key), event.step)
        if self._writer and isinstance(event, EvalEvent | DoneEvent | FailedEvent):
            self._writer.flush()

    def close(self):
        """Flushes and closes the file."""
        if self._writer:
            self._writer.close()

    def _open(self):
        if self._writer is None:
            from tensorboard.summary import Writer

            self._writer = Writer(str(self.folder))
        return self._writer
