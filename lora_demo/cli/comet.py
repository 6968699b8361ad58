"""The options of `evaluate` that score with COMET, and the question before a download."""

import argparse
import sys
from typing import TYPE_CHECKING

from lora_demo.cli.terminal import print_status

if TYPE_CHECKING:
    from lora_demo.evaluation.comet.scorer import CometScorer

YES = ("y", "yes")


def add_comet_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--comet` and the options that depend on it.

    Args:
        parser: The parser of `evaluate`, which gets the arguments.
    """
    parser.add_argument(
        "--comet",
        metavar="MODEL",
        help="also score with COMET, in a process of its own: a folder that "
        "comet.download_model made, or a Hub id such as Unbabel/wmt22-comet-da. Size and "
        "license are shown before a download",
    )
    parser.add_argument(
        "--comet-python",
        metavar="PATH",
        help="Python of a separate environment that has unbabel-comet (default: that of "
        "LORA_DEMO_COMET_PYTHON). Make the environment with python -m venv comet-env && "
        "comet-env/bin/pip install unbabel-comet 'setuptools<81'",
    )
    parser.add_argument(
        "--comet-trust",
        action="store_true",
        help="load a checkpoint of --comet that holds more than weights. It can then run code on "
        "this machine",
    )
    parser.add_argument(
        "--yes", action="store_true", help="download the model of --comet without asking"
    )


def open_comet(options: argparse.Namespace) -> "CometScorer | None":
    """Find the model and the Python that runs it, before anything slow.

    Args:
        options: The options of `evaluate`.

    Returns:
        The scorer; None without `--comet`.

    Raises:
        ValueError: If one of them is not found, or the download is refused.
    """
    if options.comet is None:
        if options.comet_python or options.comet_trust:
            raise ValueError("--comet-python and --comet-trust need --comet MODEL.")
        return None
    from lora_demo.evaluation.comet.download import find_model
    from lora_demo.evaluation.comet.environment import find_python
    from lora_demo.evaluation.comet.scorer import CometScorer

    python = find_python(options.comet_python)
    model = find_model(options.comet, lambda what: _confirm(what, options.yes))
    print_status(f"COMET: {model.description}")
    return CometScorer(python, model, options.comet_trust)


def _confirm(what: str, is_confirmed: bool) -> None:
    """Show what would be downloaded, and ask for a yes."""
    if is_confirmed:
        print_status(f"Downloading {what}")
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ValueError(f"--comet would download {what}. Add --yes to download it.")
    print(f"--comet downloads {what}. Download it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in YES:
        raise ValueError("Nothing was downloaded, and nothing was evaluated.")
