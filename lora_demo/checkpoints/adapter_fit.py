"""Check from the headers alone whether an adapter's tensors fit a base."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_features import MERGE_ADVICE
from lora_demo.checkpoints.adapter_files import PICKLED_WEIGHTS, WEIGHTS
from lora_demo.checkpoints.adapter_places import list_some, pickle_advice
from lora_demo.checkpoints.names import (
    MAGNITUDE,
    PEFT_PREFIX,
    adapter_names,
    magnitude_name,
    plain_name,
)
from lora_demo.checkpoints.tensors import Header, headers
from lora_demo.language import N_, _
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import MAX_RANK, dense_shapes, is_target

MAX_BYTES = 2 * 10**9
ADAPTER_FLOATS = ("F32", "F16", "BF16", "F64")
UNSUPPORTED_MODULES = ("shared", "embed_tokens", "lm_head", "relative_attention_bias")
MAX_NAMED = 3
MAX_CHARACTERS = 120
"""Tensors of a kind that a message names, and characters of their names."""


def find_problems(folder: Path, config: T5Config) -> list[str]:
    """List everything that keeps an adapter from fitting a base.

    Args:
        folder: An adapter folder.
        config: The base's geometry.

    Returns:
        One entry for each problem; empty if the adapter fits.

    Raises:
        ValueError: If the adapter is not plain LoRA, or its weights file is damaged.
    """
    document = read_config(folder)
    file_problem = _file_problem(folder)
    if file_problem:
        return [file_problem]
    found = {plain_name(name): h for name, h in headers(folder / WEIGHTS).items()}
    shapes = dense_shapes(config)
    path_of = {name: path for path in shapes for name in _names(path, document)}
    problems = [*_unknown_tensors(found, path_of), *_wrong_types(found, path_of)]
    present = {path_of[name] for name in found if name in path_of}
    adapted = [path for path in shapes if path in present or _is_listed(path, document)]
    for path in adapted:
        problems += _shape_problems(path, shapes[path], found, document)
    if not adapted and not problems:
        return [_("it does not adapt any matrix of this base")]
    return problems


def _names(path: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a matrix's tensors: two factors, and the magnitudes of DoRA."""
    names = adapter_names(path)
    return (*names, magnitude_name(path)) if document.get("use_dora") else names


def _file_problem(folder: Path) -> str | None:
    path = folder / WEIGHTS
    if path.is_file():
        if path.stat().st_size > MAX_BYTES:
            return _("{file} is over {limit} GB", file=WEIGHTS, limit=MAX_BYTES // 10**9)
        return None
    if (folder / PICKLED_WEIGHTS).is_file():
        return pickle_advice("it")
    return _("it has no {file}; copy that file from where the adapter was saved", file=WEIGHTS)


def _unknown_tensors(found: Mapping[str, Header], path_of: Mapping[str, str]) -> Iterator[str]:
    """Say what the tensors are that belong to no matrix, in one sentence for each kind."""
    unknown = [name for name in found if name not in path_of]
    kinds: dict[str, list[str]] = {}
    for name in unknown:
        shown = " ".join(name.removeprefix(PEFT_PREFIX)[:MAX_CHARACTERS].split())
        kinds.setdefault(_explain(name), []).append(shown)
    for explanation, names in kinds.items():
        yield _(explanation, names=list_some(names, MAX_NAMED), advice=_(MERGE_ADVICE))


def _explain(name: str) -> str:
    """Say why a tensor cannot be used, and what to do, with places for names and advice."""
    if ".lora_" not in name:
        return N_("it holds whole weights of a model ({names}); {advice}")
    if any(f".{module}." in f".{name}." for module in UNSUPPORTED_MODULES):
        return N_("it adapts embeddings or the head ({names}), not only matrices; {advice}")
    if name.endswith(MAGNITUDE):
        return N_(
            "it holds magnitudes of DoRA ({names}), but its adapter_config.json does not have "
            "use_dora; set that to true if it was trained as DoRA"
        )
    return N_("it holds factors of matrices that this base does not have ({names})")


def _wrong_types(found: Mapping[str, Header], path_of: Mapping[str, str]) -> Iterator[str]:
    for name, (kind, _shape) in found.items():
        if name in path_of and kind not in ADAPTER_FLOATS:
            yield _(
                "{name} is {type}, expected {types}; save it in float32",
                name=name,
                type=kind,
                types=", ".join(ADAPTER_FLOATS),
            )


def _is_listed(path: str, document: Mapping[str, Any]) -> bool:
    """Check whether the config's list of targets includes a matrix."""
    targets = document.get("target_modules")
    if document.get("layers_to_transform") is not None or document.get("exclude_modules"):
        return False
    if not isinstance(targets, list):
        return False
    return is_target(path, [target for target in targets if isinstance(target, str)])


def _rank_of(header: Header | None, document: Mapping[str, Any]) -> int:
    """Return the rank of lora_A (r, d_in) if the config allows it, else the config's own rank."""
    allowed = {document["r"], *(document.get("rank_pattern") or {}).values()}
    if header is None or not header[1] or header[1][0] not in allowed:
        return int(document["r"])
    return header[1][0]


def _shape_problems(
    path: str, shape: tuple[int, int], found: Mapping[str, Header], document: Mapping[str, Any]
) -> Iterator[str]:
    """Compare the two factors of one matrix with what its rank and shape demand."""
    d_in, d_out = shape
    name_A, name_B = adapter_names(path)
    r = _rank_of(found.get(name_A), document)
    if not 1 <= r <= MAX_RANK:
        yield _(
            "{matrix} has rank {rank}, expected 1 to {limit}", matrix=path, rank=r, limit=MAX_RANK
        )
        return
    shapes: dict[str, tuple[int, ...]] = {name_A: (r, d_in), name_B: (d_out, r)}
    if document.get("use_dora"):
        shapes[magnitude_name(path)] = (d_out,)
    for name, expected in shapes.items():
        if name not in found:
            yield _("missing {name}", name=name)
        elif found[name][1] != expected:
            yield _(
                "{name} is {shape}, expected {expected}",
                name=name,
                shape=found[name][1],
                expected=expected,
            )
