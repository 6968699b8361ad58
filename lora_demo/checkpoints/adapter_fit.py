"""Check from the headers alone whether an adapter's tensors fit a base."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_config import read_config
from lora_demo.checkpoints.adapter_features import brief, saved_modules, unknown_keys
from lora_demo.checkpoints.adapter_files import PICKLED_WEIGHTS, WEIGHTS
from lora_demo.checkpoints.adapter_places import complete_below, list_some, pickle_advice
from lora_demo.checkpoints.adapter_targets import targeted_modules
from lora_demo.checkpoints.adapter_unused import (
    MAX_CHARACTERS,
    MAX_NAMED,
    NOT_OF_T5,
    NOTES,
    PROBLEMS,
    UNKNOWN_KEYS,
    UNTRAINED,
    sentences,
    sort_unused,
    unexplained,
)
from lora_demo.checkpoints.names import adapter_names, magnitude_name, plain_name
from lora_demo.checkpoints.patterns import match_patterns
from lora_demo.checkpoints.tensors import FLOATS_OF_8_BITS, Header, headers
from lora_demo.language import _
from lora_demo.model.config import T5Config
from lora_demo.model.parameters import MAX_RANK
from lora_demo.model.shapes import dense_shapes, weight_shapes

MAX_BYTES = 2 * 10**9
ADAPTER_FLOATS = ("F32", "F16", "BF16", "F64", *FLOATS_OF_8_BITS)
EMBEDDINGS = ("shared", "encoder.embed_tokens", "decoder.embed_tokens", "lm_head")
"""Modules that PEFT can adapt and this package cannot: the embeddings, and the head."""


@dataclass(frozen=True)
class Fit:
    """The fit of an adapter to a base.

    Args:
        problems: Everything that keeps it from fitting; empty if it fits.
        notes: A sentence for each of its contents that have no effect.
        paths: The matrices that it adapts, in T5's order.
    """

    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


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
    return list(check_fit(folder, config).problems)


def check_fit(folder: Path, config: T5Config) -> Fit:
    """Compare an adapter's tensors with its config and with a base, as PEFT does.

    PEFT adapts the modules that the config names, leaves those without tensors as they are in the
    base, and ignores tensors that belong to nothing. Tensors that would change the model are
    problems here.

    Args:
        folder: An adapter folder.
        config: The base's geometry.

    Raises:
        ValueError: If the adapter is not plain LoRA, or its weights file is damaged.
    """
    document = read_config(folder)
    file_problem = _file_problem(folder)
    if file_problem:
        return Fit((file_problem,))
    found = {plain_name(name): header for name, header in headers(folder / WEIGHTS).items()}
    shapes = dense_shapes(config)
    modules = _modules(config)
    targeted = targeted_modules(document, modules)
    path_of = {name: path for path in shapes for name in _names(path, document)}
    present = {path_of[name] for name in found if name in path_of}
    named = [path for path in shapes if path in targeted]
    untrained = [path for path in named if path not in present]
    adapted = [path for path in named if path in present]
    used = {name for path in adapted for name in _names(path, document)}
    unused = sort_unused(found.keys() - used, path_of, targeted, modules)
    problems = [*sentences(unused, PROBLEMS), *_wrong_types(found, used)]
    stated = match_patterns("rank_pattern", document.get("rank_pattern"), adapted, document["r"])
    ranks = {path: _rank_of(path, shapes[path], found) or stated[path] for path in adapted}
    others = [path for path in adapted if ranks[path] != stated[path]]
    if others:
        problems.append(_describe_ranks(others, stated, ranks))
    for path in adapted:
        problems += _shape_problems(path, shapes[path], ranks[path], found, document)
    if not document.get("init_lora_weights", True):
        # PEFT would fill the missing factors with random values.
        problems += [_("missing {name}", name=adapter_names(path)[0]) for path in untrained]
    if not adapted and not problems:
        problems = [_describe_no_match(document, named, found, modules)]
    further = {
        UNTRAINED: untrained,
        NOT_OF_T5: saved_modules(document, of_t5=False),
        UNKNOWN_KEYS: unknown_keys(document),
    }
    if further[UNKNOWN_KEYS] and not problems:
        problems += unexplained(unused, further[UNKNOWN_KEYS])
    without_effect = unused | {kind: names for kind, names in further.items() if names}
    notes = tuple(sentences(without_effect, NOTES))
    return Fit(tuple(problems), notes, tuple(adapted))


def _describe_no_match(
    document: Mapping[str, Any],
    named: Collection[str],
    found: Collection[str],
    modules: Mapping[str, bool],
) -> str:
    """Say why no matrix is adapted: by the config, or by the names in the file."""
    if not found:
        return _("it holds no tensors")
    if not named and _names_modules(document.get("target_modules"), found):
        return _(
            "its target_modules is the text {name}, which PEFT compares with whole paths of "
            "modules; write the list [{name}]",
            name=brief(document["target_modules"]),
        )
    targets = brief(document.get("target_modules"))
    if not named and (key := _key_that_leaves_out(document, modules)):
        return _(
            "it does not adapt any matrix of this base, because its {key} {value} leaves out all "
            "that its target_modules {targets} names; correct {key}",
            key=key,
            value=brief(document[key]),
            targets=targets,
        )
    if not named:
        return _(
            "it does not adapt any matrix of this base, because its target_modules {targets} name "
            "none",
            targets=targets,
        )
    names = [" ".join(name[:MAX_CHARACTERS].split()) for name in sorted(found)]
    return _(
        "it does not adapt any matrix of this base: its tensors are {names}",
        names=list_some(names, MAX_NAMED),
    )


def _key_that_leaves_out(document: Mapping[str, Any], modules: Mapping[str, bool]) -> str | None:
    """Find the key that leaves out every matrix that `target_modules` names."""
    for key in ("exclude_modules", "layers_to_transform"):
        without = {name: value for name, value in document.items() if name != key}
        targeted = targeted_modules(without, modules) if document.get(key) is not None else set()
        if any(modules[path] for path in targeted):
            return key
    return None


def _names_modules(targets: Any, found: Iterable[str]) -> bool:
    """Check whether a text is the name of modules in the file, which PEFT takes only in a list."""
    return isinstance(targets, str) and any(f".{targets}.lora_A." in name for name in found)


def _names(path: str, document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a matrix's tensors: two factors, and the magnitudes of DoRA."""
    names = adapter_names(path)
    return (*names, magnitude_name(path)) if document.get("use_dora") else names


def _modules(config: T5Config) -> dict[str, bool]:
    """List the modules with weights, with True for the matrices that LoRA adapts here."""
    others = [*weight_shapes(config), *EMBEDDINGS]
    return dict.fromkeys(others, False) | dict.fromkeys(dense_shapes(config), True)


def _file_problem(folder: Path) -> str | None:
    path = folder / WEIGHTS
    if path.is_file():
        if path.stat().st_size > MAX_BYTES:
            return _("{file} is over {limit} GB", file=WEIGHTS, limit=MAX_BYTES // 10**9)
        return None
    if (folder / PICKLED_WEIGHTS).is_file():
        return pickle_advice("it")
    if place := complete_below(folder):
        return _("it has no {file}. {place}", file=WEIGHTS, place=place.removesuffix("."))
    return _("it has no {file}; copy that file from where the adapter was saved", file=WEIGHTS)


def _wrong_types(found: Mapping[str, Header], used: Collection[str]) -> Iterator[str]:
    for name, (kind, _shape) in found.items():
        if name in used and kind not in ADAPTER_FLOATS:
            yield _(
                "{name} is {type}, expected {types}; save it in float32",
                name=name,
                type=kind,
                types=", ".join(ADAPTER_FLOATS),
            )


def _rank_of(path: str, shape: tuple[int, int], found: Mapping[str, Header]) -> int:
    """Return the rank of two factors that fit each other and their matrix, else 0."""
    d_in, d_out = shape
    A, B = (found[name][1] if name in found else () for name in adapter_names(path))
    rank = A[0] if A else 0
    is_pair = tuple(A) == (rank, d_in) and tuple(B) == (d_out, rank)
    return rank if is_pair else 0


def _describe_ranks(
    paths: Sequence[str], stated: Mapping[str, int], found: Mapping[str, int]
) -> str:
    """Say that tensors have other ranks than the config states, as PEFT refuses them."""
    ranks = [
        _(
            "{matrix} has rank {rank}, not {stated}",
            matrix=path,
            rank=found[path],
            stated=stated[path],
        )
        for path in paths
    ]
    return _(
        "its tensors do not have the ranks that r and rank_pattern in adapter_config.json state "
        "({ranks}); correct r and rank_pattern",
        ranks=list_some(ranks, MAX_NAMED),
    )


def _shape_problems(
    path: str,
    shape: tuple[int, int],
    r: int,
    found: Mapping[str, Header],
    document: Mapping[str, Any],
) -> Iterator[str]:
    """Compare the two factors of one matrix with what its rank and shape demand."""
    d_in, d_out = shape
    name_A, name_B = adapter_names(path)
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
