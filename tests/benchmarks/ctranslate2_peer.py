"""CTranslate2 as a contender, with the checkpoint converted by its own converter."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import ctranslate2

from lora_demo.checkpoints.base import Base, find_base
from tests.benchmarks.workload import Workload


@dataclass(frozen=True)
class Peer:
    """A translator of CTranslate2, and its names for our token ids."""

    translator: ctranslate2.Translator
    names: list[str]


def decode(work: Workload):
    """Greedy or beam search in the workload's `compute_type`; computes the ids."""
    peer = open_peer(
        find_base(work.path("base")), Path(work.path("ctranslate2")), work.compute_type
    )

    def run():
        return translate_rows(peer, work.sources, work.num_beams, work.tokens)

    return run(), lambda: {"tokens": sum(map(len, run()))}


def open_peer(base: Base, folder: Path, compute_type: str) -> Peer:
    """Convert a base into a folder, unless that is done already, and load it."""
    if not folder.is_dir():
        scales = str(base.config.scale_decoder_outputs)
        # Another process, so that its memory is not counted as decoding's.
        command = [sys.executable, "-m", __name__, str(base.folder), str(folder), scales]
        subprocess.run(command, check=True)
    names = json.loads((folder / "shared_vocabulary.json").read_text(encoding="utf-8"))
    threads = len(os.sched_getaffinity(0))
    translator = ctranslate2.Translator(
        str(folder), compute_type=compute_type, intra_threads=threads
    )
    return Peer(translator, names)


def translate_rows(peer: Peer, rows: list[list[int]], beams: int, tokens: int) -> list[list[int]]:
    """Translate rows of token ids."""
    ids = {name: i for i, name in enumerate(peer.names)}
    sources = [[peer.names[i] for i in row] for row in rows]
    results = peer.translator.translate_batch(sources, beam_size=beams, max_decoding_length=tokens)
    return [[ids[name] for name in result.hypotheses[0]] for result in results]


def convert(checkpoint: str, folder: Path, scales_outputs: bool):
    """Convert with ids as the names of tokens: the converter could add names that exist already."""
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):
        def load_model(self, *arguments, **settings):
            model = super().load_model(*arguments, **settings)
            # transformers 5 says True of every T5, and the converter would scale all logits.
            model.config.tie_word_embeddings = scales_outputs
            return model

    Converter(checkpoint).convert(str(folder))
    vocabulary = folder / "shared_vocabulary.json"
    names = json.loads(vocabulary.read_text(encoding="utf-8"))
    vocabulary.write_text(
        json.dumps(names[:3] + [str(i) for i in range(3, len(names))]), encoding="utf-8"
    )


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "True")
