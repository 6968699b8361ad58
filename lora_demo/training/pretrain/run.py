"""One pre-training run: steps, evaluations, a state to resume from, and the exported base."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import keras
import numpy as np
import sacrebleu
from safetensors import safe_open

from lora_demo.checkpoints.base import save_checkpoint
from lora_demo.checkpoints.sampling_tokenizer import SamplingTokenizer
from lora_demo.checkpoints.tensors import write_tensors
from lora_demo.checkpoints.tokenizer import Tokenizer
from lora_demo.data.encoding import PREFIX, encode_pairs
from lora_demo.data.packing import Shape
from lora_demo.data.pairs import Pair
from lora_demo.files import write_json
from lora_demo.model.batch_decoder import Decoder
from lora_demo.model.initialization import initialize
from lora_demo.model.shapes import total_parameters
from lora_demo.model.t5 import T5
from lora_demo.training.batches import IGNORE, Batch, make_batch
from lora_demo.training.pretrain.config import PretrainConfig
from lora_demo.training.pretrain.mixture import MAX_TOKENS, Mixture
from lora_demo.training.pretrain.split import split_pairs
from lora_demo.training.pretrain.start import (
    RECORD,
    STATE,
    count_steps,
    find_tokenizer,
    geometry,
    load_start,
    read_metadata,
    read_weights,
)
from lora_demo.training.pretrain.vocabulary import REVERSE_PREFIX, SPECIAL
from lora_demo.training.steps import Stepper

LOG_STEPS = 10
SAVE_MINUTES = 5.0
FOLLOWED_PAIRS = 300
"""Held-out pairs that are translated while training."""
SHOWN_PAIRS = 6
MAX_NEW_TOKENS = 64
EVALUATION_ROWS = 32
MAX_SHARD_BYTES = 9_000_000
COUNTED_STEPS = 300
"""Steps whose batches are counted to find rare pieces, also of a run with fewer steps."""
RARE = 20
"""A piece that occurs less often in them is hardly learned."""
RARE_SHARE = 0.7
"""Size of a rare piece's own direction, as a share of the other embeddings' mean norm."""


class Pretraining:
    """One run; `output/state.safetensors` holds everything that a later run resumes from.

    Args:
        config: The settings; a run resumes if its output folder has a state.

    Raises:
        ValueError: If there are too few pairs, or the vocabulary has no room for the alphabet.
    """

    def __init__(self, config: PretrainConfig) -> None:
        self.config = config
        config.output.mkdir(parents=True, exist_ok=True)
        self.train_pairs, followed, self.test_pairs = split_pairs(
            config.pairs, config.held_out, config.seed
        )
        self.followed_pairs = followed[:FOLLOWED_PAIRS]
        self.tokenizer_folder = find_tokenizer(config, self.train_pairs)
        self.tokenizer = Tokenizer(self.tokenizer_folder)
        self.model = T5(geometry(config, self.tokenizer_folder), config.precision)
        self.weights = self.model.parameters()
        initialize(self.model, config.seed)
        self.earlier_run = load_start(self.model, config.start) if config.start else None
        self.stepper = Stepper(
            self.model,
            list(self.weights.values()),
            [],
            slot=None,
            label_smoothing=config.label_smoothing,
            dropout=config.dropout,
            optimizer=muon(config),
        )
        self.decoder = Decoder(self.model)
        self.mixture = Mixture(
            self.train_pairs,
            SamplingTokenizer(self.tokenizer_folder),
            self.model.config.vocab_size - 1,
            config,
            count_steps(self.earlier_run),
        )
        self.step = 0
        self.seconds = 0.0
        self._restore()
        self.log(
            f"{total_parameters(self.model.config):,} parameters, "
            f"vocabulary {self.model.config.vocab_size}, {len(self.train_pairs):,} training pairs, "
            f"{config.held_out:,} held out, {self.mixture.parts} batches of "
            f"{self.mixture.shape} a step, from step {self.step}"
        )

    def train(self) -> None:
        """Train to the last step, then score the test pairs and export the base."""
        last_evaluation = last_save = self.seconds
        losses: list[float] = []
        for batches in self._batches_ahead():
            began = time.monotonic()
            rate = self.config.rate_at(self.step)
            self.step += 1
            losses.append(self.stepper.step(batches, rate, self.step))
            self.seconds += time.monotonic() - began
            if self.step % LOG_STEPS == 0:
                self._log_losses(losses)
                losses = []
            if self.seconds - last_evaluation > 60 * self.config.eval_minutes:
                last_evaluation = self.seconds
                self.evaluate(self.followed_pairs, "eval")
            if self.seconds - last_save > 60 * min(SAVE_MINUTES, self.config.eval_minutes):
                last_save = self.seconds
                self.save()
        self.save()
        self.separate_rare_pieces()
        self.export(self.evaluate(self.test_pairs, "test"))

    def _batches_ahead(self) -> Iterator[list[Batch]]:
        """The batches of the remaining steps; those of the next step are made meanwhile."""
        with ThreadPoolExecutor(1) as pool:
            following = pool.submit(self.mixture.batches, self.step)
            for step in range(self.step, self.config.steps):
                batches = following.result()
                following = pool.submit(self.mixture.batches, step + 1)
                yield batches

    def _log_losses(self, losses: list[float]) -> None:
        epoch = self.step * self.config.batch_pairs / len(self.train_pairs)
        self.log(
            f"step {self.step}  {self.seconds / 60:.1f} min  epoch {epoch:.2f}  "
            f"loss {np.mean(losses):.3f}"
        )

    def evaluate(self, pairs: list[Pair], name: str) -> dict[str, Any]:
        """Score held-out pairs in both directions: loss, and BLEU and chrF of greedy outputs.

        Args:
            pairs: German-English pairs that are not trained on.
            name: Name of the pairs in the log, such as `test`.
        """
        reversed_pairs = [(en, de) for de, en in pairs]
        return {
            "n": len(pairs),
            "de-en": self._score(pairs, PREFIX, f"{name} de-en"),
            "en-de": self._score(reversed_pairs, REVERSE_PREFIX, f"{name} en-de"),
        }

    def _score(self, pairs: list[Pair], prefix: str, name: str) -> dict[str, Any]:
        examples = encode_pairs(self.tokenizer, pairs, prefix, MAX_TOKENS)
        sources = [example.source for example in examples]
        outputs = self.decoder.decode(sources, max_new_tokens=MAX_NEW_TOKENS)
        texts = self.tokenizer.decode(outputs)
        references = [[reference for _, reference in pairs]]
        shape = Shape(EVALUATION_ROWS, MAX_TOKENS, MAX_TOKENS)
        batches = [
            make_batch([[e] for e in examples[start : start + EVALUATION_ROWS]], shape)
            for start in range(0, len(examples), EVALUATION_ROWS)
        ]
        bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF()
        scores = {
            "loss": self.stepper.evaluate(batches),
            "bleu": bleu.corpus_score(texts, references).score,
            "chrf": chrf.corpus_score(texts, references).score,
            "bleu_signature": str(bleu.get_signature()),
            "chrf_signature": str(chrf.get_signature()),
        }
        numbers = "  ".join(f"{key} {scores[key]:.2f}" for key in ("loss", "bleu", "chrf"))
        self.log(f"{name}: {numbers}")
        for (source, reference), text in zip(pairs[:SHOWN_PAIRS], texts, strict=False):
            self.log(f"    {source} | {text} | {reference}")
        return scores

    def separate_rare_pieces(self) -> None:
        """Move the embedding of each rare piece in a random direction of its own.

        Training pushes pieces that are never targets all the same way, so they end as one
        vector, and no adapter could distinguish a slash from a euro sign.
        """
        embedding = self.weights["shared"].numpy()
        is_rare = self._piece_counts() < RARE
        is_rare[:SPECIAL] = False
        size = RARE_SHARE * np.linalg.norm(embedding[~is_rare], axis=1).mean()
        random = np.random.default_rng(self.config.seed)
        directions = random.standard_normal((int(is_rare.sum()), embedding.shape[1]))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        embedding[is_rare] += size * directions
        self.weights["shared"].assign(embedding)

    def _piece_counts(self) -> np.ndarray:
        """The count of each piece in the batches of COUNTED_STEPS steps, (vocabulary,)."""
        counts = np.zeros(self.model.config.vocab_size, int)
        for step in range(COUNTED_STEPS):
            for batch in self.mixture.batches(step):
                targets = batch.labels[batch.labels != IGNORE]
                counts += np.bincount(batch.ids.ravel(), minlength=len(counts))
                counts += np.bincount(targets, minlength=len(counts))
        return counts

    def save(self) -> None:
        """Replace the state that a later run resumes from."""
        arrays = {f"weight/{path}": weight.numpy() for path, weight in self.weights.items()}
        for number, variable in enumerate(self.stepper.state):
            arrays[f"optimizer/{number}"] = np.asarray(variable.numpy())
        metadata = {
            "step": str(self.step),
            "seconds": str(self.seconds),
            "run": json.dumps(self.record()),
        }
        write_tensors(self.config.output / STATE, arrays, metadata)

    def _restore(self) -> None:
        """Resume from the state of an earlier run, if the output folder has one."""
        path = self.config.output / STATE
        if not path.is_file():
            return
        read_weights(self.weights, path)
        with safe_open(path, "numpy") as file:
            for number, variable in enumerate(self.stepper.state):
                value = file.get_tensor(f"optimizer/{number}")
                variable.assign(value.reshape(variable.shape))
        metadata = read_metadata(path)
        self.step = int(metadata["step"])
        self.seconds = float(metadata["seconds"])

    def export(self, scores: dict[str, Any]) -> None:
        """Write the model as a float16 Hugging Face checkpoint, with its settings and scores.

        Args:
            scores: Result of `evaluate` for the test pairs.
        """
        folder = self.config.output / "model"
        weights = {path: w.numpy().astype("float16") for path, w in self.weights.items()}
        save_checkpoint(folder, self.model.config, weights, self.tokenizer_folder, MAX_SHARD_BYTES)
        write_json(folder / RECORD, {**self.record(), "test": scores})

    def record(self) -> dict[str, Any]:
        """Settings, steps and minutes of this run, and those of the run that it started from."""
        options = asdict(self.config)
        for name in ("pairs", "output", "start"):
            options[name] = options[name].name if options[name] else None
        return {
            "options": options,
            "steps": self.step,
            "minutes": self.seconds / 60,
            "earlier_run": self.earlier_run,
        }

    def log(self, line: str) -> None:
        """Print a line and append it to `output/log.txt`.

        Args:
            line: Text without a final line break.
        """
        with open(self.config.output / "log.txt", "a", encoding="utf-8") as file:
            print(line, file=file)
        print(line, flush=True)


def muon(config: PretrainConfig) -> keras.optimizers.Optimizer:
    """Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) for the matrices.

    Tables and norms are trained with AdamW at half the learning rate.

    Args:
        config: Gives the learning rate and the weight decay.
    """
    return keras.optimizers.Muon(
        config.learning_rate,
        adam_beta_2=0.98,
        weight_decay=config.weight_decay,
        adam_weight_decay=0.0,
        adam_lr_ratio=0.5,
        global_clipnorm=1.0,
    )
