"""The work of a task, made once for all contenders: checkpoint, adapters, batch and sources."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.adapter_config import peft_config
from lora_demo.checkpoints.adapters import read_adapter, write_adapter
from lora_demo.checkpoints.base import find_base, save_checkpoint
from lora_demo.checkpoints.merging import merge_adapter
from lora_demo.model.config import FLAN_T5, T5Config
from lora_demo.model.parameters import is_target
from lora_demo.model.shapes import dense_shapes, weight_shapes

GEOMETRIES = {
    "tiny": T5Config(32128, 64, 16, 96, 2, 2, 4),
    "small": FLAN_T5["google/flan-t5-small"],
    "base": FLAN_T5["google/flan-t5-base"],
}
RANKS = (4, 8, 16)
LEARNING_RATE = 1e-3
STEPS = 8
"""Updates in a round of the task with real pairs."""


@dataclass(frozen=True)
class Workload:
    """The settings of one task; a process gets them as JSON.

    Args:
        folder: The folder of the checkpoint and the adapters.
        pairs: The source of the pairs, as `load_dataset` takes it.
        rows: Number of rows in a batch.
        length: Number of tokens in each source and in each target.
        tokens: Number of tokens to decode.
        num_beams: 1 for greedy search.
        compute_type: The type that CTranslate2 computes in.
    """

    folder: str
    pairs: str = "builtin"
    rows: int = 1
    length: int = 48
    tokens: int = 32
    num_beams: int = 1
    compute_type: str = "float32"

    def path(self, name: str) -> str:
        """Return a folder: `base`, `merged`, an adapter such as `r8`, or `start` for training."""
        return str(Path(self.folder) / name)

    @property
    def sources(self) -> list[list[int]]:
        """Random rows (B, S) that end in the end token."""
        return [[*row, 1] for row in _ids(self.rows, self.length - 1, seed=1)]

    @property
    def batch(self) -> tuple[np.ndarray, np.ndarray]:
        """Sources (B, S) and labels (B, T), all of them real tokens, int32."""
        return np.array(self.sources, "int32"), np.array(
            _ids(self.rows, self.length, seed=2), "int32"
        )

    def texts(self) -> list[str]:
        """German sentences, one a row."""
        from lora_demo.data.sources import load_dataset

        return [de for de, _ in load_dataset(self.pairs).eval[: self.rows]]


def _ids(rows: int, length: int, seed: int) -> list[list[int]]:
    return np.random.default_rng(seed).integers(200, 2000, (rows, length)).tolist()


def prepare(folder: Path, config: T5Config, tokenizer: Path):
    """Write a random checkpoint that never chooses to end, adapters, and one merged checkpoint."""
    generator = np.random.default_rng(0)
    weights = {
        path: _random(generator, path, shape) for path, shape in weight_shapes(config).items()
    }
    weights["lm_head"][[config.pad_token_id, config.eos_token_id]] = 0
    save_checkpoint(folder / "base", config, weights, tokenizer)
    for name, r in {"start": 8, **{f"r{r}": r for r in RANKS}}.items():
        _write_random_adapter(folder / name, config, r, zero=name == "start")
    base = find_base(str(folder / "base"))
    merge_adapter(base, read_adapter(folder / "r8", config), folder / "merged")


def _random(generator, path: str, shape: tuple[int, ...]) -> np.ndarray:
    if len(shape) == 1:
        return np.ones(shape, "float32")
    deviation = (
        1.0 if path == "shared" or path.endswith("relative_attention_bias") else shape[1] ** -0.5
    )
    deviation *= 64**-0.5 if path.endswith(".q") else 1.0  # T5 does not scale its scores
    return generator.standard_normal(shape, "float32") * np.float32(deviation)


def _write_random_adapter(folder: Path, config: T5Config, r: int, zero: bool):
    # First, since it makes TensorFlow's import quiet.
    from lora_demo.model import backend  # noqa: F401
    from lora_demo.model.lora_config import LoraConfig

    generator, lora = np.random.default_rng(r), LoraConfig(r, 2 * r)

    def pair(d_in, d_out):
        return (
            generator.uniform(-1, 1, (d_in, r)) * d_in**-0.5,
            generator.standard_normal((r, d_out)) * (0.0 if zero else 0.1),
        )

    matrices = {
        path: pair(*shape)
        for path, shape in dense_shapes(config).items()
        if is_target(path, lora.target_modules)
    }
    write_adapter(folder, matrices, peft_config(lora, "random", None), {}, "")


def products_per_token(config: T5Config) -> dict[str, int]:
    """Count weights that multiply each source and each target token, at 2 FLOP forward each.

    The products of attention are not counted.
    """
    sizes = {path: d_in * d_out for path, (d_in, d_out) in dense_shapes(config).items()}

    def on_source(path):
        return path.startswith("encoder") or path.endswith(
            ("EncDecAttention.k", "EncDecAttention.v")
        )

    source = sum(size for path, size in sizes.items() if on_source(path))
    return {
        "source": source,
        "target": sum(sizes.values()) - source + config.d_model * config.vocab_size,
    }
