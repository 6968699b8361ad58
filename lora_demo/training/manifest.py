"""The adapter folder of a run: the best matrices so far, with manifest, card and pair hashes."""

from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.checkpoints.base import fingerprint
from lora_demo.checkpoints.card import model_card
from lora_demo.checkpoints.pair_hashes import FILE, PairHashes
from lora_demo.data.sources import public_source
from lora_demo.training.checkpoint import Matrices, TrainState, finite_or_none
from lora_demo.training.config import TrainConfig
from lora_demo.training.scoring import chrf_signature
from lora_demo.training.setup import RunData, RunModel, RunSetup
from lora_demo.version import __version__

FORMAT = 1
"""Version of the manifest's format."""
LIBRARIES = ("keras", "transformers", "sacrebleu")


class AdapterWriter:
    """Writes the adapter folder of a run again whenever there is a better adapter.

    Args:
        folder: the adapter folder.
        setup: of the run.
    """

    def __init__(self, folder: Path, setup: RunSetup) -> None:
        self.folder = folder
        self.setup = setup

    def write(self, matrices: Matrices, state: TrainState) -> None:
        """Write the adapter.

        Args:
            matrices: of the best evaluation.
            state: where the run is.
        """
        base, dataset = self.setup.data.base, self.setup.data.dataset
        manifest = build_manifest(self.setup, state, self._base_hash)
        settings = peft_config(self.setup.model.lora, base.id, base.revision)
        write_adapter(self.folder, matrices, settings, manifest, model_card(manifest))
        if not (self.folder / FILE).is_file():
            PairHashes.of(dataset.train, dataset.eval).write(self.folder)

    @cached_property
    def _base_hash(self) -> str:
        """Hash of the base's weights, which takes a while."""
        return fingerprint(self.setup.data.base)


def build_manifest(setup: RunSetup, state: TrainState, base_hash: str) -> dict[str, Any]:
    """Build the content of `manifest.json`: all that is needed to make the adapter again.

    Args:
        setup: of the run.
        state: where the run is.
        base_hash: hash of the base's weights.

    Returns:
        A JSON document without paths of this machine.
    """
    config = _public_config(setup)
    return {
        "format": FORMAT,
        "name": setup.config.adapter_name,
        "base": _base_entry(setup.data, base_hash),
        "data": _data_entry(setup.config, setup.data),
        "config": config.to_json() | {"targets": list(setup.data.targets)},
        "training": _training_entry(setup.model, state),
        "scores": _scores_entry(state),
        "versions": {"lora_demo": __version__, **{name: version(name) for name in LIBRARIES}},
        "command": config.command(),
    }


def _public_config(setup: RunSetup) -> TrainConfig:
    """The settings with the base's exact revision, and with names for files of this machine."""
    config = setup.config
    return replace(
        config,
        revision=setup.data.base.revision,
        data=public_source(config.data),
        watch=public_source(config.watch) if config.watch else None,
    )


def _base_entry(data: RunData, base_hash: str) -> dict[str, Any]:
    return {"id": data.base.id, "revision": data.base.revision, "sha256": base_hash}


def _data_entry(config: TrainConfig, data: RunData) -> dict[str, Any]:
    return {
        "source": public_source(config.data),
        "sha256": data.dataset.sha256,
        "train_pairs": len(data.dataset.train),
        "eval_pairs": len(data.eval_pairs),
    }


def _training_entry(model: RunModel, state: TrainState) -> dict[str, Any]:
    return {
        "steps": state.step,
        "best_step": state.best_step,
        "seconds": round(state.seconds, 1),
        "device": model.device,
        "precision": model.precision,
    }


def _scores_entry(state: TrainState) -> dict[str, Any]:
    base_scores = state.scores[0] if state.scores else {}
    return {
        "eval_loss": finite_or_none(state.best_loss),
        "eval_chrf": state.best_chrf,
        "base_eval_loss": base_scores.get("eval_loss"),
        "base_eval_chrf": base_scores.get("chrf"),
        "signature": chrf_signature(),
        "curve": state.scores,
    }
