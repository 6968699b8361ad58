"""Options that several commands share."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.model.precision import TRANSLATION_PRECISIONS

if TYPE_CHECKING:
    from lora_demo.checkpoints.base import Base
    from lora_demo.model.config import T5Config


class ArgumentGroup(Protocol):
    """A parser, or a group of arguments in its help."""

    def add_argument(self, *names: str, **settings: Any) -> Any:
        """Add one argument, as `argparse.ArgumentParser.add_argument` does."""


def add_base_arguments(group: ArgumentGroup, default: str = EMBEDDED) -> None:
    """Add --base and --revision, for commands that work on a base model.

    Args:
        group: Gets the arguments.
        default: Value without --base; `argparse.SUPPRESS` for none.
    """
    group.add_argument(
        "--base",
        default=default,
        metavar="BASE",
        help="base model: mini (embedded), the folder of a T5 checkpoint, "
        f"or a Hub id such as google/flan-t5-small (default: {EMBEDDED})",
    )
    add_revision_argument(group)


def adapter_folder(text: str) -> Path:
    """Return the adapter folder that an argument names, as `train --from` finds it.

    Args:
        text: A folder, or the name of a shipped adapter. What is neither is returned as a path,
            which the command refuses.
    """
    from lora_demo.checkpoints.adapter_files import find_adapter

    with suppress(ValueError):
        return find_adapter(text)
    return Path(text)


def add_adapter_argument(group: ArgumentGroup) -> None:
    """Add ADAPTER, the folder of an adapter or the name of a shipped one.

    Args:
        group: Gets the argument.
    """
    group.add_argument(
        "adapter",
        type=adapter_folder,
        metavar="ADAPTER",
        help="folder of a LoRA adapter, or a shipped one such as mini-r8",
    )


def add_adapter_arguments(group: ArgumentGroup) -> None:
    """Add ADAPTER, --base and --revision, for commands that work on one adapter.

    Args:
        group: Gets the arguments.
    """
    add_adapter_argument(group)
    group.add_argument(
        "--base", help="base model of the adapter (default: the base named in its config)"
    )
    add_revision_argument(group)


def add_adapters_argument(group: ArgumentGroup) -> None:
    """Add --adapter, which can be given several times.

    Args:
        group: Gets the argument.
    """
    group.add_argument(
        "--adapter",
        action="append",
        default=[],
        type=adapter_folder,
        metavar="ADAPTER",
        help="folder of a LoRA adapter, or a shipped one such as mini-r8; may be given several "
        "times",
    )


def add_revision_argument(group: ArgumentGroup) -> None:
    """Add --revision of a base model.

    Args:
        group: Gets the argument.
    """
    group.add_argument("--revision", help="branch, tag or commit of a base on the Hub")


def add_output_argument(group: ArgumentGroup) -> None:
    """Add --output, a required new folder.

    Args:
        group: Gets the argument.
    """
    group.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder to write; it must be new or empty",
    )


def add_columns_argument(group: ArgumentGroup) -> None:
    """Add --columns, the names of the German and the English column of a file.

    Args:
        group: Gets the argument.
    """
    group.add_argument(
        "--columns",
        metavar="de=NAME,en=NAME",
        help="names of the German and the English column of the data, if they are not found "
        "(languages of a TMX file; source and target in XLIFF; msgid and msgstr in .po); also of "
        "further sets that have these columns; de=en,en=de exchanges the two languages",
    )


def add_precision_argument(group: ArgumentGroup) -> None:
    """Add --precision of translations.

    Args:
        group: Gets the argument.
    """
    group.add_argument(
        "--precision",
        choices=TRANSLATION_PRECISIONS,
        default="auto",
        help="number format of the weights; auto: bfloat16 on a GPU, float32 on a CPU; int8: a "
        "quarter of the memory, for CPUs with AVX-512 (default: %(default)s)",
    )


def add_json_argument(group: ArgumentGroup) -> None:
    """Add --json.

    Args:
        group: Gets the argument.
    """
    group.add_argument("--json", action="store_true", help="print the result as one JSON document")


def find_base_id(options: argparse.Namespace) -> str:
    """Return the base model that --base gives, or the one that the adapter's config names.

    Args:
        options: The parsed arguments of a command that calls `add_adapter_arguments`.

    Raises:
        ValueError: If neither gives a base.
    """
    return options.base or base_id_of(options.adapter)


def base_id_of(adapter: Path) -> str:
    """Return the base model that an adapter's config names.

    Args:
        adapter: An adapter folder.

    Raises:
        ValueError: If it names none.
    """
    from lora_demo.checkpoints.adapter_config import read_config

    id = str(read_config(adapter).get("base_model_name_or_path") or "")
    if not id:
        raise ValueError(f"{adapter} does not name a base model. Give one with --base.")
    return id


def find_adapter_base(options: argparse.Namespace) -> "Base":
    """Find the base model of an adapter, with its weights.

    Args:
        options: The parsed arguments of a command that calls `add_adapter_arguments`.

    Raises:
        ValueError: If it cannot be read. If the adapter's config named it, the message says so.
    """
    from lora_demo.checkpoints.base import find_base

    with _explain_named_base(options) as id:
        return find_base(id, options.revision)


def find_adapter_config(options: argparse.Namespace) -> "T5Config":
    """Find the geometry of an adapter's base model.

    Args:
        options: The parsed arguments of a command that calls `add_adapter_arguments`.

    Raises:
        ValueError: As for `find_adapter_base`.
    """
    from lora_demo.checkpoints.base import find_config

    with _explain_named_base(options) as id:
        return find_config(id, options.revision)


@contextmanager
def _explain_named_base(options: argparse.Namespace) -> Iterator[str]:
    """Give the base's id; if it cannot be read, say that the adapter's config named it."""
    id = find_base_id(options)
    try:
        yield id
    except ValueError as error:
        if options.base:
            raise
        from lora_demo.hub.local_paths import snapshot_id

        on_hub = snapshot_id(id)
        raise ValueError(
            f"{options.adapter} was made for the base {id[:200]!r}, which cannot be read here. "
            f"Give the base with --base{on_hub and f' {on_hub}'}. ({error})"
        ) from None


def check_new_folder(folder: Path) -> None:
    """Check that a folder to write is new or empty.

    Args:
        folder: The path that --output gives.

    Raises:
        ValueError: If it is a file, or a folder that is not empty.
    """
    if not folder.exists():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise ValueError(f"{folder} exists and is not empty. Choose a new folder.")
