"""PEFT and transformers as contenders, on torch."""

from itertools import chain, repeat

import torch
from transformers import T5ForConditionalGeneration

from tests.benchmarks.workload import LEARNING_RATE, STEPS, Workload


def train(work: Workload):
    """Steps on one batch; computes the first three losses."""
    ids, labels = (torch.tensor(array).long() for array in work.batch)
    step = _stepper(_peft_model(work), LEARNING_RATE)
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}
    return [step(batch) for _ in range(3)], lambda: {
        "loss": step(batch),
        "tokens": ids.numel() + labels.numel(),
    }


def train_pairs(work: Workload):
    """Train on shuffled real pairs, padded per batch; return the base's loss on held-out pairs."""
    from transformers import AutoTokenizer, DataCollatorForSeq2Seq

    from lora_demo.data.sources import load_dataset

    model = _peft_model(work)
    tokenizer = AutoTokenizer.from_pretrained(work.path("base"))
    data = load_dataset(work.pairs)

    def load(pairs, **how):
        return torch.utils.data.DataLoader(
            _examples(work, pairs),
            batch_size=work.rows,
            collate_fn=DataCollatorForSeq2Seq(tokenizer, model=model),
            **how,
        )

    held_out = data.eval[:: -(-len(data.eval) // 200)]  # as a run of ours spreads its 200
    loss = _loss(model, load(held_out))
    batches = chain.from_iterable(repeat(load(data.train, shuffle=True)))
    step = _stepper(model, 1e-6)

    def run():
        tokens = 0
        for _ in range(STEPS):
            batch = next(batches)
            step(batch)
            tokens += int(batch["attention_mask"].sum() + (batch["labels"] != -100).sum())
        return {"tokens": tokens}

    run()
    return [loss], run


def decode(work: Workload):
    """transformers' `generate`, greedy or beam search; computes the ids."""
    model = _load(work).eval()
    ids = torch.tensor(work.sources)
    settings = {
        "attention_mask": torch.ones_like(ids),
        "max_new_tokens": work.tokens,
        "num_beams": work.num_beams,
        "do_sample": False,
    }

    def run():
        with torch.inference_mode():
            return model.generate(ids, **settings)[:, 1:].tolist()

    return run(), lambda: {"tokens": sum(map(len, run()))}


def _load(work: Workload):
    return T5ForConditionalGeneration.from_pretrained(work.path("base"), dropout_rate=0.0)


def _peft_model(work: Workload):
    from peft import PeftModel

    model = _load(work).to(getattr(torch, work.compute_type))
    return PeftModel.from_pretrained(model, work.path("start"), is_trainable=True).train()


def _stepper(model, learning_rate: float):
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=learning_rate, eps=1e-7, weight_decay=0.0)

    def step(batch) -> float:
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def _loss(model, batches) -> float:
    total = count = 0
    with torch.inference_mode():
        for batch in batches:
            targets = int((batch["labels"] != -100).sum())
            total, count = total + model(**batch).loss.item() * targets, count + targets
    return total / count


def _examples(work: Workload, pairs):
    from pathlib import Path

    from lora_demo.checkpoints.tokenizer import Tokenizer
    from lora_demo.data.encoding import encode_pairs

    examples = encode_pairs(Tokenizer(Path(work.path("base"))), pairs, max_length=128)
    return [
        {"input_ids": e.source, "attention_mask": [1] * len(e.source), "labels": e.target}
        for e in examples
    ]
