"""Advice for a folder or repository that is not an adapter: where its adapters are."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from lora_demo.checkpoints.adapter_files import (
    CONFIG,
    PICKLED_WEIGHTS,
    WEIGHTS,
    adapter_not_found,
    natural_key,
)
from lora_demo.language import _

MAX_SEARCHED = 1000
"""Folders that are searched for adapters or base models."""
MAX_NAMED = 5
BASE_CONFIG = "config.json"
"""A file that whole models have, and adapters do not need."""


def not_an_adapter(folder: Path) -> str:
    """Say that a folder is not an adapter, and name the adapters in its subfolders.

    A Trainer puts adapters into `checkpoint-500`, PEFT puts one with a name into a folder of that
    name, and a run of this package has its adapter in `adapter`.

    Args:
        folder: A path without `adapter_config.json`.

    Returns:
        One or two sentences.
    """
    if folder.is_file():
        return _(
            "{folder} is a file. Unpack it if it is a zip, and give the adapter's folder.",
            folder=folder,
        )
    if not folder.is_dir():
        return adapter_not_found(folder)
    found = [str(path.parent) for path in _configs_below(folder)]
    place = name_places(found)
    if place:
        return _(
            "{folder} is not a PEFT adapter: it has no {file}. {place}",
            folder=folder,
            file=CONFIG,
            place=place,
        )
    if (folder / BASE_CONFIG).is_file():
        return _(
            "{folder} is a whole model, not an adapter: it has {found} and no {file}. Give it "
            "with --base.",
            folder=folder,
            found=BASE_CONFIG,
            file=CONFIG,
        )
    return _(
        "{folder} is not a PEFT adapter: it has no {file}. Give the folder that PEFT's "
        "save_pretrained or a run of this package wrote.",
        folder=folder,
        file=CONFIG,
    )


def _configs_below(folder: Path) -> list[Path]:
    """Find configs one or two folders deeper."""
    levels = (folder.glob(f"*/{CONFIG}"), folder.glob(f"*/*/{CONFIG}"))
    return [path for level in levels for path in islice(level, MAX_SEARCHED)]


def complete_below(folder: Path) -> str:
    """Say which adapters below a folder have weights, as `name_places`.

    Args:
        folder: An adapter folder without weights, as of a Trainer that was stopped.
    """
    found = [path.parent for path in _configs_below(folder)]
    return name_places(str(place) for place in found if (place / WEIGHTS).is_file())


def name_places(folders: Iterable[str]) -> str:
    """Say which folders hold adapters.

    Args:
        folders: Any number of folders.

    Returns:
        One sentence, or "" if there is none.
    """
    places = sorted(folders, key=natural_key)
    if not places:
        return ""
    if len(places) == 1:
        return _("Use the adapter in it: {place}.", place=places[0])
    return _("Use one of the adapters in it: {places}.", places=list_some(places))


def list_some(names: Sequence[str], limit: int = MAX_NAMED) -> str:
    """Join the first few names, and count the rest.

    Args:
        names: Any number of names.
        limit: Names to list.

    Returns:
        `a, b and 3 more`.
    """
    text = ", ".join(names[:limit])
    rest = len(names) - limit
    return _("{listed} and {rest} more", listed=text, rest=rest) if rest > 0 else text


def pickle_advice(where: object) -> str:
    """Say how to convert pickled weights of PyTorch, which are not read.

    Args:
        where: The folder or repository of the adapter.
    """
    convert = (
        "import torch, safetensors.torch as s; "
        f"s.save_file({{k: v.contiguous() for k, v in torch.load('{PICKLED_WEIGHTS}', "
        f"weights_only=True).items()}}, '{WEIGHTS}', {{'format': 'pt'}})"
    )
    return _(
        "{where} has {pickle} instead of {file}. It is a pickle, which is not read, because it "
        "can run code. Convert it in its folder, with a Python that has torch: "
        'python -c "{convert}"',
        where=where,
        file=WEIGHTS,
        pickle=PICKLED_WEIGHTS,
        convert=convert,
    )
