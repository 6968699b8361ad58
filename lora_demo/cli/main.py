"""The command line: which commands there are; each group of them has its own file beside this one.

Standard output carries the result, with --json one JSON document and nothing else; progress goes to standard error.
Exit status: 0 done, 1 a failed run, 2 bad input, said in one line.
"""

import os
import sys

from lora_demo.arguments import Parser
from lora_demo.checkpoints.download import Cancelled
from lora_demo.cli.adapters import inspect_parser, merge_parser, reduce_parser
from lora_demo.cli.evaluate import evaluate_parser
from lora_demo.cli.hub import deploy_parser, pull_parser, push_parser
from lora_demo.cli.parameters import params_parser
from lora_demo.cli.train import curves_parser, train_parser
from lora_demo.cli.translate import translate_parser


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    options = parser().parse_args(argv)
    try:
        return options.run(options) or 0
    except ValueError as error:
        return _say(str(error), 130 if isinstance(error, Cancelled) else 2)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")
        return 0
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    except Exception as error:
        from lora_demo.errors import failure

        return _say(failure(error), 1)


def _say(message: str, status: int) -> int:
    print("lora_demo: " + " ".join(message.split()), file=sys.stderr)
    return status


def parser() -> Parser:
    """The whole command line; nothing heavy is imported for it."""
    root = Parser(
        prog="python -m lora_demo",
        description="LoRA adapters for FLAN-T5 German->English translation.",
    )
    commands = root.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )
    translate_parser(
        commands.add_parser("translate", help="the base and every adapter, side by side")
    )
    train_parser(commands.add_parser("train", help="train an adapter"))
    curves_parser(
        commands.add_parser("curves", help="draw one run's curves, or several runs by rank")
    )
    evaluate_parser(
        commands.add_parser(
            "evaluate", help="how good an adapter is, whether that is more than chance, and where"
        )
    )
    params_parser(
        commands.add_parser("params", help="exact parameter counts, from the config alone")
    )
    inspect_parser(
        commands.add_parser(
            "inspect", help="what an adapter is, whether it fits, how far it moves each layer"
        )
    )
    merge_parser(
        commands.add_parser("merge", help="write a full checkpoint with the adapter folded in")
    )
    reduce_parser(
        commands.add_parser(
            "reduce", help="write an adapter of lower rank by truncated SVD, and say what is lost"
        )
    )
    push_parser(commands.add_parser("push", help="send an adapter to the Hugging Face Hub"))
    pull_parser(commands.add_parser("pull", help="fetch an adapter from the Hub"))
    deploy_parser(commands.add_parser("deploy", help="create or update a Space with the page"))
    return root
