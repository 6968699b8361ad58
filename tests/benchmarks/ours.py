"""The functions of this package that the benchmarks measure.

Each function prepares one task. It returns what a first pass computed, to compare with other
packages, and a function that repeats the task and returns counts, to be timed.
"""

from itertools import islice
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base, load_model
from lora_demo.model import programs
from tests.benchmarks.workload import LEARNING_RATE, RANKS, STEPS, Workload

programs.MAX_ROOMY_OPERATIONS = 0.0
"""Compile each task's own sizes at once, as the decoder does after some use."""


def train(work: Workload):
    """Train on one batch; compute the first three losses."""
    from lora_demo.training.batches import Batch
    from lora_demo.training.steps import Stepper

    base = find_base(work.path("base"))
    model = load_model(base, work.compute_type)
    layers = model.lora_layers()
    banks = []
    for path, (A, B, scale) in read_adapter(Path(work.path("start")), base.config).matrices.items():
        layers[path].allocate(1, A.shape[1], scale=scale)
        layers[path].bank.write(0, A, B)
        banks.append(layers[path].bank)
    stepper = Stepper(
        model,
        [v for bank in banks for v in (bank.A, bank.B)],
        model.variables,
    )
    ids, labels = work.batch
    batch = Batch(ids, np.ones_like(ids), labels, np.ones_like(labels))

    def step():
        return stepper.step([batch], LEARNING_RATE, seed=0)

    return [step() for _ in range(3)], lambda: {"loss": step(), "tokens": batch.tokens}


def train_pairs(work: Workload):
    """Train as users do, on real pairs; compute the base's loss on the held-out ones."""
    from lora_demo.training.config import TrainConfig
    from lora_demo.training.events import EvalEvent, StepEvent
    from lora_demo.training.trainer import Trainer

    config = TrainConfig(
        base=work.path("base"),
        data=work.pairs,
        batch_size=work.rows,
        precision=work.compute_type,
        steps=10**6,
        eval_every=10**6,
    )
    trainer = Trainer(config, Path(work.path("run")))
    events = trainer.run()
    loss = next(event.eval_loss for event in events if isinstance(event, EvalEvent))
    steps = (event for event in events if isinstance(event, StepEvent))

    def run():
        tokens, before = 0.0, trainer.state.seconds
        for event in islice(steps, STEPS):
            now = trainer.state.seconds
            tokens += event.tokens_per_second * (now - before)
            before = now
        return {"tokens": round(tokens)}

    run()
    return [loss], run


def decode(work: Workload):
    """Decode by greedy or beam search; compute the ids."""
    return _decode(work, "base")


def merged(work: Workload):
    """Decode with the adapter of rank 8 merged into the base."""
    return _decode(work, "merged")


def unmerged(work: Workload):
    """Decode with the adapter of rank 8 beside the base."""
    return _decode(work, "base", [Path(work.path("r8"))])


def _decode(work: Workload, checkpoint: str, adapters=()):
    from lora_demo.translator import Translator

    translator = Translator(find_base(work.path(checkpoint)), work.compute_type)
    if translator.precision_note:
        raise RuntimeError(translator.precision_note)
    sources = work.sources
    slots = [1] * len(sources) if adapters else None
    translator.slots.load([read_adapter(folder, translator.base.config) for folder in adapters])

    def run():
        return translator.decoder.decode(
            sources, slots, num_beams=work.num_beams, max_new_tokens=work.tokens
        )

    return run(), lambda: {"tokens": sum(map(len, run()))}


def base_alone(work: Workload):
    """Translate with the base; compute the words of its translations."""
    return _compare(work, [])


def base_and_adapters(work: Workload):
    """Translate with the base and three adapters in one batch; compute the base's words."""
    return _compare(work, [Path(work.path(f"r{r}")) for r in RANKS])


def _compare(work: Workload, adapters):
    from lora_demo.translator import Translator

    translator = Translator(find_base(work.path("base")))
    texts = work.texts()

    def translate_with_base():
        base, *_adapters = translator.compare(texts, adapters, max_new_tokens=work.tokens)
        return base

    words = [text.split() for text in translate_with_base().texts]
    return words, lambda: {"tokens": sum(translate_with_base().tokens)}
