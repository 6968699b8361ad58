"""The README's command for FLAN-T5: three ranks, killed and repeated, on a Hub of this machine."""

import io
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import save_file

from lora_demo.checkpoints.names import expected_tensors
from lora_demo.data.pairs import read_file
from lora_demo.data.sources import CORPUS
from lora_demo.model.config import T5Config
from tests.hub.conftest import files_of
from tests.hub.server import Hub, serve
from tests.hub.test_commands import command
from tests.hub.test_datasets import WMT_README

FLAN = "google/flan-t5-small"
TEST_SPLIT = "  - name: test\n    num_bytes: 100\n    num_examples: 8\n"
TEST_FILES = "  - split: test\n    path: de-en/test-*\n"
SHORT = ("--steps", 3, "--batch-size", 4, "--max-length", 24)


@pytest.fixture(scope="module")
def flan_hub(small_base):
    """A Hub with a base of FLAN-T5's shape and a small WMT16."""
    config = T5Config(400, 32, 64, 48, 1, 1, 6)
    random = np.random.default_rng(0)
    files = files_of(small_base) | {"config.json": json.dumps(config.to_json()).encode()}
    tensors = {
        name: random.normal(0, 0.05, shape).astype("float32")
        for name, (_, shape) in expected_tensors(config).items()
    }
    assert not config.tie_word_embeddings and "lm_head.weight" in tensors
    path = small_base.parent / "flan.safetensors"
    save_file(tensors, path, {"format": "pt"})
    files["model.safetensors"] = path.read_bytes()
    hub = Hub()
    hub.add(FLAN, files)
    hub.add("wmt/wmt16", _wmt_files(), "dataset")
    with serve(hub):
        yield hub


def _wmt_files() -> dict[str, bytes]:
    import pyarrow as pa
    from pyarrow import parquet

    pairs = read_file(CORPUS / "recipes" / "train.tsv", 1008)
    readme = WMT_README.replace("configs:\n", TEST_SPLIT + "configs:\n") + "---\n"
    readme = readme.replace("---\n---\n", TEST_FILES + "---\n")
    files = {"README.md": readme.encode()}
    for split, part in (("train", pairs[:1000]), ("test", pairs[1000:])):
        buffer = io.BytesIO()
        rows = [{"translation": {"de": de, "en": en}} for de, en in part]
        parquet.write_table(pa.Table.from_pylist(rows), buffer)
        files[f"de-en/{split}-00000-of-00001.parquet"] = buffer.getvalue()
    return files


def test_three_ranks_survive_a_kill_and_are_measured_on_newstest(flan_hub, tmp_path):
    home, folder = {"HF_HOME": str(tmp_path / "home")}, tmp_path / "flan"
    train = ("train", "--base", FLAN, "--data", "wmt/wmt16:de-en:train[:2%]", "--ranks", 4, 8, 16)
    arguments = (*train, *SHORT, "--output", folder, "--json")
    _kill_at(flan_hub, arguments, folder / "r8" / "run.json", home)
    assert (folder / "r4" / "adapter" / "README.md").is_file()

    done = command(flan_hub, *arguments, **home)
    assert done.returncode == 0, done.stderr
    assert "rank 4: already trained" in done.stderr
    document = json.loads(done.stdout)
    rows = document["table"]["rows"]
    assert document["table"]["test"] == "wmt/wmt16:de-en:test"
    assert document["table"]["n"] == 8
    assert [row["rank"] for row in rows] == [None, 4, 8, 16]
    assert all(row["against_base"]["bleu_p"] <= 1 for row in rows[1:])
    weights = [path for _, path, _ in flan_hub.requests if path.startswith("/cdn/")]
    assert len([path for path in weights if "model.safetensors" in path]) <= 1, weights
    for rank in (4, 8, 16):
        card = (folder / f"r{rank}" / "adapter" / "README.md").read_text()
        assert "wmt/wmt16:de-en:test" in card
        assert f": rank {rank}, alpha" in card


def _kill_at(hub, arguments, file, home):
    """Start a command and kill it once a file exists."""
    import os

    clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "lora_demo", *map(str, arguments)],
        env=clean | {"HF_ENDPOINT": hub.url, "HF_TOKEN": "hf_writer"} | home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not file.exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    errors = process.communicate()[1]
    assert file.exists(), errors


def test_an_unknown_test_set_is_refused_before_training(flan_hub, tmp_path):
    home = {"HF_HOME": str(tmp_path / "home")}
    arguments = ("train", "--base", FLAN, "--data", "wmt/wmt16:de-en:train[:2%]", "--ranks", 4)
    bad = ("--test", "wmt/wmt16:de-en:none", "--output", tmp_path / "flan")
    refused = command(flan_hub, *arguments, *SHORT, *bad, **home)
    assert refused.returncode == 2 and "none" in refused.stderr.splitlines()[-1]
    assert not (tmp_path / "flan").exists()
