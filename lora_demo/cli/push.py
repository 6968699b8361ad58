"""The command `push`: an adapter to the Hugging Face Hub."""

import argparse
import sys

from lora_demo.cli.options import add_adapter_argument, add_json_argument
from lora_demo.cli.parcel import describe_parcel, print_parcel
from lora_demo.cli.terminal import print_json

EXAMPLE = "push runs/my-run/adapter --repo USER/NAME --private --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `push`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    add_adapter_argument(parser)
    parser.add_argument(
        "--repo",
        required=True,
        metavar="USER/NAME",
        help="model repository to create or update; NAME alone means your own account",
    )
    parser.add_argument(
        "--private", action="store_true", help="make the repository private if it is new"
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="allow writing to a repository that lora_demo did not create",
    )
    parser.add_argument(
        "--without-base",
        action="store_true",
        help="do not send the embedded or local base model; others need it to use the adapter",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print the model card and the list of files, and send nothing",
    )
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Send the adapter in one commit, with the token of `hf auth login` or HF_TOKEN.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.checkpoints.connection import open_hub
    from lora_demo.checkpoints.repository_names import full_name
    from lora_demo.hub.parcel import preview_push
    from lora_demo.hub.push import push_adapter

    repo = full_name(options.repo, open_hub(anonymous=options.dry_run))
    with_base = not options.without_base
    parcel = preview_push(options.adapter, repo, with_base)
    if options.dry_run and options.json:
        print_json(describe_parcel(parcel))
        return
    print_parcel(parcel, sys.stdout if options.dry_run else sys.stderr)
    if options.dry_run:
        return
    pushed = push_adapter(
        options.adapter,
        repo,
        private=options.private,
        overwrite=options.overwrite,
        with_base=with_base,
    )
    if options.json:
        print_json(vars(pushed))
    elif pushed.changed:
        print(pushed.url)
    else:
        print(f"{pushed.url} (already up to date)")
