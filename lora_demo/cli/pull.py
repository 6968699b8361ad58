"""The command `pull`: an adapter from the Hugging Face Hub."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lora_demo.cli.options import add_json_argument
from lora_demo.cli.terminal import print_json

if TYPE_CHECKING:
    from lora_demo.hub.pull import Pulled

EXAMPLE = "pull USER/NAME --output my-adapter"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `pull`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    parser.add_argument(
        "id",
        metavar="USER/NAME[/FOLDER][@REVISION]",
        help="model repository of a PEFT LoRA adapter, a folder in it, or the address of its page",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder to write (default: the repository's name, in the current folder)",
    )
    parser.add_argument(
        "--base", help="base model to check the adapter against (default: the base that it names)"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the contents of an existing folder"
    )
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Download the adapter; nothing is written if it does not fit its base.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.hub.places import parse_place
    from lora_demo.hub.pull import pull_adapter

    place = parse_place(options.id)
    folder = options.output or Path(place.name.rpartition("/")[2])
    pulled = pull_adapter(options.id, folder, base=options.base, overwrite=options.overwrite)
    if options.json:
        print_json(vars(pulled) | {"folder": str(pulled.folder)})
    else:
        _print_pulled(pulled)


def _print_pulled(pulled: "Pulled") -> None:
    print(f"{pulled.folder}: LoRA adapter of rank {pulled.rank} for {pulled.base}")
    if pulled.note:
        print(pulled.note)
    base = f"--base {pulled.base}"
    if pulled.revision:
        base += f" --revision {pulled.revision}"
    print(f"Try: python -m lora_demo translate {base} --adapter {pulled.folder} 'Guten Morgen!'")
