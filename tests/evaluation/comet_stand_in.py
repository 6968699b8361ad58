"""Stands in for the package `comet` in an environment of its own. The checkpoint says what to do.

A translation's score is the share of the reference's words that it has.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path


class UnpicklingError(Exception):
    """Named as the error of torch."""


class Model:
    def __init__(self, checkpoint: Path, behaviour: str):
        self.checkpoint, self.behaviour = checkpoint, behaviour
        self.hparams = {"input_segments": ["mt", "src", "ref"]} if behaviour == "unified" else {}

    def requires_references(self) -> bool:
        return self.behaviour not in ("without references", "unified")

    def predict(self, samples, *, batch_size, gpus, num_workers, progress_bar):
        with open(self.checkpoint.with_name("seen.jsonl"), "a") as file:
            file.writelines(json.dumps(sample) + "\n" for sample in samples)
        if self.behaviour == "dies while it scores":
            print("Last words.", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.behaviour == "hangs":
            self.checkpoint.with_name("pid").write_text(str(os.getpid()))
            time.sleep(600)
        scores = [float("nan") if self.behaviour == "nan" else share(s) for s in samples]
        return {"scores": scores}


def share(sample) -> float:
    reference, words = sample["ref"].split(), sample["mt"].split()
    return sum(word in words for word in reference) / len(reference)


def load_from_checkpoint(path: str) -> Model:
    checkpoint = Path(path)
    behaviour = checkpoint.read_text()
    print("Libraries print whatever they like.")
    if behaviour == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if behaviour == "has no memory":
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 GB")
    if behaviour == "harmful":
        raise UnpicklingError(
            "Weights only load failed.\n\tUnsupported global: GLOBAL posix.mkdir was not allowed"
        )
    if behaviour == "broken":
        raise KeyError("state_dict")
    if behaviour == "names its file":
        raise OSError(f"{checkpoint} cannot be read")
    if behaviour == "lacks a module":
        import a_module_that_nobody_has  # noqa: F401
    if behaviour == "shows its environment":
        checkpoint.with_name("environment.json").write_text(json.dumps(dict(os.environ)))
    return Model(checkpoint, behaviour)
