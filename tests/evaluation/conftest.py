"""Small sets of our own, and a translator that needs no model."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import write_adapter
from lora_demo.checkpoints.base import Base
from lora_demo.data.encoding import PREFIX
from lora_demo.data.sources import load_dataset
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import is_target
from lora_demo.model.shapes import dense_shapes

GERMAN = [
    "Der Hund schläft.",
    "Die Katze trinkt Milch.",
    "Morgen regnet es im Norden.",
    "Wir fahren am Samstag nach Bremen.",
    "Das ist „gut“, oder?",
    "Er hat das Brot nicht gekauft.",
    "Der Zug kommt um 8 Uhr an.",
    "Ich weiß es nicht.",
]
ENGLISH = [
    "The dog is asleep.",
    "The cat drinks milk.",
    "Tomorrow it will rain in the north.",
    "We are going to Bremen on Saturday.",
    "That is “good”, isn't it?",
    "He did not buy the bread.",
    "The train arrives at 8 o'clock.",
    "I do not know.",
]
SECOND = [
    "The dog sleeps.",
    "The cat is drinking milk.",
    "Rain tomorrow in the north.",
    "On Saturday we drive to Bremen.",
    'This is "good", right?',
    "He has not bought the bread.",
    "The train gets in at 8.",
    "I don't know.",
]
WEAK = [
    "The dog sleep.",
    "Cat drinks the milk.",
    "Morning it rains north.",
    "We drive on Saturday after Bremen.",
    "That is „good“, or?",
    "He has the bread not bought.",
    "The train comes at 8 clock.",
    "I white it not.",
]
STRONG = [
    "The dog is sleeping.",
    "The cat drinks milk.",
    "Tomorrow it will rain in the north.",
    "We are driving to Bremen on Saturday.",
    "That is “good”, isn't it?",
    "He did not buy bread.",
    "The train arrives at 8.",
    "I do not know.",
]
CONFIG = T5Config(400, 32, 8, 48, 2, 2, 3)


def write_lines(path: Path, lines) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path) -> SimpleNamespace:
    """The set above five times, as files: a table, references and two systems' outputs."""

    def lines(texts):
        return [text for k in range(5) for text in texts[k:] + texts[:k]]

    pairs = zip(lines(GERMAN), lines(ENGLISH), strict=True)
    table = tmp_path / "set.tsv"
    table.write_text(
        "de\ten\n" + "".join(f"{de}\t{en}\n" for de, en in pairs),
        encoding="utf-8",
    )
    named = {"german": GERMAN, "english": ENGLISH, "second": SECOND, "weak": WEAK, "strong": STRONG}
    return SimpleNamespace(
        table=table,
        folder=tmp_path,
        **{
            name: write_lines(tmp_path / f"{name}.txt", lines(texts))
            for name, texts in named.items()
        },
    )


class FakeTranslator:
    """Translates the sentences of a data set, the base without the first word; counts calls."""

    def __init__(self, pairs, folder: Path):
        self.known, self.calls, self.asked = dict(pairs), [], set()
        self.base = Base("fake", folder, CONFIG)
        self.precision = "float32"
        self.tokenizer = SimpleNamespace(
            encode=lambda texts: [[*text.removeprefix(PREFIX).split(), "</s>"] for text in texts]
        )

    def compare(self, texts, adapters=(), *, num_beams=1, only=None, **_):
        self.calls.append(list(texts))
        self.asked.add((tuple(adapters), only))
        full = [self.known.get(text, f"<{text}>") for text in texts]
        cut = [text.partition(" ")[2] for text in full]
        columns = [SimpleNamespace(texts=cut), *(SimpleNamespace(texts=full) for _ in adapters)]
        return columns if only is None else [columns[only]]


@pytest.fixture
def weather():
    """The built-in weather corpus."""
    return load_dataset("builtin:weather")


@pytest.fixture
def translator(weather, tmp_path) -> FakeTranslator:
    return FakeTranslator(weather.train + weather.eval + weather.test, tmp_path)


@pytest.fixture
def adapter(weather, tmp_path) -> Path:
    """An adapter folder whose manifest says that it was trained on the built-in weather corpus."""
    matrices = {
        path: (np.ones((shape[0], 2), "float32"), np.zeros((2, shape[1]), "float32"))
        for path, shape in dense_shapes(CONFIG).items()
        if is_target(path, ("q", "v"))
    }
    lora = SimpleNamespace(
        r=2,
        lora_alpha=4.0,
        lora_dropout=0.0,
        target_modules=("q", "v"),
        use_rslora=False,
        use_dora=False,
    )
    manifest = {
        "format": 1,
        "name": "weather-r2",
        "data": {"source": "builtin:weather", "sha256": weather.sha256},
        "config": {"seed": 0, "max_pairs": None},
    }
    write_adapter(
        tmp_path / "run" / "adapter",
        matrices,
        peft_config(lora, "fake", None),
        manifest,
        "---\nlibrary_name: peft\n---\n\n# weather-r2\n\nSo good.\n\n## Limits\n\nMany.\n",
    )
    return tmp_path / "run" / "adapter"
