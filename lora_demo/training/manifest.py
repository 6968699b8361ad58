"""The adapter folder of a run: the best matrices so far, with manifest, card and pair hashes."""

import math
from dataclasses import replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.checkpoints.base import fingerprint
from lora_demo.checkpoints.card import model_card
from lora_demo.checkpoints.pair_hashes import FILE, PairHashes
from lora_demo.checkpoints.training_words import TrainingWords
from lora_demo.data.sources import hash_pairs, public_source
from lora_demo.model.lora_config import LoraConfig
from lora_demo.training.checkpoint import Matrices, TrainState, finite_or_none
from lora_demo.training.config import TrainConfig
from lora_demo.training.parent import Parent
from lora_demo.training.scoring import EVERYDAY, chrf_signature
from lora_demo.training.setup import EVERYDAY_SET, RunData, RunModel, RunSetup
from lora_demo.version import __version__

if TYPE_CHECKING:
    from lora_demo.checkpoints.tensors import Array
    from lora_demo.model.lora_initialization import Factors

FORMAT = 1
"""Version of the manifest's format."""
LIBRARIES = ("keras", "transformers", "sacrebleu")


class AdapterWriter:
    """Writes the adapter folder of a run again whenever there is a better adapter.

    Args:
        folder: The adapter folder.
        setup: The parts of the run.
    """

    def __init__(self, folder: Path, setup: RunSetup) -> None:
        self.folder = folder
        self.setup = setup

    def write(self, matrices: Matrices, state: TrainState) -> None:
        """Write the adapter.

        Args:
            matrices: The adapter's matrices at the best evaluation.
            state: The state of the run.
        """
        base, dataset = self.setup.data.base, self.setup.data.dataset
        manifest = build_manifest(self.setup, state, self._base_hash)
        lora, starts = self.setup.model.lora, self.setup.model.starts
        if starts:
            lora = _with_start(lora)
            matrices = {path: _subtract(matrices[path], starts[path]) for path in matrices}
        settings = peft_config(lora, base.id, base.revision)
        parent = self.setup.data.parent
        if parent:
            settings |= parent.patterns
        write_adapter(self.folder, matrices, settings, manifest, model_card(manifest))
        if not (self.folder / FILE).is_file():
            hashes = PairHashes.of([*dataset.train, *self.setup.data.replayed], dataset.eval)
            if parent and parent.hashes:
                hashes = hashes.union(parent.hashes)
            hashes.write(self.folder)
            self._training_words().write(self.folder)

    def _training_words(self) -> TrainingWords:
        """Return the words of all pairs, and those that the parent knows."""
        data = self.setup.data
        train = [german for german, _ in (*data.dataset.train, *data.replayed)]
        words = TrainingWords.of(train, [german for german, _ in data.dataset.eval])
        of_parent = data.parent.words if data.parent else None
        return words.union(of_parent) if of_parent else words

    @cached_property
    def _base_hash(self) -> str:
        """Hash of the base's weights, which takes a while."""
        return fingerprint(self.setup.data.base)


def _with_start(lora: LoraConfig) -> LoraConfig:
    """Return settings for twice the rank with the same scale."""
    factor = math.sqrt(2) if lora.use_rslora else 2
    return replace(lora, r=2 * lora.r, lora_alpha=factor * lora.lora_alpha)


def _subtract(trained: tuple["Array", ...], start: "Factors") -> "Factors":
    """Return the factors for the unchanged base, from which PiSSA or OLoRA took the start."""
    from lora_demo.model.lora_initialization import subtract_start

    A, B = trained
    return subtract_start((A, B), start)


def build_manifest(setup: RunSetup, state: TrainState, base_hash: str) -> dict[str, Any]:
    """Build the content of `manifest.json`: all that is needed to make the adapter again.

    Args:
        setup: The parts of the run.
        state: The state of the run.
        base_hash: Hash of the base's weights.

    Returns:
        A JSON document without paths of this machine.
    """
    config = _public_config(setup)
    return {
        "format": FORMAT,
        "name": setup.config.adapter_name,
        "base": _base_entry(setup.data, base_hash),
        **_parent_entry(setup.data),
        "data": _data_entry(setup.config, setup.data),
        **_replay_entry(setup.config, setup.data),
        "config": config.to_json() | {"targets": list(setup.data.targets)},
        "training": _training_entry(setup.model, state),
        "scores": _scores_entry(state, setup.data.parent),
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
        parent=setup.data.parent.name if setup.data.parent else None,
        replay_data=public_source(config.replay_data),
        probes=(),  # they change no weight, and an adapter may be published
    )


def _base_entry(data: RunData, base_hash: str) -> dict[str, Any]:
    return {"id": data.base.id, "revision": data.base.revision, "sha256": base_hash}


def _parent_entry(data: RunData) -> dict[str, Any]:
    parent = data.parent
    if not parent:
        return {}
    entry = {"name": parent.name, "sha256": parent.sha256, "commands": list(parent.commands)}
    return {"parent": entry}


def _data_entry(config: TrainConfig, data: RunData) -> dict[str, Any]:
    return {
        "source": public_source(config.data),
        "sha256": data.dataset.sha256,
        "train_pairs": len(data.dataset.train),
        "eval_pairs": len(data.eval_pairs),
    }


def _replay_entry(config: TrainConfig, data: RunData) -> dict[str, Any]:
    if not data.replayed:
        return {}
    entry = {
        "source": public_source(config.replay_data),
        "sha256": hash_pairs(data.replayed),
        "pairs": len(data.replayed),
        "share": config.replay,
        "targets": config.replay_targets,
    }
    return {"replay": entry}


def _training_entry(model: RunModel, state: TrainState) -> dict[str, Any]:
    return {
        "steps": state.step,
        "best_step": state.best_step,
        "seconds": round(state.seconds, 1),
        "device": model.device,
        "precision": model.precision,
    }


def _scores_entry(state: TrainState, parent: Parent | None) -> dict[str, Any]:
    start, best = state.start_scores, state.best_scores
    base = state.base_scores if parent else start
    scores = {
        "eval_loss": finite_or_none(state.best_loss),
        "eval_chrf": state.best_chrf,
        "base_eval_loss": base.get("eval_loss"),
        "base_eval_chrf": base.get("chrf"),
    }
    if parent:
        scores |= {
            "parent_eval_loss": start.get("eval_loss"),
            "parent_eval_chrf": start.get("chrf"),
            "parent_everyday_chrf": start.get(EVERYDAY),
        }
    return {
        **scores,
        "everyday_chrf": best.get(EVERYDAY),
        "base_everyday_chrf": base.get(EVERYDAY),
        "everyday_p": best.get("everyday_p"),
        "everyday_worse": bool(best.get("everyday_worse")),
        "everyday_set": EVERYDAY_SET,
        "signature": chrf_signature(),
        "curve": state.scores,
    }
