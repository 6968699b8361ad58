"""Data sets from the Hub: streamed, with found or named columns, and one sentence per fault."""

import io
import json
import os
import subprocess
import sys

import pytest

from lora_demo.data.sources import CORPUS
from tests.hub.server import Hub, serve

WMT_README = """---
dataset_info:
- config_name: de-en
  features:
  - name: translation
    dtype:
      translation:
        languages:
        - de
        - en
  splits:
  - name: train
    num_bytes: 1000
    num_examples: 1000
configs:
- config_name: de-en
  data_files:
  - split: train
    path: de-en/train-*
---
"""
GOOD = (
    "wmt/wmt16:de-en:train[:10%]",
    "wmt/wmt16:de-en:train[:60]",
    "ada/pairs::train:right,left",
    "ada/mixed::train",
    "ada/sides::train",
)
BAD = {
    "wmt/wmt16:xx:train": "de-en",
    "wmt/wmt16:de-en:nosplit": "train",
    "wmt/wmt16:de-en:train[5:]": "train[:5000]",
    "ada/pairs::train": "train:german,english",
    "ada/mixed::train[:10%]": "train[:5000]",
    "ada/script::train": "is not run here",
    "ada/none::train": "Check its name",
    "ada/broken::train": "cannot be read",
    "ada/passwd::train": "cannot be re",
    "ada/elsewhere::train": "cannot be re",
}
SCRIPT = """
import json, sys
from lora_demo.data.sources import load_dataset
answers = {}
for source in sys.argv[1:]:
    try:
        data = load_dataset(source)
        answers[source] = [len(data.train), len(data.eval), data.train[0]]
    except ValueError as error:
        answers[source] = str(error)
print(json.dumps(answers))
"""


def hub_with_data() -> Hub:
    import pyarrow as pa
    from pyarrow import parquet

    hub, buffer = Hub(), io.BytesIO()
    parquet.write_table(
        pa.Table.from_pylist(
            [{"translation": {"de": f"Satz {i}", "en": f"Sentence {i}"}} for i in range(1000)]
        ),
        buffer,
    )

    def lines(*names):
        return "".join(
            json.dumps({names[0]: f"Satz {i}", names[1]: f"Sentence {i}", "id": i}) + "\n"
            for i in range(50)
        ).encode()

    hub.add(
        "wmt/wmt16",
        {"README.md": WMT_README.encode(), "de-en/train-00000-of-00001.parquet": buffer.getvalue()},
        "dataset",
    )
    hub.add("ada/pairs", {"train.jsonl": lines("left", "right")}, "dataset")
    hub.add("ada/sides", {"train.jsonl": lines("de_side", "en_side")}, "dataset")
    hub.add("ada/mixed", {"train.jsonl": lines("German", "English")}, "dataset")
    hub.add(
        "ada/script",
        {"script.py": b"import os; os._exit(9)", "train.jsonl": lines("de", "en")},
        "dataset",
    )

    def card(file):
        return f"---\nconfigs:\n- config_name: default\n  data_files: {file}\n---\n".encode()

    hub.add(
        "ada/passwd",
        {"README.md": card(CORPUS / "everyday" / "test.tsv"), "train.jsonl": lines("de", "en")},
        "dataset",
    )
    hub.add(
        "ada/elsewhere",
        {"README.md": card("http://127.0.0.1:9/x.jsonl"), "train.jsonl": lines("de", "en")},
        "dataset",
    )
    hub.add("ada/broken", {"train.jsonl": b"{not json"}, "dataset")
    return hub


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict:
    """The result of each source, read in one process as the app does: without its owner's token."""
    with serve(hub_with_data()) as hub:
        environment = os.environ | {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path_factory.mktemp("home")),
            "HF_TOKEN": "hf_writer",
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        }
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *GOOD, *BAD, "ada/pairs::train:left,right"],
            env=environment,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    assert not any(authorized for _, _, authorized in hub.requests)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("wmt/wmt16:de-en:train[:10%]", 100),
        ("wmt/wmt16:de-en:train[:60]", 60),
        ("ada/pairs::train:left,right", 50),
        ("ada/mixed::train", 50),
        ("ada/sides::train", 50),
    ],
)
def test_data_sets_are_read_from_the_hub(answers, source, count):
    train, held_out, first = answers[source]
    assert train + held_out == count
    assert first[0].startswith("Satz")
    assert first[1].startswith("Sentence")


def test_named_columns_are_used_in_the_given_order(answers):
    assert answers["ada/pairs::train:right,left"][2][0].startswith("Sentence")


@pytest.mark.parametrize(("source", "word"), BAD.items())
def test_an_unreadable_data_set_gives_one_sentence(answers, source, word):
    assert isinstance(answers[source], str)
    assert word in answers[source]
    assert "\n" not in answers[source]
