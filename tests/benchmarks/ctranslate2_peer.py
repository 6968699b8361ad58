"""CTranslate2 as a contender, with the checkpoint converted by its own converter."""

import json
import os
import subprocess
import sys
from pathlib import Path

import ctranslate2

from tests.benchmarks.workload import Workload


def decode(work: Workload):
    """Greedy or beam search in the workload's `compute_type`; computes the ids."""
    folder = Path(work.path("ctranslate2"))
    if not folder.is_dir():
        subprocess.run(
            [sys.executable, "-m", __name__, work.path("base"), str(folder)], check=True
        )  # its memory is not decoding's
    names = json.loads((folder / "shared_vocabulary.json").read_text(encoding="utf-8"))
    ids = {name: i for i, name in enumerate(names)}
    translator = ctranslate2.Translator(
        str(folder), compute_type=work.compute_type, intra_threads=len(os.sched_getaffinity(0))
    )
    sources = [[names[i] for i in row] for row in work.sources]

    def run():
        results = translator.translate_batch(
            sources, beam_size=work.num_beams, max_decoding_length=work.tokens
        )
        return [[ids[name] for name in result.hypotheses[0]] for result in results]

    return run(), lambda: {"tokens": sum(map(len, run()))}


def convert(checkpoint: str, folder: Path):
    """Convert with ids as the names of tokens: the converter could add names that exist already."""
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):
        def load_model(self, *arguments, **settings):
            model = super().load_model(*arguments, **settings)
            model.config.tie_word_embeddings = (
                False  # transformers 5 says True of every T5, and logits would be scaled
            )
            return model

    Converter(checkpoint).convert(str(folder))
    vocabulary = folder / "shared_vocabulary.json"
    names = json.loads(vocabulary.read_text(encoding="utf-8"))
    vocabulary.write_text(
        json.dumps(names[:3] + [str(i) for i in range(3, len(names))]), encoding="utf-8"
    )


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]))
