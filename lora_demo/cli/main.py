"""The command line: the list of commands, each of which has its own file in this folder.

Standard output holds the result: with --json one JSON document and nothing else. Progress and
errors go to standard error. Exit status: 0 done, 1 failed run, 2 bad input, described in one line.

To add a command, write a file like `merge.py` with the three names of `Command`, and add one line
to `COMMANDS`. Only the file of the given command is imported.
"""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from lora_demo.arguments import Parser

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses."""


class Command(Protocol):
    """The names that the file of a command defines; heavy imports belong inside `run`."""

    EXAMPLE: str
    """The rest of a command line that shows the command, without the program's name."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments to its parser.

        Args:
            parser: The command's parser, which gets the arguments.
        """

    def run(self, options: argparse.Namespace) -> None:
        """Run the command with its parsed arguments and print the result.

        Args:
            options: The parsed arguments of the command.

        Raises:
            ValueError: If an argument or an input is wrong.
        """


COMMANDS = {
    "translate": "translate German text with the base and every adapter, side by side",
    "train": "train an adapter, and keep the best one in a run folder",
    "curves": "draw the curves of one run, or compare several runs by trained parameters",
    "evaluate": (
        "score the base and its adapters on a test set, with significance against the base"
    ),
    "params": "count the parameters of adapters exactly, from the base's config alone",
    "inspect": (
        "describe an adapter, check that it fits its base, and measure its change to each layer"
    ),
    "merge": "write the base model with the adapter merged into its weights, as a T5 checkpoint",
    "reduce": "write an adapter of lower rank by truncated SVD, and report what it loses",
    "combine": (
        "write the weighted sum of several adapters as one adapter, exactly or at a lower rank"
    ),
    "push": "send an adapter to the Hugging Face Hub",
    "pull": "download an adapter from the Hugging Face Hub and check it against its base",
    "deploy": "create or update a Hugging Face Space that runs this app",
}
"""The purpose of each command, as one phrase without a final full stop."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words of the command line; None for those of this process.

    Returns:
        The exit status.

    Raises:
        SystemExit: If the arguments cannot be parsed (status 2), or after --help (status 0).
    """
    options = parse_arguments(sys.argv[1:] if arguments is None else arguments)
    try:
        options.run(options)
    except ValueError as error:
        from lora_demo.checkpoints.download import CancelledError

        is_cancelled = isinstance(error, CancelledError)
        return _print_error(str(error), INTERRUPTED if is_cancelled else BAD_INPUT)
    except BrokenPipeError:
        _discard_output()
    except KeyboardInterrupt:
        return _print_error("Interrupted.", INTERRUPTED)
    except Exception as error:
        from lora_demo.errors import describe_error

        return _print_error(describe_error(error), FAILED)
    return DONE


def parse_arguments(words: list[str]) -> argparse.Namespace:
    """Parse a command line.

    Args:
        words: The words after the program's name.

    Returns:
        The arguments of the command; `run` is its function.

    Raises:
        SystemExit: If the arguments cannot be parsed (status 2), or after --help (status 0).
    """
    root = Parser(
        prog=_program(),
        description="Train, compare and share LoRA adapters that translate German to English.",
    )
    parsers = root.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )
    given = next((word for word in words if word in COMMANDS), None)
    for name, purpose in COMMANDS.items():
        parser = parsers.add_parser(
            name,
            help=purpose,
            description=f"{purpose[0].upper()}{purpose[1:]}.",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == given:
            command = load_command(name)
            command.add_arguments(parser)
            parser.epilog = f"example:\n  {root.prog} {command.EXAMPLE}"
            parser.set_defaults(run=command.run)
    return root.parse_args(words)


def load_command(name: str) -> Command:
    """Import the file of a command.

    Args:
        name: One of `COMMANDS`.
    """
    return cast(Command, import_module(f"lora_demo.cli.{name}"))


def _program() -> str:
    """Return the command that the user typed to start this program."""
    is_script = Path(sys.argv[0]).name == "lora-demo"
    return "lora-demo" if is_script else "python -m lora_demo"


def _print_error(message: str, status: int) -> int:
    print("lora_demo: " + " ".join(message.split()), file=sys.stderr)
    return status


def _discard_output() -> None:
    """Keep Python from failing at exit when it flushes output that nothing reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
