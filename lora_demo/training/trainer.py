"""One LoRA run as a generator of events: read, compile, train, evaluate, keep the best, stop cleanly, resume exactly."""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.checkpoints.base import find_base, fingerprint, load_model
from lora_demo.checkpoints.card import model_card
from lora_demo.checkpoints.download import cancel_when
from lora_demo.checkpoints.pair_hashes import FILE, PairHashes
from lora_demo.checkpoints.tensors import read_metadata, read_tensor, write_tensors
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.encoding import encode_pairs
from lora_demo.data.packing import pack, plan_shape
from lora_demo.data.pairs import Pair
from lora_demo.data.sources import (
    builtin_domains,
    load_dataset,
    load_test,
    probe_pairs,
    public_source,
)
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import count_adapter, is_target, resolve_targets
from lora_demo.training import speed
from lora_demo.training.batches import Batches, make_batch
from lora_demo.training.config import TrainConfig
from lora_demo.training.events import EVENTS, Event, Probe, now
from lora_demo.training.speed import Measured, remember

EVAL_PAIRS = 200
WATCHED_PAIRS, MOST_WATCHED = 120, 10_000
EVAL_ROWS = 64
EVALUATIONS = 10
CHECKPOINT_SECONDS = 30
WIDE = 512
STATE = "state.safetensors"


@dataclass
class Progress:
    """Where a run is; all of it is in the checkpoint."""

    step: int = 0
    total_steps: int = 0
    eval_every: int = 0
    seconds: float = 0.0
    best_loss: float = math.inf
    best_step: int = 0
    best_chrf: float = 0.0
    worse: int = 0
    train_loss: float = math.nan
    scores: list[dict] = field(default_factory=list)


class Trainer:
    """Trains one adapter in a run folder; `run()` yields what happens as it happens.

    Args:
        folder: gets `checkpoint/` and `adapter/`. A checkpoint that is there is gone on from.
        stop: asked after every step; once it says True the run saves and ends.
    """

    def __init__(self, config: TrainConfig, folder: Path, stop: Callable[[], bool] = lambda: False):
        self.config, self.folder, self.stop = config, folder, stop
        self.progress = Progress()
        self.checkpoint = folder / "checkpoint" / STATE

    def run(self) -> Iterator[Event]:
        """Yields events; raises ValueError for settings or data that cannot be."""
        self.began, config = time.monotonic(), self.config
        if self.checkpoint.is_file():
            self.progress = Progress(**json.loads(read_metadata(self.checkpoint)["progress"]))
        for phase, message, prepare in (
            ("data", f"Reading {public_source(config.data)}", self._read),
            ("base", f"Loading the base model {public_source(config.base)}", self._load),
            ("compile", "Compiling the training step", self._compile),
        ):
            yield self._event("phase", phase=phase, message=message)
            prepare()
            if self.stop():
                yield self._done("stopped")
                return
        yield from self._go_on() if self._restore() else self._begin()
        yield from self._train()
        yield from self._finish()

    def _read(self):
        """Everything that can be wrong with the settings shows here, before anything slow."""
        config = self.config
        self.base = find_base(config.base, config.revision, cancel_when(self.stop, config.base))
        self.targets = resolve_targets(config.targets, self.base.config)
        self.data = load_dataset(config.data, config.max_pairs, config.seed)
        if not self.data.train or not self.data.eval:
            raise ValueError(
                f"{public_source(config.data)} has no pairs to train on; the built-in domains are {', '.join(builtin_domains())}."
            )
        self.probes = probe_pairs(config.data, self.data)
        self.eval_pairs = _spread(self.data.eval, EVAL_PAIRS)
        self.watched = self._watched() if config.watch else {}

    def _watched(self) -> dict[str, list[Pair]]:
        """Pairs whose chrF is followed but decides nothing: some that are trained on, and those of another set."""
        return {
            "train_chrf": _spread(self.data.train, WATCHED_PAIRS),
            "watch_chrf": _spread(load_test(self.config.watch, MOST_WATCHED), WATCHED_PAIRS),
        }

    def _load(self):
        from lora_demo.model.backend import device_name, use_all_devices
        from lora_demo.model.lora import LoraConfig, initialize

        config = self.config
        self.devices, self.device = use_all_devices(), device_name()
        self.precision = (
            _best_precision(self.base.config) if config.precision == "auto" else config.precision
        )
        self.lora = LoraConfig(
            config.rank, config.alpha, config.dropout, self.targets, config.use_rslora
        )
        self.model, self.tokenizer = (
            load_model(self.base, self.precision),
            Tokenizer(self.base.folder),
        )
        self.layers = {
            path: layer
            for path, layer in self.model.lora_layers().items()
            if is_target(path, self.targets)
        }
        for layer in self.layers.values():
            layer.allocate(1, config.rank)
        initialize(self.layers, {path: self.lora.scale for path in self.layers}, config.seed)
        self._encode()

    def _encode(self):
        config, pad = self.config, self.base.config.pad_token_id
        encode = lambda pairs: encode_pairs(self.tokenizer, pairs, max_length=config.max_length)
        examples, held_out = encode(self.data.train), encode(self.eval_pairs)
        plan = lambda examples: plan_shape(examples, config.batch_size, self.devices)
        shape = plan(examples)
        batches = lambda examples, shape, seed: Batches(
            examples, pack(examples, shape, config.batch_size, seed), shape, seed, pad
        )
        self.batches, ordered = (
            batches(examples, shape, config.seed),
            batches(held_out, plan(held_out), 0),
        )
        self.eval_batches = [ordered.batch(i) for i in range(ordered.per_epoch)]
        self.translated = {"probes": self.probes, "chrf": self.eval_pairs, **self.watched}
        self.eval_sources = [e.source for pairs in self.translated.values() for e in encode(pairs)]

    def _compile(self):
        from lora_demo.model.batch_decoder import Decoder
        from lora_demo.training.steps import Stepper

        config = self.config
        trained = [v for layer in self.layers.values() for v in (layer.bank.A, layer.bank.B)]
        read = [*self.model.variables, *(layer.bank.scale for layer in self.layers.values())]
        self.stepper = Stepper(
            self.model,
            trained,
            read,
            lora_dropout=config.dropout,
            label_smoothing=config.label_smoothing,
            clip=config.clip,
            weight_decay=config.weight_decay,
        )
        width = -(-max(map(len, self.eval_sources)) // 8) * 8
        self.decoder = Decoder(self.model, rows=(EVAL_ROWS,), lengths=(width,))
        empty = make_batch([], self.batches.shape, self.base.config.pad_token_id)
        self.step_seconds = self.stepper.warm_up(empty, config.accumulation)
        self._translate(self.eval_sources[:1], 1)
        self.stepper.evaluate(self.eval_batches[:1])

    def _plan_steps(self):
        config, progress = self.config, self.progress
        updates = max(1, self.batches.per_epoch // config.accumulation)
        if config.steps:
            progress.total_steps = config.steps
        elif config.epochs:
            progress.total_steps = max(1, round(config.epochs * updates))
        else:
            progress.total_steps = self._affordable_steps()
        progress.eval_every = min(
            config.eval_every or max(1, progress.total_steps // EVALUATIONS), progress.total_steps
        )

    def _affordable_steps(self) -> int:
        """Steps that fit into `minutes`, from the measured time of a step and of an evaluation."""
        step = self.step_seconds * self.config.accumulation
        budget = 60 * self.config.minutes
        evaluations = min(
            EVALUATIONS, max(1, int(0.3 * budget / max(self.evaluation_seconds, 1e-3)))
        )
        return max(1, int((budget - evaluations * self.evaluation_seconds) / step))

    def _plan(self) -> dict:
        count = count_adapter(self.base.config, self.config.rank, self.targets)
        return {
            "device": self.device,
            "precision": self.precision,
            "train_pairs": len(self.data.train),
            "eval_pairs": len(self.eval_pairs),
            "total_steps": self.progress.total_steps,
            "eval_every": self.progress.eval_every,
            "trainable": count.trainable,
            "percent": count.percent,
            "shape": asdict(self.batches.shape),
        }

    def _begin(self) -> Iterator[Event]:
        """Scores the base, while the adapter still changes nothing; how long that takes decides how many steps fit."""
        yield self._event("phase", phase="evaluate", message="Scoring the base model")
        began = time.monotonic()
        scores = self._scores()
        self.evaluation_seconds = time.monotonic() - began
        self._plan_steps()
        yield self._event("plan", **self._plan())
        yield self._evaluate(scores)
        self._remember_speed()

    def _go_on(self) -> Iterator[Event]:
        yield self._event("plan", **self._plan())
        yield self._event("resume", message=f"Going on from step {self.progress.step}")

    def _remember_speed(self):
        """Keeps what was measured, for the estimates of runs to come."""
        config, accumulation = self.config, self.config.accumulation
        step = self.step_seconds * accumulation, self.batches.shape.tokens * accumulation
        remember(
            Measured(
                speed.now(),
                config.base,
                self.targets,
                config.rank,
                config.batch_size * accumulation,
                self.device,
                *step,
                self.evaluation_seconds,
                time.monotonic() - self.began,
                speed.peak_bytes(),
            )
        )

    def _train(self) -> Iterator[Event]:
        progress, last_save = self.progress, time.monotonic()
        yield self._event("phase", phase="train", message="Training")
        while progress.step < progress.total_steps and not self._exhausted():
            if self.stop():
                self._save()
                return
            yield self._step()
            if progress.step % progress.eval_every == 0 or progress.step == progress.total_steps:
                yield self._evaluate()
                self._save()
                last_save = time.monotonic()
            elif time.monotonic() - last_save > CHECKPOINT_SECONDS:
                self._save()
                last_save = time.monotonic()

    def _exhausted(self) -> bool:
        return self.config.patience is not None and self.progress.worse >= self.config.patience

    def _step(self) -> Event:
        config, progress, began = self.config, self.progress, time.monotonic()
        batches = [
            self.batches.batch(progress.step * config.accumulation + i)
            for i in range(config.accumulation)
        ]
        rate = learning_rate(config, progress.step, progress.total_steps)
        progress.train_loss = self.stepper.step(batches, rate, config.seed + progress.step + 1)
        if not math.isfinite(progress.train_loss):
            raise FloatingPointError(
                f"The loss became {progress.train_loss} at step {progress.step + 1}: lower the learning rate ({config.learning_rate:g})."
            )
        progress.step += 1
        seconds = time.monotonic() - began
        progress.seconds += seconds
        left = progress.seconds / progress.step * (progress.total_steps - progress.step)
        return self._event(
            "step",
            loss=progress.train_loss,
            learning_rate=rate,
            tokens_per_second=sum(b.tokens for b in batches) / seconds,
            seconds_left=left,
        )

    def _evaluate(self, scores: tuple | None = None) -> Event:
        progress, began = self.progress, time.monotonic()
        loss, chrf, texts = scores or self._scores()
        best = loss < progress.best_loss
        progress.worse = 0 if best else progress.worse + 1
        train_loss = None if math.isnan(progress.train_loss) else progress.train_loss
        progress.scores.append(
            {"step": progress.step, "train_loss": train_loss, "eval_loss": loss, **chrf}
        )
        if best:
            progress.best_loss, progress.best_step, progress.best_chrf = (
                loss,
                progress.step,
                chrf["chrf"],
            )
            self.best = self._matrices()
        progress.seconds += time.monotonic() - began if progress.step else 0.0
        if best and progress.step:
            self._write_adapter()
        probes = [Probe(de, reference, text) for (de, reference), text in zip(self.probes, texts)]
        return self._event(
            "eval", train_loss=train_loss, eval_loss=loss, **chrf, best=best, probes=tuple(probes)
        )

    def _scores(self) -> tuple[float, dict[str, float], list[str]]:
        """Loss on the held-out pairs, chrF on all that is followed, and the probes' translations."""
        from sacrebleu import CHRF

        texts = iter(self._translate(self.eval_sources, max(map(len, self.eval_sources))))
        texts = {name: list(islice(texts, len(pairs))) for name, pairs in self.translated.items()}
        chrf = {
            name: CHRF().corpus_score(texts[name], [[en for _, en in pairs]]).score
            for name, pairs in self.translated.items()
            if name != "probes"
        }
        return self.stepper.evaluate(self.eval_batches), chrf, texts["probes"]

    def _translate(self, sources: list[list[int]], most_tokens: int) -> list[str]:
        return self.tokenizer.decode(
            self.decoder.decode(sources, [0] * len(sources), max_new_tokens=most_tokens)
        )

    def _finish(self) -> Iterator[Event]:
        progress = self.progress
        if progress.best_step == 0 and progress.step:
            self.best = self.best if progress.scores[1:] else self._matrices()
        if progress.step:
            self._write_adapter()
        yield self._done(
            "finished"
            if progress.step >= progress.total_steps
            else "early stopping"
            if self._exhausted()
            else "stopped"
        )

    def _done(self, reason: str) -> Event:
        progress = self.progress
        return self._event(
            "done",
            steps=progress.step,
            seconds=progress.seconds,
            train_loss=_finite(progress.train_loss),
            eval_loss=_finite(progress.best_loss),
            eval_chrf=progress.best_chrf if progress.scores else None,
            best_step=progress.best_step,
            reason=reason,
        )

    def _matrices(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return {
            path: (np.array(layer.bank.A.value[0]), np.array(layer.bank.B.value[0]))
            for path, layer in self.layers.items()
        }

    def _write_adapter(self):
        manifest = self._manifest()
        write_adapter(
            self.folder / "adapter",
            self.best,
            peft_config(self.lora, self.base.id, self.base.revision),
            manifest,
            model_card(manifest),
        )
        if not (self.folder / "adapter" / FILE).is_file():
            PairHashes.of(self.data.train, self.data.eval).write(self.folder / "adapter")

    def _manifest(self) -> dict:
        from importlib.metadata import version

        from lora_demo.version import __version__

        if not hasattr(self, "base_hash"):
            self.base_hash = fingerprint(self.base)
        progress, source = self.progress, public_source(self.config.data)
        told = replace(
            self.config,
            revision=self.base.revision,
            data=source,
            watch=self.config.watch and public_source(self.config.watch),
        )
        return {
            "format": 1,
            "name": self.config.adapter_name,
            "base": {"id": self.base.id, "revision": self.base.revision, "sha256": self.base_hash},
            "data": {
                "source": source,
                "sha256": self.data.sha256,
                "train_pairs": len(self.data.train),
                "eval_pairs": len(self.eval_pairs),
            },
            "config": told.to_json() | {"targets": list(self.targets)},
            "training": {
                "steps": progress.step,
                "best_step": progress.best_step,
                "seconds": round(progress.seconds, 1),
                "device": self.device,
                "precision": self.precision,
            },
            "scores": self._manifest_scores(),
            "versions": {
                "lora_demo": __version__,
                **{name: version(name) for name in ("keras", "transformers", "sacrebleu")},
            },
            "command": told.command(),
        }

    def _manifest_scores(self) -> dict:
        from sacrebleu import CHRF

        metric = CHRF()
        metric.corpus_score(["a"], [["a"]])
        before = self.progress.scores[0] if self.progress.scores else {}
        return {
            "eval_loss": _finite(self.progress.best_loss),
            "eval_chrf": self.progress.best_chrf,
            "base_eval_loss": before.get("eval_loss"),
            "base_eval_chrf": before.get("chrf"),
            "signature": str(metric.get_signature()),
            "curve": self.progress.scores,
        }

    def _save(self):
        arrays = {
            f"adapter/{path}/{name}": array
            for path, pair in self._matrices().items()
            for name, array in zip("AB", pair)
        }
        arrays |= {
            f"best/{path}/{name}": array
            for path, pair in self.best.items()
            for name, array in zip("AB", pair)
        }
        arrays |= {f"optimizer/{i}": np.array(v.value) for i, v in enumerate(self.stepper.state)}
        write_tensors(
            self.checkpoint,
            arrays,
            {
                "progress": json.dumps(vars(self.progress)),
                "config": json.dumps(self.config.to_json()),
            },
        )

    def _restore(self) -> bool:
        """Goes back to the checkpoint, if there is one; everything after it is trained again, to the same weights."""
        if not self.checkpoint.is_file():
            return False
        pair = lambda kind, path: tuple(
            read_tensor(self.checkpoint, f"{kind}/{path}/{name}") for name in "AB"
        )
        for path, layer in self.layers.items():
            layer.bank.write(0, *pair("adapter", path), self.lora.scale)
        self.best = {path: pair("best", path) for path in self.layers}
        for i, variable in enumerate(self.stepper.state):
            variable.assign(self._optimizer_array(i, variable))
        return True

    def _optimizer_array(self, i: int, variable) -> np.ndarray:
        from safetensors import safe_open

        with safe_open(self.checkpoint, "numpy") as file:
            return file.get_tensor(f"optimizer/{i}").reshape(variable.shape)

    def _event(self, kind: str, **values) -> Event:
        return EVENTS[kind](time=now(), step=self.progress.step, **values)


def _best_precision(config: T5Config) -> str:
    """The faster one: on a CPU, narrow models lose more by casts than their products gain."""
    from lora_demo.model.backend import has_bfloat16, has_gpu

    return "bfloat16" if has_gpu() or has_bfloat16() and config.d_model >= WIDE else "float32"


def _spread(pairs: list[Pair], most: int) -> list[Pair]:
    """At most so many, from all over the list."""
    return pairs[:: -(-len(pairs) // most)]


def learning_rate(config: TrainConfig, step: int, total: int) -> float:
    """The rate of a step (from 0): a linear rise over the warm-up, then the decay to zero at `total`."""
    warmup = math.ceil(config.warmup * total)
    if step < warmup:
        return config.learning_rate * (step + 1) / (warmup + 1)
    done = (step - warmup) / max(1, total - warmup)
    factor = {"linear": 1 - done, "cosine": 0.5 + 0.5 * math.cos(math.pi * done), "constant": 1.0}[
        config.decay
    ]
    return config.learning_rate * factor


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
