"""The modules that an adapter's config names, by PEFT's rules.

PEFT makes factors only for the modules that the config names, and then fills in the tensors of the
weights file. Factors of other modules are not used.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lora_demo.checkpoints.patterns import Patterns, pattern_problem
from lora_demo.language import _
from lora_demo.model.checks import is_whole

ALL_LINEAR = "all-linear"
T5_DEFAULT = ["q", "v"]
"""PEFT's targets for a T5 whose config names none."""
FIRST_NUMBER = r".*?\.[^.]*\.(?P<idx>\d+)\."
"""PEFT's expression for the number of a block, without `layers_pattern`."""


def target_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """List the keys that name modules and that PEFT could not read either.

    Args:
        document: The content of `adapter_config.json`.
    """
    for key in ("target_modules", "exclude_modules"):
        value = document.get(key)
        if not (value is None or isinstance(value, str) or _are_strings(value)):
            yield _("{key} is neither a list of names nor an expression", key=key)
        elif isinstance(value, str) and (problem := pattern_problem([value])):
            yield _("{key} {problem}", key=key, problem=problem)
    layers = document.get("layers_to_transform")
    if not (layers is None or _is_number(layers) or _are_numbers(layers)):
        yield _("layers_to_transform is neither a number nor a list of numbers")
    patterns = document.get("layers_pattern") or []
    if not (isinstance(patterns, str) or _are_strings(patterns)):
        yield _("layers_pattern is neither a name nor a list of names")
    elif problem := pattern_problem(_as_list(patterns), _numbered):
        yield _("{key} {problem}", key="layers_pattern", problem=problem)


def targeted_modules(document: Mapping[str, Any], modules: Mapping[str, bool]) -> set[str]:
    """Select the modules that PEFT adapts.

    Args:
        document: The content of `adapter_config.json`, without problems.
        modules: Module path -> True for a matrix that LoRA usually adapts, False for embeddings
            and the head, which "all-linear" does not include.

    Returns:
        Some of the paths.

    Raises:
        ValueError: If the expressions take too long to match.
    """
    targets = document.get("target_modules")
    if targets is None:
        targets = T5_DEFAULT
    included = set(_matching("target_modules", targets, modules))
    if isinstance(targets, list):
        included -= set(_of_other_layers(document, included, targets))
    excluded = document.get("exclude_modules")
    return (
        included - set(_matching("exclude_modules", excluded, included)) if excluded else included
    )


def _matching(
    key: str, wanted: str | list[str], modules: Iterable[str] | Mapping[str, bool]
) -> Iterator[str]:
    """Yield the paths that a list of names or an expression matches."""
    if isinstance(wanted, list):
        names = set(wanted)
        yield from (path for path in modules if not names.isdisjoint(_ends(path)))
    elif wanted.lower() == ALL_LINEAR and isinstance(modules, Mapping):
        yield from (path for path, is_matrix in modules.items() if is_matrix)
    else:
        expression = Patterns(key, [wanted])
        yield from (path for path in modules if expression.first(path, is_whole=True))


def _ends(path: str) -> Iterator[str]:
    """Yield a path and its ends after each dot, by which a list can name it."""
    parts = path.split(".")
    yield from (".".join(parts[start:]) for start in range(len(parts)))


def _of_other_layers(
    document: Mapping[str, Any], paths: Iterable[str], targets: list[str]
) -> Iterator[str]:
    """Yield the paths that `layers_to_transform` leaves out; a whole path is never left out."""
    layers = document.get("layers_to_transform")
    if layers is None or layers == []:
        return
    chosen = layers if isinstance(layers, list) else [layers]
    names = _as_list(document.get("layers_pattern") or [])
    numbers = Patterns("layers_pattern", map(_numbered, names) if names else [FIRST_NUMBER])
    named = set(targets)
    for path in paths:
        found = numbers.first(path)
        number = int(found[1]["idx"]) if found else None
        if path not in named and number not in chosen:
            yield path


def _numbered(pattern: str) -> str:
    """Return PEFT's expression for the number after a name of `layers_pattern`."""
    return rf"(?:^|.*?\.){pattern}\.(?P<idx>\d+)\."


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _are_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return is_whole(value)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))
