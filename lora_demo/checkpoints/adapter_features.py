"""The features of PEFT that an adapter uses: which are supported, and what to do about the others.

Every field of PEFT's `LoraConfig` is in one of three groups: it changes nothing in a trained T5
adapter, it is supported, or the adapter is refused by the field's name. Other keys are ignored, as
PEFT ignores them.
"""

import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from lora_demo.language import N_, _

HARMLESS_KEYS = frozenset(
    {
        "peft_type",
        "task_type",
        "base_model_name_or_path",
        "revision",
        "peft_version",
        "auto_mapping",
        "inference_mode",
        "r",
        "lora_alpha",
        "lora_dropout",
        "target_modules",
        "exclude_modules",
        "layers_to_transform",
        "layers_pattern",
        "rank_pattern",
        "alpha_pattern",
        "use_rslora",
        "use_dora",
        "fan_in_fan_out",
        "merge_weights",
        "megatron_config",
        "megatron_core",
        "runtime_config",
        "ensure_weight_tying",
        "qalora_group_size",
        "loftq_config",
        "eva_config",
        "corda_config",
        "lora_ga_config",
        "velora_config",
        "unsloth_fixed",
        "enable_lora",
        "lora_dtype",
        "lorap_emb_lr",
        "lorap_lr_ratio",
        "init_lora_weights",
        "bias",
        "lora_bias",
        "modules_to_save",
    }
)
"""Keys that are supported, checked below, or without effect on a trained adapter of a T5."""
MERGEABLE_TYPES = frozenset(
    {
        "ADALORA",
        "BOFT",
        "BONE",
        "C3A",
        "FOURIERFT",
        "HRA",
        "IA3",
        "LN_TUNING",
        "LOHA",
        "LOKR",
        "MISS",
        "OFT",
        "RANDLORA",
        "ROAD",
        "SHIRA",
        "TRAINABLE_TOKENS",
        "VBLORA",
        "VERA",
        "WAVEFT",
    }
)
"""Other kinds of adapters that PEFT can merge into their base."""
MERGEABLE_KEYS = frozenset(
    {
        "kasa_config",
        "monteclora_config",
        "target_parameters",
        "trainable_token_indices",
        "use_bdlora",
        "use_qalora",
    }
)
"""Keys that change what PEFT computes, and that PEFT can merge."""
UNMERGEABLE_KEYS = frozenset({"alora_invocation_tokens", "arrow_config", "layer_replication"})
OBJECT_KEYS = frozenset({"arrow_config", "kasa_config", "monteclora_config", "use_bdlora"})
"""Keys of the two groups above that are on with an empty object, which means PEFT's defaults."""
KNOWN_KEYS = HARMLESS_KEYS | MERGEABLE_KEYS | UNMERGEABLE_KEYS
PLAIN_INITIALISATIONS = ("true", "false", "gaussian", "eva", "orthogonal", "mica", "none")
"""Values of `init_lora_weights` that leave the base as it is."""
BASE_INITIALISATIONS = ("pissa", "olora", "loftq", "corda", "lora_ga")
"""Beginnings of values that alter the base; the adapter alone is not the whole change."""
T5_MODULES = """
    shared embed_tokens encoder decoder block layer SelfAttention EncDecAttention DenseReluDense
    q k v o wi wi_0 wi_1 wo act relative_attention_bias layer_norm final_layer_norm dropout lm_head
"""
"""Names of the modules of T5; blocks and layers are numbers."""
PEFT_MODULES = "base_layer default lora_A lora_B lora_dropout lora_magnitude_vector"
"""Names of the modules that PEFT puts into a T5."""
MODULES = (*T5_MODULES.split(), *PEFT_MODULES.split())
MERGE_ADVICE = N_("merge it with PEFT's merge_and_unload and use the result as --base")
RETRAIN_ADVICE = N_(
    "PEFT cannot merge it either, so use it with PEFT, or train a LoRA adapter instead"
)


def kind_problems(document: Mapping[str, Any]) -> list[str]:
    """Return one problem if the adapter is of another kind than LoRA.

    Args:
        document: The content of `adapter_config.json`.
    """
    kind = document.get("peft_type")
    if kind == "LORA":
        return []
    if kind is None and isinstance(document.get("config"), dict):
        return [
            _(
                "it is an adapter of AdapterHub, not of PEFT; merge it with its library's "
                "merge_adapter, save the model, and use that as --base"
            )
        ]
    if kind is None:
        return [_("it has no peft_type; save the adapter again with PEFT's save_pretrained")]
    if isinstance(kind, str) and kind.upper() == "LORA":
        return [_("its peft_type is {kind!r}; write LORA, as PEFT does", kind=kind)]
    advice = MERGE_ADVICE if str(kind) in MERGEABLE_TYPES else RETRAIN_ADVICE
    return [
        _(
            "its peft_type is {kind!r}, and only LORA is supported; {advice}",
            kind=str(kind)[:60],
            advice=_(advice),
        )
    ]


def feature_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Find the features of an adapter that are not supported.

    Args:
        document: The content of `adapter_config.json`.

    Yields:
        A phrase for each, with its effect and advice.
    """
    if saved_modules(document, of_t5=True):
        modules = brief(document["modules_to_save"])
        yield _(
            "it replaces whole modules (modules_to_save {modules}); {advice}",
            modules=modules,
            advice=_(MERGE_ADVICE),
        )
    if document.get("bias") not in (None, "none", "lora_only"):
        bias = brief(document["bias"])
        yield _(
            "it trains biases (bias {bias}), including the position bias of T5; {advice}",
            bias=bias,
            advice=_(MERGE_ADVICE),
        )
    if document.get("lora_bias"):
        yield _(
            "it uses 'lora_bias', but the matrices of T5 have no bias; {advice}",
            advice=_(RETRAIN_ADVICE),
        )
    yield from _initialisation_problems(document)
    for key, value in document.items():
        is_on = value or (value == {} and key in OBJECT_KEYS)
        if is_on and key in MERGEABLE_KEYS | UNMERGEABLE_KEYS:
            advice = RETRAIN_ADVICE if key in UNMERGEABLE_KEYS else MERGE_ADVICE
            yield _(
                "it uses {key!r}, which is not supported here; {advice}",
                key=str(key)[:60],
                advice=_(advice),
            )


def unknown_keys(document: Mapping[str, Any]) -> list[str]:
    """List the keys that PEFT does not have and that are not off, such as those of a later PEFT.

    Args:
        document: The content of `adapter_config.json`.
    """
    return [brief(key) for key, value in document.items() if value and key not in KNOWN_KEYS]


def saved_modules(document: Mapping[str, Any], of_t5: bool) -> list[str]:
    """List the names in `modules_to_save` that PEFT finds in a T5, or those that it does not find.

    PEFT matches the ends of module names and ignores names without a match, such as `classifier`.

    Args:
        document: The content of `adapter_config.json`.
        of_t5: True for the names that it finds, False for the others.
    """
    names = document.get("modules_to_save") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return [brief(names)] if of_t5 else []
    return [brief(name) for name in names if _is_of_t5(name) == of_t5]


def _is_of_t5(name: str) -> bool:
    """Check whether the path of a module of T5 can end with this name."""
    parents, _dot, last = name.rpartition(".")
    if parents:
        return last in MODULES or last.isdecimal()
    return last.isdecimal() or any(module.endswith(last) for module in MODULES)


def _initialisation_problems(document: Mapping[str, Any]) -> Iterator[str]:
    """Find an initialisation that changed the base, or that is unknown."""
    value = document.get("init_lora_weights")
    # PEFT compares some of the values in lower case.
    name = str(value).lower()
    if name in PLAIN_INITIALISATIONS:
        return
    if name.startswith(BASE_INITIALISATIONS):
        yield _(
            "init_lora_weights {value} changed its base's weights; convert it to plain LoRA "
            "with PEFT's path_initial_model_for_weight_conversion, or load it with PEFT on "
            "the base it was trained on, and use the result of merge_and_unload as --base",
            value=brief(value),
        )
        return
    yield _(
        "init_lora_weights is {value}, which is unknown here; set it to true in "
        "adapter_config.json if the adapter was trained on the unchanged base",
        value=brief(value),
    )


def brief(value: Any) -> str:
    """Show a value from a stranger's file, short and on one line.

    Args:
        value: Any value that JSON can hold.
    """
    return reprlib.repr(value)
