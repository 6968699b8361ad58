"""The command `curves`: a figure of finished runs."""

import argparse
from pathlib import Path

EXAMPLE = "curves runs/rank-4 runs/rank-8 runs/rank-16 --output ranks.svg"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `curves`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    parser.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="run folder; one shows its losses and scores, several are compared",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help=".svg or .png file to write"
    )


def run(options: argparse.Namespace) -> None:
    """Draw the figure and print its file.

    Args:
        options: The parsed arguments of the command.
    """
    from lora_demo.training.curves import draw

    draw(options.runs, options.output)
    print(options.output)
