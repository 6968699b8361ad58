"""Find a COMET model on this machine, or download it from the Hub once its user has agreed."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from lora_demo.checkpoints.connection import call_hub, open_hub
from lora_demo.checkpoints.download import Progress
from lora_demo.checkpoints.snapshot import fetch_snapshot, missing_files
from lora_demo.evaluation.comet.model import (
    CARD,
    CHECKPOINT,
    SETTINGS,
    UNKNOWN_LICENSE,
    CometModel,
    find_folder,
    read_model,
)
from lora_demo.formatting import format_size
from lora_demo.language import _

MODEL_FILES = (CHECKPOINT, SETTINGS, CARD, "LICENSE*")
CONFIG = "config.json"
TOKENIZERS = ("tokenizer.json", "sentencepiece.bpe.model", "spm.model", "spiece.model", "vocab.txt")
"""Files of which a tokenizer has one at least."""
ENCODER_FILES = (
    CONFIG,
    *TOKENIZERS,
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)
"""Files of the encoder that a model needs; the encoder's weights are in the model's checkpoint."""
T = TypeVar("T")
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")

Confirm = Callable[[str], None]
"""Gets what would be downloaded, with size and license. It raises a ValueError to refuse."""


def find_model(text: str, confirm: Confirm, progress: Progress | None = None) -> CometModel:
    """Find a model on this machine, or download it from the Hub.

    Args:
        text: A folder as `comet.download_model` leaves it, or a Hub id.
        confirm: Called before anything is downloaded.
        progress: Called with the bytes present and the bytes of the whole download.

    Returns:
        The model, with everything that it needs on this machine.

    Raises:
        ValueError: If there is no such model, it cannot be downloaded, or `confirm` refuses.
    """
    folder = find_folder(text) or _cached_folder(text)
    is_confirmed = folder is None
    if folder is None:
        _check_id(text)
        confirm(_("{model} and the tokenizer of its encoder", model=_describe(text, MODEL_FILES)))
        folder = _fetch(text, MODEL_FILES, progress)
    model = read_model(folder)
    if not _has_encoder(model.encoder):
        if not is_confirmed:
            confirm(
                _(
                    "the tokenizer of {encoder}, which {model} needs",
                    encoder=_describe(model.encoder, ENCODER_FILES),
                    model=model.name,
                )
            )
        _fetch(model.encoder, ENCODER_FILES, progress)
    return model


def _check_id(text: str) -> None:
    if not HUB_ID.fullmatch(text):
        raise ValueError(
            _(
                "The COMET model {text!r} was not found. Use a folder that `comet.download_model` "
                "made, or a Hub id such as Unbabel/wmt22-comet-da.",
                text=text[:100],
            )
        )


def _cached_folder(text: str) -> Path | None:
    """Find a model in the cache of the Hub's client; None if it is not complete."""
    if not HUB_ID.fullmatch(text):
        return None
    checkpoint, settings = (_cached(text, name) for name in (CHECKPOINT, SETTINGS))
    return checkpoint.parents[1] if checkpoint and settings else None


def _has_encoder(encoder: str) -> bool:
    """Check whether config and tokenizer of an encoder are on this machine."""
    if Path(encoder).is_dir():
        return True
    return bool(_cached(encoder, CONFIG)) and any(_cached(encoder, name) for name in TOKENIZERS)


def _cached(repo: str, name: str) -> Path | None:
    from huggingface_hub import errors, try_to_load_from_cache

    try:
        found = try_to_load_from_cache(repo, name)
    except errors.HFValidationError:
        return None
    return Path(found) if isinstance(found, str) else None


def _describe(repo: str, patterns: Sequence[str]) -> str:
    """Name a repository, the size of the files that are missing, and its license."""

    def ask() -> tuple[int, str]:
        info = hub.model_info(repo)
        files = missing_files(hub, repo, info.sha, patterns)
        license = info.card_data.license if info.card_data else None
        return sum(file.file_size or 0 for file in files), str(license or UNKNOWN_LICENSE)

    hub = open_hub(anonymous=True)
    size, license = _call_hub(ask, repo)
    return _(
        "{name} ({size}, license {license})",
        name=repo,
        size=format_size(size),
        license=license[:60],
    )


def _fetch(repo: str, patterns: Sequence[str], progress: Progress | None) -> Path:
    return _call_hub(lambda: fetch_snapshot(repo, None, patterns, progress=progress), repo)


def _call_hub(call: Callable[[], T], repo: str) -> T:
    """Call the Hub; an error says first why it was called."""
    try:
        return call_hub(call, repo)
    except ValueError as error:
        raise ValueError(
            _(
                "COMET needs {name}, which is not on this machine. {problem}",
                name=repo,
                problem=error,
            )
        ) from None
