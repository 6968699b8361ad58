"""Explain the contents of an adapter that no matrix of the base uses."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from lora_demo.checkpoints.adapter_features import MERGE_ADVICE
from lora_demo.checkpoints.adapter_places import list_some
from lora_demo.checkpoints.names import MAGNITUDE, PEFT_PREFIX
from lora_demo.language import N_, _

FACTOR = re.compile(r".+\.lora_[AB]\.weight")
MAX_WRAPPERS = 4
"""Parts in front of a name by which wrappers such as `torch.compile` are recognised."""
MAX_NAMED = 3
"""Tensors of a kind that a message names."""
MAX_CHARACTERS = 120
"""Characters of a name in a message."""

WHOLE_WEIGHTS = N_("it holds whole weights of a model ({names}); {advice}")
EMBEDDINGS_OR_HEAD = N_("it adapts embeddings or the head ({names}), not only matrices; {advice}")
DORA = N_(
    "it holds magnitudes of DoRA ({names}), but its adapter_config.json does not have "
    "use_dora; set that to true if it was trained as DoRA"
)
OTHER_BASE = N_("it holds factors of matrices that this base does not have ({names})")
NO_PREFIX = N_(
    "the names of its tensors do not begin with 'base_model.model.' ({names}), so PEFT would use "
    "none of them; save the adapter with PEFT's save_pretrained"
)
WRAPPED = N_(
    "the names of its tensors have a longer prefix than 'base_model.model.' ({names}), so PEFT "
    "would use none of them; save the adapter from the model before it was compiled or wrapped"
)
PROBLEMS = (WHOLE_WEIGHTS, EMBEDDINGS_OR_HEAD, DORA, OTHER_BASE, NO_PREFIX, WRAPPED)
"""Kinds of tensors that would change the translations."""
IGNORED = N_("Tensors that do not belong to the adapter are ignored, as in PEFT: {names}.")
NOT_NAMED = N_(
    "Tensors of matrices that the target modules in adapter_config.json do not include are "
    "ignored, as in PEFT: {names}."
)
UNTRAINED = N_(
    "Target modules without tensors in the file stay as they are in the base, as in PEFT: {names}."
)
NOT_OF_T5 = N_(
    "Modules to save in adapter_config.json that a T5 does not have are ignored, as in PEFT: "
    "{names}."
)
UNKNOWN_KEYS = N_(
    "Keys in adapter_config.json that are unknown here are ignored, as PEFT ignores keys that it "
    "does not know: {names}. If another library or a later PEFT needs them, merge the adapter "
    "there and use the result as --base."
)
NOTES = (IGNORED, NOT_NAMED, UNTRAINED, NOT_OF_T5, UNKNOWN_KEYS)
"""Notes about contents of an adapter that have no effect."""


def sort_unused(
    names: Iterable[str],
    listed: Collection[str],
    targeted: Collection[str],
    modules: Mapping[str, bool],
) -> dict[str, list[str]]:
    """Group the tensors that are not used by the sentence that explains them.

    Args:
        names: Names of the unused tensors.
        listed: Names of all tensors that an adapter of this base can have.
        targeted: Modules that the config names.
        modules: The base's modules, with True for the matrices that LoRA adapts here.
    """
    kinds: dict[str, list[str]] = {}
    for name in sorted(names):
        is_of_base = name in listed
        kind = NOT_NAMED if is_of_base else _explain(name, targeted, modules)
        shown = " ".join(name.removeprefix(PEFT_PREFIX)[:MAX_CHARACTERS].split())
        kinds.setdefault(kind, []).append(shown)
    return kinds


def _explain(name: str, targeted: Collection[str], modules: Mapping[str, bool]) -> str:
    """Return the sentence that explains a tensor which no matrix of the base uses."""
    is_factor = FACTOR.fullmatch(name)
    if not name.startswith(PEFT_PREFIX):
        return NO_PREFIX if is_factor else IGNORED
    module, _lora, part = name.removeprefix(PEFT_PREFIX).partition(".lora_")
    if not part:
        return WHOLE_WEIGHTS if _changes_base(module, targeted, modules) else IGNORED
    if module not in modules:
        kind = WRAPPED if _is_wrapped(module, modules) else OTHER_BASE
        return kind if is_factor else IGNORED
    if module not in targeted:
        return IGNORED
    if not modules[module]:
        return EMBEDDINGS_OR_HEAD
    return DORA if name.endswith(MAGNITUDE) else IGNORED


def _is_wrapped(name: str, modules: Collection[str]) -> bool:
    """Check for a module of the base with a prefix, such as `_orig_mod.encoder...`."""
    parts = name.split(".", MAX_WRAPPERS)
    return any(".".join(parts[start:]) in modules for start in range(1, len(parts)))


def _changes_base(name: str, targeted: Collection[str], modules: Collection[str]) -> bool:
    """Check whether PEFT would put a tensor in the place of a weight of the base."""
    module = name.removesuffix(".weight")
    inner = module.removesuffix(".base_layer")
    return inner in modules and (inner in targeted) == (inner != module)


def sentences(kinds: Mapping[str, list[str]], wanted: Collection[str]) -> Iterator[str]:
    """Fill the names of tensors into some of the sentences.

    Args:
        kinds: Names of tensors, modules or keys, by the sentence that explains them.
        wanted: The sentences to fill, such as NOTES; the others are left out.
    """
    for kind, names in kinds.items():
        if kind in wanted:
            yield _(kind, names=list_some(names, MAX_NAMED), advice=_(MERGE_ADVICE))


def unexplained(unused: Mapping[str, list[str]], keys: Sequence[str]) -> Iterator[str]:
    """Yield a problem if there are tensors that could belong to unknown keys of the config.

    Args:
        unused: Result of `sort_unused`.
        keys: Keys of `adapter_config.json` that are unknown here.
    """
    names = [name for kind in unused.values() for name in kind]
    if names:
        yield _(
            "its adapter_config.json has keys that are unknown here ({keys}), and its file has "
            "tensors that could belong to them ({names}); merge it with the library that saved it "
            "and use the result as --base",
            keys=list_some(keys, MAX_NAMED),
            names=list_some(names, MAX_NAMED),
        )
