"""Read, validate and make PEFT's `adapter_config.json`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_features import brief, feature_problems, kind_problems
from lora_demo.checkpoints.adapter_files import CONFIG
from lora_demo.checkpoints.adapter_places import not_an_adapter
from lora_demo.checkpoints.adapter_targets import target_problems
from lora_demo.checkpoints.patterns import table_problem
from lora_demo.files import read_json
from lora_demo.language import _
from lora_demo.model.checks import is_number, is_whole
from lora_demo.model.lora_config import LoraConfig
from lora_demo.model.parameters import MAX_RANK

MAX_ALPHA = 1e9
MAX_LISTED = 5
PEFT_DEFAULTS = {"r": 8, "lora_alpha": 8}
"""Values that PEFT uses for keys that a config leaves out."""


def read_config(folder: Path) -> dict[str, Any]:
    """Read and validate `adapter_config.json`.

    Args:
        folder: An adapter folder.

    Returns:
        The content, with PEFT's defaults for rank and alpha if they are left out.

    Raises:
        ValueError: If it is missing, or the adapter is not plain LoRA; the message lists every
            reason and says what to do.
    """
    if not (folder / CONFIG).is_file():
        raise ValueError(not_an_adapter(folder))
    document = PEFT_DEFAULTS | read_json(folder / CONFIG)
    problems = kind_problems(document) or [*feature_problems(document), *_bad_values(document)]
    if problems:
        raise ValueError(
            _(
                "The adapter {name} is not plain LoRA: {problems}.",
                name=folder.name,
                problems=list_problems(problems),
            )
        )
    return document


def list_problems(problems: Sequence[str]) -> str:
    """Join problems into one sentence; all after the first few are only counted.

    Args:
        problems: Phrases without a full stop, such as "r is 0, expected 1 to 4096".
    """
    text = "; ".join(problems[:MAX_LISTED])
    rest = len(problems) - MAX_LISTED
    return _("{listed}; and {rest} more", listed=text, rest=rest) if rest > 0 else text


def _bad_values(document: dict[str, Any]) -> Iterator[str]:
    r, alpha = document.get("r"), document.get("lora_alpha")
    if not is_whole(r, 1, MAX_RANK):
        yield _("r is {value}, expected 1 to {limit}", value=brief(r), limit=MAX_RANK)
    if not _is_alpha(alpha):
        yield _("lora_alpha is {value}, expected a number", value=brief(alpha))
    for key in ("rank_pattern", "alpha_pattern"):
        pattern = document.get(key) or {}
        if not isinstance(pattern, dict) or not all(map(_is_alpha, pattern.values())):
            yield _("{key} is not a table of numbers", key=key)
        elif problem := table_problem(pattern):
            yield _("{key} {problem}", key=key, problem=problem)
    yield from target_problems(document)


def _is_alpha(value: Any) -> bool:
    return is_number(value, -MAX_ALPHA, MAX_ALPHA)


def peft_config(lora: LoraConfig, base_id: str, revision: str | None) -> dict[str, Any]:
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
        "use_dora": lora.use_dora,
        "modules_to_save": None,
        "rank_pattern": {},
        "alpha_pattern": {},
    }
