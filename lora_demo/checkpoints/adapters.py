"""LoRA adapters as PEFT writes them: a folder with `adapter_model.safetensors` and `adapter_config.json`."""

import functools
import math
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lora_demo.checkpoints.base import Base
from lora_demo.checkpoints.names import PEFT_PREFIX, adapter_names, checkpoint_name
from lora_demo.checkpoints.tensors import (
    headers,
    read_index,
    read_json,
    read_tensor,
    write_json,
    write_tensors,
    write_text,
)
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import MAX_RANK, dense_shapes, is_target

WEIGHTS, CONFIG, MANIFEST, CARD = (
    "adapter_model.safetensors",
    "adapter_config.json",
    "manifest.json",
    "README.md",
)
SHIPPED = Path(__file__).parent.parent.parent / "adapters"
MAX_BYTES = 2 * 10**9
MAX_ALPHA = 1e9
MAX_PATTERNS, MAX_WILD = 1000, 50

WILD = re.compile(r"[*+|]")

UNDERSTOOD = frozenset(
    "peft_type task_type base_model_name_or_path revision r lora_alpha lora_dropout target_modules bias use_rslora init_lora_weights rank_pattern alpha_pattern "
    "inference_mode auto_mapping peft_version fan_in_fan_out exclude_modules layers_to_transform layers_pattern megatron_core qalora_group_size runtime_config "
    "loftq_config eva_config corda_config".split()
)
"""Keys of `adapter_config.json` that are read, or that change nothing for a trained adapter; others must be off."""

CHANGES_BASE = ("pissa", "olora", "loftq", "corda")
"""Ways to initialise that alter the base's own weights, so that the adapter alone is not the whole change."""


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter in memory.

    `matrices` maps our path to A (d_in, r), B (r, d_out), both float32, and the scale; ranks may differ between
    matrices, `r` is the config's.
    """

    folder: Path
    r: int
    lora_alpha: float
    targets: tuple[str, ...]
    base_id: str
    matrices: Mapping[str, tuple[np.ndarray, np.ndarray, float]]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""
        return sum(A.size + B.size for A, B, _ in self.matrices.values())


def shipped() -> list[Path]:
    """The adapters that come with the package, by name, the numbers in it as numbers."""
    natural = lambda folder: [
        int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", folder.name)
    ]
    return sorted((path.parent for path in SHIPPED.glob(f"*/{CONFIG}")), key=natural)


def read_adapter(folder: Path, config: T5Config) -> Adapter:
    """Reads an adapter and holds it against a base's geometry.

    Raises:
        ValueError: if the folder is no LoRA adapter that this package can apply exactly, listing every mismatch.
    """
    document = read_config(folder)
    problems = find_problems(folder, config)
    if problems:
        raise ValueError(
            f"The adapter {folder.name} cannot be used with this base: {_listed(problems)}."
        )
    adapted = set(adapted_paths(folder))
    matrices = {
        path: _read_matrix(folder, path, document)
        for path in dense_shapes(config)
        if path in adapted
    }
    poisoned = [
        path
        for path, (A, B, _) in matrices.items()
        if not (np.isfinite(A).all() and np.isfinite(B).all())
    ]
    if poisoned:
        raise ValueError(
            f"The adapter {folder.name} holds NaN or infinite numbers in {_listed(poisoned)}."
        )
    return Adapter(
        folder,
        document["r"],
        document["lora_alpha"],
        targets_of(matrices),
        str(document.get("base_model_name_or_path") or ""),
        matrices,
    )


def read_config(folder: Path) -> dict:
    """The checked `adapter_config.json`.

    Raises:
        ValueError: if there is none, or it asks for something other than plain LoRA; the message names what, and what to do.
    """
    if not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} is no PEFT adapter: it has no {CONFIG}.")
    document = read_json(folder / CONFIG)
    refusals = _refusals(document)
    if refusals:
        raise ValueError(f"The adapter {folder.name} is not plain LoRA: {_listed(refusals)}.")
    return document


def _refusals(document: dict) -> list[str]:
    if document.get("peft_type") != "LORA":
        return [
            f"its peft_type is {str(document.get('peft_type'))[:60]!r}, only LORA is read; merge it into its base with PEFT and use that as --base"
        ]
    said = []
    if document.get("use_dora"):
        said.append(
            "it uses DoRA (use_dora); merge it with PEFT's merge_and_unload and use the result as --base"
        )
    if document.get("modules_to_save"):
        said.append(
            f"it replaces whole modules (modules_to_save {_brief(document['modules_to_save'])}); merge it with PEFT's merge_and_unload and use the result as --base"
        )
    if document.get("bias", "none") != "none" or document.get("lora_bias"):
        said.append(
            f"it trains biases (bias {_brief(document.get('bias'))}), and T5 has none; train it again with bias 'none'"
        )
    if str(document.get("init_lora_weights")).startswith(CHANGES_BASE):
        said.append(
            f"init_lora_weights {_brief(document['init_lora_weights'])} changed its base's weights; convert it to plain LoRA with PEFT's path_initial_model_for_weight_conversion"
        )
    known = UNDERSTOOD | {"use_dora", "modules_to_save", "lora_bias"}
    said += [
        f"it uses {str(key)[:60]!r}, which is not supported here; merge it with PEFT's merge_and_unload"
        for key, value in document.items()
        if key not in known and value
    ]
    return said + _bad_numbers(document)


def _bad_numbers(document: dict) -> list[str]:
    said, r = [], document.get("r")
    if not isinstance(r, int) or isinstance(r, bool) or not 1 <= r <= MAX_RANK:
        said.append(f"r is {_brief(r)}, wanted 1 to {MAX_RANK}")
    if not _is_number(document.get("lora_alpha")):
        said.append(f"lora_alpha is {_brief(document.get('lora_alpha'))}, wanted a number")
    for key in ("rank_pattern", "alpha_pattern"):
        pattern = document.get(key) or {}
        if not isinstance(pattern, dict) or not all(map(_is_number, pattern.values())):
            said.append(f"{key} is no table of numbers")
        elif (
            len(pattern) > MAX_PATTERNS
            or len(WILD.findall(" ".join(pattern))) > MAX_WILD
            or any(map(_unsafe, pattern))
        ):
            said.append(f"{key} has names that are no module names or simple patterns")
    return said


def _is_number(value) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and -MAX_ALPHA <= value <= MAX_ALPHA
    )


def _brief(value) -> str:
    """A stranger's value, short and on one line."""
    return reprlib.repr(value)


def _unsafe(pattern: str) -> bool:
    """Whether a regular expression could take very long: every further quantifier or alternative multiplies the ways to match."""
    if (
        len(pattern) > 200
        or re.search(r"[?{]|\)[*+]|\\[1-9]", pattern)
        or len(WILD.findall(pattern)) > 2
    ):
        return True
    try:
        re.compile(pattern)
    except re.error:
        return True
    return False


def find_problems(folder: Path, config: T5Config) -> list[str]:
    """Everything that keeps the adapter's tensors from fitting a base of this geometry, from the headers alone."""
    document, path = read_config(folder), folder / WEIGHTS
    if not path.is_file():
        pickled = (
            " only adapter_model.bin, a pickle, which could run code; save it again with safe_serialization=True"
            if (folder / "adapter_model.bin").is_file()
            else ""
        )
        return [f"it has no {WEIGHTS}" + ("," + pickled if pickled else "")]
    if path.stat().st_size > MAX_BYTES:
        return [f"{WEIGHTS} is over {MAX_BYTES // 10**9} GB"]
    found, shapes = headers(path), dense_shapes(config)
    expected = {name: site for site in shapes for name in adapter_names(site)}
    problems = [
        f"{name[:120]!r} belongs to no matrix of this base"
        for name in found
        if name not in expected
    ]
    problems += [
        f"{name} is {dtype}, no float"
        for name, (dtype, _) in found.items()
        if name in expected and dtype not in ("F32", "F16", "BF16")
    ]
    sites = {expected[name] for name in found if name in expected} | {
        site for site in shapes if _is_promised(site, document)
    }
    for site in (site for site in shapes if site in sites):
        problems += _misfits(site, shapes[site], found, document)
    return problems or ([] if sites else ["it adapts nothing"])


def _is_promised(site: str, document: dict) -> bool:
    """Whether the config's list of targets says that this matrix is adapted."""
    targets = document.get("target_modules")
    if document.get("layers_to_transform") is not None or document.get("exclude_modules"):
        return False
    return isinstance(targets, list) and is_target(site, [t for t in targets if isinstance(t, str)])


def _misfits(site: str, shape: tuple[int, int], found: dict, document: dict) -> list[str]:
    r, (d_in, d_out) = int(_by_pattern(document.get("rank_pattern"), site, document["r"])), shape
    if not 1 <= r <= MAX_RANK:
        return [f"{site} has rank {r}, wanted 1 to {MAX_RANK}"]
    wanted = dict(zip(adapter_names(site), ((r, d_in), (d_out, r))))
    problems = [f"missing {name}" for name in wanted if name not in found]
    return problems + [
        f"{name} is {found[name][1]}, wanted {shape}"
        for name, shape in wanted.items()
        if name in found and found[name][1] != shape
    ]


def _by_pattern(pattern: dict | None, site: str, default):
    """PEFT's rule: the first key that matches the module's path at its end, at a dot, as a regular expression."""
    return next(
        (value for key, value in (pattern or {}).items() if _compiled(key).match(site)), default
    )


@functools.lru_cache(maxsize=2 * MAX_PATTERNS)
def _compiled(key: str) -> re.Pattern:
    """Kept longer than the library keeps it, since each pattern meets every matrix."""
    return re.compile(rf"(.*\.)?({key})$")


def adapted_paths(folder: Path) -> list[str]:
    """Our paths of the matrices that the adapter's file holds, in the file's order."""
    suffix = ".lora_A.weight"
    return [
        name.removeprefix(PEFT_PREFIX).removesuffix(suffix)
        for name in headers(folder / WEIGHTS)
        if name.endswith(suffix)
    ]


def targets_of(paths) -> tuple[str, ...]:
    """T5's names of the adapted matrices: the ends of their paths, in T5's order."""
    order = ("q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo")
    found = {path.rsplit(".", 1)[1] for path in paths}
    return tuple(name for name in order if name in found)


def _read_matrix(folder: Path, path: str, document: dict) -> tuple[np.ndarray, np.ndarray, float]:
    A, B = (read_tensor(folder / WEIGHTS, name).astype("float32").T for name in adapter_names(path))
    alpha = float(_by_pattern(document.get("alpha_pattern"), path, document["lora_alpha"]))
    r = A.shape[1]
    return A, B, alpha / (math.sqrt(r) if document.get("use_rslora") else r)


def inspect_adapter(folder: Path, base: Base | None, config: T5Config | None = None) -> dict:
    """What an adapter is, whether it fits a base, how far it moves each layer: ||scale A B|| / ||W||, Frobenius.

    Args:
        base: with its weights; None where only the geometry `config` is at hand, when the norms are None.
    Raises:
        ValueError: if the folder is no plain LoRA adapter at all.
    """
    document, config = read_config(folder), base.config if base else config
    problems = find_problems(folder, config)
    adapter = None if problems else read_adapter(folder, config)
    weights = read_index(base.folder) if base and adapter else {}
    layers = [
        {
            "name": path,
            "relative_norm": _relative_norm(
                *matrix, read_tensor(weights[name := checkpoint_name(path)], name)
            )
            if weights
            else None,
        }
        for path, matrix in (adapter.matrices if adapter else {}).items()
    ]
    paths = adapted_paths(folder) if (folder / WEIGHTS).is_file() else []
    return {
        "adapter": str(folder),
        "base": base.id if base else str(document.get("base_model_name_or_path") or ""),
        "rank": document["r"],
        "alpha": document["lora_alpha"],
        "targets": list(targets_of(path for path in paths if "." in path)),
        "parameters": adapter.parameters
        if adapter
        else sum(math.prod(shape) for _, shape in headers(folder / WEIGHTS).values())
        if paths
        else 0,
        "fits": not problems,
        "problems": problems,
        "layers": layers,
    }


def _relative_norm(A: np.ndarray, B: np.ndarray, scale: float, weight: np.ndarray) -> float:
    """||scale A B|| / ||W|| without the product: ||A B||^2 = trace((A^T A)(B B^T))."""
    A, B = A.astype("float64"), B.astype("float64")
    moved = math.sqrt(max(0.0, float(np.sum((A.T @ A) * (B @ B.T)))))
    return abs(scale) * moved / max(float(np.linalg.norm(weight.astype("float64"))), 1e-30)


def write_adapter(
    folder: Path,
    matrices: Mapping[str, tuple[np.ndarray, np.ndarray]],
    config_document: dict,
    manifest: dict,
    card: str,
):
    """Writes an adapter that PEFT loads unchanged.

    Args:
        matrices: our path -> A (d_in, r), B (r, d_out); config_document: as `peft_config` makes it.
    """
    tensors = {
        name: array.T.astype("float32")
        for path, pair in matrices.items()
        for name, array in zip(adapter_names(path), pair)
    }
    write_tensors(folder / WEIGHTS, tensors, {"format": "pt"})
    write_json(folder / CONFIG, config_document)
    write_json(folder / MANIFEST, manifest)
    write_text(folder / CARD, card)


def peft_config(lora, base_id: str, revision: str | None) -> dict:
    """`adapter_config.json` with only the keys that every PEFT since 0.10 knows.

    Args:
        lora: a `LoraConfig`.
    """
    return {
        "peft_type": "LORA",
        "task_type": "SEQ_2_SEQ_LM",
        "base_model_name_or_path": base_id,
        "revision": revision,
        "r": lora.r,
        "lora_alpha": lora.lora_alpha,
        "lora_dropout": lora.lora_dropout,
        "target_modules": list(lora.target_modules),
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "init_lora_weights": True,
        "use_rslora": lora.use_rslora,
        "use_dora": False,
        "modules_to_save": None,
        "rank_pattern": {},
        "alpha_pattern": {},
    }


def _listed(problems: list[str], most: int = 12) -> str:
    rest = f"; and {len(problems) - most} more" if len(problems) > most else ""
    return "; ".join(problems[:most]) + rest
