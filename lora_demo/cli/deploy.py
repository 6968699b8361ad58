"""The command `deploy`: the app as a Hugging Face Space."""

import argparse
import sys

from lora_demo.cli.options import add_json_argument
from lora_demo.cli.parcel import describe_parcel, print_parcel
from lora_demo.cli.terminal import print_json

EXAMPLE = "deploy --space USER/NAME --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `deploy`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    parser.add_argument(
        "--space",
        required=True,
        metavar="USER/NAME",
        help="Space to create or update; NAME alone means your own account",
    )
    parser.add_argument(
        "--hardware",
        metavar="FLAVOR",
        help="hardware of the Space, e.g. cpu-upgrade or t4-small "
        "(default: free for a new Space, unchanged for an existing one)",
    )
    parser.add_argument(
        "--private", action="store_true", help="make the Space private if it is new"
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="allow overwriting a Space that lora_demo did not create",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the list of files, and send nothing"
    )
    add_json_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Send this checkout in one commit, with the token of `hf auth login` or HF_TOKEN.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.hub.space import deploy_space, preview_space

    if options.dry_run:
        parcel = preview_space(options.space)
        if options.json:
            print_json(describe_parcel(parcel))
        else:
            print_parcel(parcel, sys.stdout)
        return
    deployed = deploy_space(
        options.space,
        hardware=options.hardware,
        private=options.private,
        overwrite=options.overwrite,
    )
    if options.json:
        print_json(vars(deployed))
    else:
        print(deployed.url)
