"""Writes a run's events where TensorBoard finds them: `tensorboard --logdir runs`."""

from pathlib import Path
from typing import Any

from lora_demo.training.events import DoneEvent, EvalEvent, Event, FailedEvent

SERIES = {
    "step": {
        "loss": "train/loss",
        "learning_rate": "train/learning_rate",
        "tokens_per_second": "train/tokens_per_second",
    },
    "eval": {"eval_loss": "eval/loss", "chrf": "eval/chrf", "everyday_chrf": "eval/everyday_chrf"},
}
"""For each kind of event its fields and their tags in TensorBoard."""


class Board:
    """Writes scalars for TensorBoard; the file is opened at the first one.

    Args:
        folder: The folder of TensorBoard's file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer: Any = None

    def show(self, event: Event) -> None:
        """Add the numbers of an event.

        Args:
            event: Any event of a run; only those of SERIES have numbers to show.
        """
        for field, tag in SERIES.get(event.kind, {}).items():
            value = getattr(event, field)
            if value is not None:
                self._open().add_scalar(tag, value, event.step)
        if self._writer and isinstance(event, EvalEvent | DoneEvent | FailedEvent):
            self._writer.flush()

    def close(self) -> None:
        """Flush and close the file."""
        if self._writer:
            self._writer.close()

    def _open(self) -> Any:
        if self._writer is None:
            from tensorboard.summary import Writer  # type: ignore[import-untyped]

            self._writer = Writer(str(self.folder))
        return self._writer
