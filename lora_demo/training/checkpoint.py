"""The checkpoint of a run: one file with all that a resumed run needs to end with equal weights."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lora_demo.checkpoints.tensors import (
    Array,
    open_tensors,
    read_metadata,
    read_tensor,
    write_tensors,
)
from lora_demo.training.config import TrainConfig

if TYPE_CHECKING:
    from lora_demo.model.dense import LoraDense

FILE = Path("checkpoint", "state.safetensors")

Matrices = dict[str, tuple[Array, ...]]
"""Path of an adapted matrix -> A (d_in, r), B (r, d_out), and for DoRA magnitudes (d_out,)."""
NAMES = ("A", "B", "magnitude")
"""Names of these arrays in the file, in their order."""


@dataclass
class TrainState:
    """The state of a run.

    Args:
        step: Updates done.
        total_steps: Length of the run; 0 before it is planned.
        eval_every: Steps between evaluations.
        seconds: Time of training and evaluation, over all processes of the run.
        best_loss: Eval loss of the kept adapter, the lowest so far or the last.
        best_step: Its step.
        best_chrf: chrF2 of the held-out pairs at that step; None if it was not evaluated.
        worse: Evaluations since the lowest eval loss.
        train_loss: Loss of the last update.
        scores: Step, losses and chrF of every evaluation.
        base_scores: Losses and chrF of the base alone, if the run starts from an adapter.
        start_everyday: Translations of the everyday sentences before the first step.
    """

    step: int = 0
    total_steps: int = 0
    eval_every: int = 0
    seconds: float = 0.0
    best_loss: float = math.inf
    best_step: int = 0
    best_chrf: float | None = 0.0
    worse: int = 0
    train_loss: float = math.nan
    scores: list[dict[str, Any]] = field(default_factory=list)
    base_scores: dict[str, Any] = field(default_factory=dict)
    start_everyday: list[str] = field(default_factory=list)

    @property
    def start_scores(self) -> dict[str, Any]:
        """Losses and chrF before the first step; empty before they are measured."""
        return self.scores[0] if self.scores else {}

    @property
    def best_scores(self) -> dict[str, Any]:
        """Losses and chrF of the kept adapter; empty before the first evaluation."""
        return next((s for s in self.scores if s["step"] == self.best_step), {})

    @property
    def is_complete(self) -> bool:
        """True if all planned steps are done."""
        return self.step >= self.total_steps

    def add_scores(self, eval_loss: float, chrf: Mapping[str, Any], keep: str = "best") -> bool:
        """Record an evaluation.

        Args:
            eval_loss: Loss of the held-out pairs.
            chrf: Further scores; the key `chrf` has that of the held-out pairs.
            keep: `best` or `last`, as in TrainConfig.

        Returns:
            True if this adapter is the one to keep so far.
        """
        earlier = [s["eval_loss"] for s in self.scores if math.isfinite(s["eval_loss"])]
        train_loss = finite_or_none(self.train_loss)
        record = {"step": self.step, "train_loss": train_loss, "eval_loss": eval_loss, **chrf}
        self.scores.append(record)
        is_lowest = eval_loss < min(earlier, default=math.inf)
        self.worse = 0 if is_lowest else self.worse + 1
        is_kept = is_lowest or keep == "last"
        if is_kept:
            self.best_loss, self.best_step, self.best_chrf = eval_loss, self.step, chrf["chrf"]
        return is_kept


class Checkpoint:
    """The checkpoint file of a run folder; it is replaced atomically.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def exists(self) -> bool:
        """Check whether the run has a checkpoint to resume from."""
        return self.path.is_file()

    def read_state(self) -> TrainState:
        """Read the state of the run."""
        return TrainState(**json.loads(read_metadata(self.path)["progress"]))

    def save(
        self,
        config: TrainConfig,
        state: TrainState,
        current: Matrices,
        best: Matrices,
        optimizer: Sequence[Any],
    ) -> None:
        """Replace the checkpoint.

        Args:
            config: Settings of the run.
            state: The state of the run.
            current: The adapter's matrices.
            best: Those of the best evaluation.
            optimizer: The optimizer's variables.
        """
        arrays = {
            **_named("adapter", current),
            **_named("best", best),
            **{f"optimizer/{i}": np.array(v.value) for i, v in enumerate(optimizer)},
        }
        metadata = {
            "progress": json.dumps(asdict(state)),
            "config": json.dumps(config.to_json()),
        }
        write_tensors(self.path, arrays, metadata)

    def restore(
        self,
        layers: Mapping[str, "LoraDense"],
        optimizer: Sequence[Any],
    ) -> Matrices:
        """Set the adapter and the optimizer back to the checkpoint.

        Args:
            layers: The adapted matrices by path.
            optimizer: The optimizer's variables.

        Returns:
            The matrices of the best evaluation.
        """
        for path, layer in layers.items():
            bank: Any = layer.bank
            A, B, *magnitudes = self._read_arrays("adapter", path, len(bank.trained))
            bank.write(0, A, B)
            for magnitude in magnitudes:
                bank.magnitude.assign(magnitude[None])
        with open_tensors(self.path) as file:
            for i, variable in enumerate(optimizer):
                array = file.get_tensor(f"optimizer/{i}")
                variable.assign(array.reshape(variable.shape))
        counts = {path: len(layer.bank.trained) for path, layer in layers.items() if layer.bank}
        return {path: self._read_arrays("best", path, count) for path, count in counts.items()}

    def _read_arrays(self, kind: str, path: str, count: int) -> tuple[Array, ...]:
        return tuple(read_tensor(self.path, f"{kind}/{path}/{name}") for name in NAMES[:count])


def finite_or_none(value: float) -> float | None:
    """Return the value, or None for a loss that was never measured.

    Args:
        value: A loss; NaN or infinity if it was never measured.
    """
    return value if math.isfinite(value) else None


def _named(kind: str, matrices: Matrices) -> dict[str, Array]:
    return {
        f"{kind}/{path}/{name}": array
        for path, arrays in matrices.items()
        for name, array in zip(NAMES, arrays, strict=False)
    }
