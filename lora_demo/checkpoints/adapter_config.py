"""Read, validate and make PEFT's `adapter_config.json`."""

import functools
import re
import reprlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.checkpoints.adapter_files import CONFIG
from lora_demo.files import read_json
from lora_demo.model.checks import is_number, is_whole
from lora_demo.model.parameters import MAX_RANK

if TYPE_CHECKING:
    from lora_demo.model.lora import LoraConfig

MAX_ALPHA = 1e9
MAX_PATTERNS = 1000
"""Keys of `rank_pattern` and `alpha_pattern`; each is matched with each matrix."""
MAX_PATTERN_LENGTH = 200
MAX_WILDCARDS = 50
"""Wildcards of all keys together."""
MAX_WILDCARDS_PER_PATTERN = 2
MAX_LISTED = 12

WILDCARD = re.compile(r"[*+|]")
SLOW = re.compile(r"[?{]|\)[*+]|\\[1-9]")
"""Parts of regular expressions that can make a match take very long."""

KNOWN_KEYS = {
    "peft_type",
    "task_type",
    "base_model_name_or_path",
    "revision",
    "r",
    "lora_alpha",
    "lora_dropout",
    "target_modules",
    "bias",
    "use_rslora",
    "init_lora_weights",
    "rank_pattern",
    "alpha_pattern",
    "inference_mode",
    "auto_mapping",
    "peft_version",
    "fan_in_fan_out",
    "exclude_modules",
    "layers_to_transform",
    "layers_pattern",
    "megatron_core",
    "qalora_group_size",
    "runtime_config",
    "loftq_config",
    "eva_config",
    "corda_config",
    "use_dora",
    "modules_to_save",
    "lora_bias",
}
"""Keys that are read, or that change nothing in a trained adapter; all others must be off."""
INITIALISATIONS_THAT_CHANGE_BASE = ("pissa", "olora", "loftq", "corda")
"""Values of `init_lora_weights` that alter the base; the adapter alone is not the whole change."""
MERGE_ADVICE = "merge it with PEFT's merge_and_unload and use the result as --base"


def read_config(folder: Path) -> dict[str, Any]:
    """Read and validate `adapter_config.json`.

    Args:
        folder: An adapter folder.

    Raises:
        ValueError: If it is missing, or the adapter is not plain LoRA; the message lists every
            reason and says what to do.
    """
    if not (folder / CONFIG).is_file():
        raise ValueError(f"{folder} is not a PEFT adapter: it has no {CONFIG}.")
    document = read_json(folder / CONFIG)
    problems = _kind_problems(document) or [*_feature_problems(document), *_bad_values(document)]
    if problems:
        raise ValueError(f"The adapter {folder.name} is not plain LoRA: {list_problems(problems)}.")
    return document


def list_problems(problems: list[str]) -> str:
    """Join problems into one sentence; all after the first few are only counted."""
    text = "; ".join(problems[:MAX_LISTED])
    rest = len(problems) - MAX_LISTED
    return f"{text}; and {rest} more" if rest > 0 else text


def _kind_problems(document: dict[str, Any]) -> list[str]:
    kind = document.get("peft_type")
    if kind == "LORA":
        return []
    return [
        f"its peft_type is {str(kind)[:60]!r}, and only LORA is supported; merge it into its base "
        "with PEFT and use that as --base"
    ]


def _feature_problems(document: dict[str, Any]) -> Iterator[str]:
    """List the features of PEFT that the adapter uses and this package does not support."""
    if document.get("use_dora"):
        yield f"it uses DoRA (use_dora); {MERGE_ADVICE}"
    if document.get("modules_to_save"):
        modules = _brief(document["modules_to_save"])
        yield f"it replaces whole modules (modules_to_save {modules}); {MERGE_ADVICE}"
    if document.get("bias", "none") != "none" or document.get("lora_bias"):
        bias = _brief(document.get("bias"))
        yield f"it trains biases (bias {bias}), which T5 does not have; train it with bias 'none'"
    if str(document.get("init_lora_weights")).startswith(INITIALISATIONS_THAT_CHANGE_BASE):
        yield (
            f"init_lora_weights {_brief(document['init_lora_weights'])} changed its base's "
            "weights; convert it to plain LoRA with PEFT's path_initial_model_for_weight_conversion"
        )
    for key, value in document.items():
        if key not in KNOWN_KEYS and value:
            yield f"it uses {str(key)[:60]!r}, which is not supported here; {MERGE_ADVICE}"


def _bad_values(document: dict[str, Any]) -> Iterator[str]:
    r, alpha = document.get("r"), document.get("lora_alpha")
    if not is_whole(r, 1, MAX_RANK):
        yield f"r is {_brief(r)}, expected 1 to {MAX_RANK}"
    if not _is_alpha(alpha):
        yield f"lora_alpha is {_brief(alpha)}, expected a number"
    for key in ("rank_pattern", "alpha_pattern"):
        pattern = document.get(key) or {}
        if not isinstance(pattern, dict) or not all(map(_is_alpha, pattern.values())):
            yield f"{key} is not a table of numbers"
        elif not _are_safe(pattern):
            yield f"{key} has keys other than module names and simple patterns"


def _is_alpha(value: Any) -> bool:
    return is_number(value, -MAX_ALPHA, MAX_ALPHA)


def _are_safe(patterns: Mapping[str, Any]) -> bool:
    """Check that the keys of a pattern table match fast."""
    if len(patterns) > MAX_PATTERNS:
        return False
    if len(WILDCARD.findall(" ".join(patterns))) > MAX_WILDCARDS:
        return False
    return all(map(_is_safe, patterns))


def _is_safe(pattern: str) -> bool:
    """Check that a regular expression matches fast.

    Each further quantifier or alternative multiplies the ways to match.
    """
    if len(pattern) > MAX_PATTERN_LENGTH or SLOW.search(pattern):
        return False
    if len(WILDCARD.findall(pattern)) > MAX_WILDCARDS_PER_PATTERN:
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def by_pattern(patterns: Mapping[str, Any] | None, path: str, default: Any) -> Any:
    """Look up a matrix in `rank_pattern` or `alpha_pattern` by PEFT's rule.

    The first key wins that matches the end of the path, at a dot, as a regular expression.

    Args:
        patterns: The table.
        path: T5's module path of the matrix.
        default: The value if no key matches.
    """
    for key, value in (patterns or {}).items():
        if _compiled(key).match(path):
            return value
    return default


@functools.lru_cache(maxsize=2 * MAX_PATTERNS)
def _compiled(key: str) -> re.Pattern[str]:
    """Compile a key; the cache of `re` is smaller than one table, which meets every matrix."""
    return re.compile(rf"(.*\.)?({key})$")


def _brief(value: Any) -> str:
    """Show a value from a stranger's file, short and on one line."""
    return reprlib.repr(value)


def peft_config(lora: "LoraConfig", base_id: str, revision: str | None) -> dict[str, Any]:
    """Make an `adapter_config.json` with only the keys that every PEFT since 0.10 knows.

    Args:
        lora: The adapter's settings.
        base_id: Hub id or folder of the base.
        revision: The base's commit; None if it is not from the Hub.
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
