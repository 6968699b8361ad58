"""The files that a Job gets: everything that its run needs, and no path of this machine."""

import json

from lora_demo.checkpoints.adapter_files import WEIGHTS, find_adapter
from lora_demo.checkpoints.base import find_config
from lora_demo.hub.job_files import collect_files
from lora_demo.training.config import TrainConfig
from lora_demo.training.parent import complete_settings, find_copy
from lora_demo.training.runs import create


def test_a_job_gets_the_copy_of_the_parent_and_the_files_of_pairs(tmp_path):
    files = {name: tmp_path / f"{name}.tsv" for name in ("own", "general")}
    for path in files.values():
        path.write_text("de\ten\nHallo.\tHello.\nDanke.\tThanks.\n")
    values = {
        "data": str(files["own"]),
        "replay_data": str(files["general"]),
        "parent": "mini-r8",
        "replay": 0.25,
        "steps": 1,
    }
    run = create(TrainConfig(**complete_settings(values, find_config("mini"))), tmp_path / "runs")
    sent = collect_files(run)
    settings = json.loads(sent[f"{run.id}/run.json"])
    assert settings["data"] == "run/pairs.tsv"
    assert settings["replay_data"] == "run/replayed.tsv"
    assert sent[f"{run.id}/pairs.tsv"] == files["own"]
    assert sent[f"{run.id}/replayed.tsv"] == files["general"]
    weights = sent[f"{run.id}/parent/mini-r8/{WEIGHTS}"]
    assert weights == find_copy(run.folder) / WEIGHTS
    assert weights.read_bytes() == (find_adapter("mini-r8") / WEIGHTS).read_bytes()
    assert str(tmp_path) not in json.dumps(settings)
