"""Score `mini` and its adapters in float32, in int8, and in CTranslate2's int8.

`python -m tests.benchmarks.int8_quality --data pairs.tsv --split test --pairs 1000` prints one
table for each adapter: BLEU and chrF with p-values against float32.
"""

import argparse
import json
import tempfile
from importlib.util import find_spec
from pathlib import Path

from lora_demo.checkpoints.adapter_files import shipped
from lora_demo.checkpoints.adapters import read_adapter
from lora_demo.checkpoints.base import find_base
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.evaluation.config import NO_MODEL, EvaluationConfig
from lora_demo.evaluation.evaluate import evaluate
from lora_demo.evaluation.events import Done
from lora_demo.evaluation.report.serialisation import summary
from lora_demo.evaluation.sets import load_set
from lora_demo.translation_request import encode_sources
from lora_demo.translator import Translator

PRECISIONS = ("float32", "int8")
MAX_NEW_TOKENS = 128


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default="builtin:everyday", help="the set (%(default)s)")
    parser.add_argument("--split", default="test", help="its part (%(default)s)")
    parser.add_argument("--pairs", type=int, default=1000, help="its size (%(default)s)")
    flags = parser.parse_args()
    sources = load_set(flags.data, flags.split, max_pairs=flags.pairs).sources
    translators = {name: Translator("mini", name) for name in PRECISIONS}
    for folder in (None, *shipped()):
        with tempfile.TemporaryDirectory() as place:
            outputs = {
                name: _translate(translator, sources, folder)
                for name, translator in translators.items()
            }
            if find_spec("ctranslate2"):
                translator = translators["float32"]
                outputs["CTranslate2 int8"] = _peer(translator, sources, folder, Path(place))
            scores = _score(outputs, flags, Path(place))
        print(json.dumps({"adapter": folder.name if folder else None, "systems": scores}))


def _translate(translator: Translator, sources: list[str], folder: Path | None) -> list[str]:
    adapters = [folder] if folder else []
    (column,) = translator.compare(
        sources, adapters, only=len(adapters), max_new_tokens=MAX_NEW_TOKENS
    )
    return column.texts


def _peer(translator: Translator, sources: list[str], folder: Path | None, place: Path):
    """Translate with CTranslate2, from the base or from a checkpoint with the adapter merged."""
    from tests.benchmarks.ctranslate2_peer import open_peer, translate_rows

    checkpoint = translator.base.folder
    if folder:
        checkpoint = place / "merged"
        merge_adapter(translator.base, read_adapter(folder, translator.base.config), checkpoint)
    peer = open_peer(find_base(str(checkpoint)), place / "ctranslate2", "int8")
    rows = encode_sources(sources, translator.tokenizer.encode).rows
    return translator.tokenizer.decode(translate_rows(peer, rows, 1, MAX_NEW_TOKENS))


def _score(outputs: dict[str, list[str]], flags: argparse.Namespace, place: Path) -> list[dict]:
    files = []
    for name, texts in outputs.items():
        file = place / f"{name}.txt"
        file.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        files.append((name, file))
    config = EvaluationConfig(
        base=NO_MODEL,
        data=flags.data,
        split=flags.split,
        outputs=tuple(files),
        max_pairs=flags.pairs,
    )
    (done,) = [event for event in evaluate(config) if isinstance(event, Done)]
    return summary(done.evaluation)["systems"]


if __name__ == "__main__":
    main()
