"""Samples for the tests of security: hostile texts and numbers, a sound adapter, a run's events."""

import json
import shutil
import struct
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.names import adapter_names
from lora_demo.model.config import T5Config
from lora_demo.model.shapes import dense_shapes

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>' &amp; \u202etxt.exe"
IDS = [
    "", " ", ".", "..", "../../etc/passwd", "/etc/passwd", "~/.ssh/id_rsa", "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data/", "//evil/x", "\\\\evil\\x", "C:\\x",
    "a/b", "owner/name", "owner/name:c:train", "a/../b:c:d", "upload:../x.tsv", "upload:x.tsv",
    "builtin:..", "run-..", "x\0y", "x\ny", "$(id)", "`id`", "; rm -rf ~", "--output",
    "%2e%2e%2f", HOSTILE,
    "\ud800", "\u202e", "é" * 300, "a" * 300, "x" * 100_000, "𝒜" * 64, "１２", "nan", "-0",
    "1e999", "{}", "[]",
]  # fmt: skip
NUMBERS = [
    0,
    -1,
    1,
    8,
    2**31,
    2**63,
    -(2**63),
    10**30,
    10**400,
    0.5,
    1e308,
    -1e308,
    5e-324,
    float("nan"),
    float("inf"),
    float("-inf"),
    True,
]


def as_json(document) -> bytes:
    return json.dumps(document).encode("utf-8", "replace")


CONFIG = T5Config(400, 32, 8, 48, 2, 2, 3)
SITES = [site for site in dense_shapes(CONFIG) if site.endswith((".q", ".v"))]
SETTINGS = {
    "peft_type": "LORA",
    "r": 2,
    "lora_alpha": 4,
    "target_modules": ["q", "v"],
    "bias": "none",
    "rank_pattern": {},
    "base_model_name_or_path": "mini",
}


def make_header() -> dict:
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for site in SITES:
        for name, shape in zip(
            adapter_names(site),
            ((2, dense_shapes(CONFIG)[site][0]), (dense_shapes(CONFIG)[site][1], 2)),
            strict=False,
        ):
            header[name] = {
                "dtype": "F32",
                "shape": list(shape),
                "data_offsets": [at, at := at + 4 * shape[0] * shape[1]],
            }
    return header


HEADER = make_header()
BODY = max(entry["data_offsets"][1] for name, entry in HEADER.items() if name != "__metadata__")
SOUND = (
    struct.pack("<Q", len(as_json(HEADER)))
    + as_json(HEADER)
    + np.full(BODY // 4, 0.1, "<f4").tobytes()
)

EVENTS = [
    {"time": 1.0, "step": 0, "kind": "begin", "pid": 1},
    {"time": 1.0, "step": 0, "kind": "phase", "phase": "data", "message": HOSTILE},
    {
        "time": 1.0,
        "step": 0,
        "kind": "plan",
        "device": HOSTILE,
        "precision": "float32",
        "train_pairs": 9,
        "eval_pairs": 1,
        "total_steps": 10,
        "eval_every": 1,
        "trainable": 99,
        "percent": 0.1,
        "shape": {"rows": 1, "source": 16, "target": 8},
    },
    {
        "time": 2.0,
        "step": 1,
        "kind": "step",
        "loss": 3.0,
        "learning_rate": 1e-3,
        "tokens_per_second": 9.0,
        "seconds_left": 1.0,
    },
    {
        "time": 3.0,
        "step": 1,
        "kind": "eval",
        "train_loss": 3.0,
        "eval_loss": 2.0,
        "chrf": 9.0,
        "best": True,
        "probes": [{"de": HOSTILE, "reference": HOSTILE, "text": HOSTILE}],
    },
    {"time": 4.0, "step": 1, "kind": "failed", "message": HOSTILE},
    {"time": 4.0, "step": 1, "kind": "resume", "message": "on"},
    {
        "time": 5.0,
        "step": 9,
        "kind": "done",
        "steps": 9,
        "seconds": 9.0,
        "train_loss": 1.0,
        "eval_loss": 1.0,
        "eval_chrf": 9.0,
        "best_step": 1,
        "reason": "finished",
    },
]


def write(folder: Path, contents: dict[str, bytes]) -> Path:
    """Make a folder with these files and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder


def files_under(folder: Path) -> set[str]:
    """List the files and folders under a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
