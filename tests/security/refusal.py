"""What a refusal is (a ValueError of one line, in bounded time), and hostile inputs."""

import json
import signal
import struct
from contextlib import contextmanager

import numpy as np

from lora_demo.checkpoints.names import adapter_names
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import dense_shapes

SECONDS = 60
"""Far above what any case takes, far below what an attack on a weak reader takes."""
MOST_WORDS = 3000
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


@contextmanager
def bounded():
    """Ends what takes far too long."""

    def give_up(*_):
        raise TimeoutError(f"more than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(call, *values, **named):
    """What the call gives; None if it refused in one clear line. Anything else is raised on."""
    with bounded():
        try:
            return call(*values, **named)
        except ValueError as error:
            said = str(error)
            if (
                type(error) is not ValueError
                or not said.strip()
                or "\n" in said
                or "\r" in said
                or len(said) > MOST_WORDS
            ):
                raise AssertionError(
                    f"no clear line: {type(error).__name__}: {said[:500]!r}"
                ) from error
            return None


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


def sound_header() -> dict:
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


HEADER = sound_header()
BODY = max(entry["data_offsets"][1] for name, entry in HEADER.items() if name != "__metadata__")
SOUND = (
    struct.pack("<Q", len(as_json(HEADER)))
    + as_json(HEADER)
    + np.full(BODY // 4, 0.1, "<f4").tobytes()
)
