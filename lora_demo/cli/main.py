"""The command line: the list of commands, each of which has its own file in this folder.

Standard output holds the result: with --json one JSON document and nothing else. Progress and
errors go to standard error. Exit status: 0 done, 1 failed run, 2 bad input, described in one line.

To add a command, write a file like `merge.py` with the four names of `Command`, and add one line
to `COMMANDS`.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Protocol

from lora_demo.arguments import Parser
from lora_demo.checkpoints.download import CancelledError
from lora_demo.cli import (
    combine,
    curves,
    deploy,
    evaluate,
    inspect,
    merge,
    params,
    pull,
    push,
    reduce,
    train,
    translate,
)

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses."""


class Command(Protocol):
    """The names that the file of a command defines; heavy imports belong inside `run`."""

    HELP: str
    """The purpose of the command, as one phrase without a final full stop."""
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


COMMANDS: dict[str, Command] = {
    "translate": translate,
    "train": train,
    "curves": curves,
    "evaluate": evaluate,
    "params": params,
    "inspect": inspect,
    "merge": merge,
    "reduce": reduce,
    "combine": combine,
    "push": push,
    "pull": pull,
    "deploy": deploy,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words of the command line; None for those of this process.

    Returns:
        The exit status.

    Raises:
        SystemExit: If the arguments cannot be parsed (status 2), or after --help (status 0).
    """
    options = make_parser().parse_args(arguments)
    try:
        options.run(options)
    except CancelledError as error:
        return _print_error(str(error), INTERRUPTED)
    except ValueError as error:
        return _print_error(str(error), BAD_INPUT)
    except BrokenPipeError:
        _discard_output()
    except KeyboardInterrupt:
        return _print_error("Interrupted.", INTERRUPTED)
    except Exception as error:
        from lora_demo.errors import describe_error

        return _print_error(describe_error(error), FAILED)
    return DONE


def make_parser() -> Parser:
    """Build the parser of all commands, without importing any heavy library."""
    root = Parser(
        prog=_program(),
        description="Train, compare and share LoRA adapters that translate German to English.",
    )
    commands = root.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )
    for name, command in COMMANDS.items():
        parser = commands.add_parser(
            name,
            help=command.HELP,
            description=f"{command.HELP[0].upper()}{command.HELP[1:]}.",
            epilog=f"example:\n  {root.prog} {command.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(parser)
        parser.set_defaults(run=command.run)
    return root


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
