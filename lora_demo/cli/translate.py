"""The command `translate`: German sentences by the base and every adapter."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lora_demo.cli.options import add_base_arguments, add_json_argument
from lora_demo.cli.terminal import print_json
from lora_demo.training.config import PRECISIONS

if TYPE_CHECKING:
    from lora_demo.translator import Column

HELP = "translate German text with the base and every adapter, side by side"
EXAMPLE = "translate 'Heute regnet es.' --adapter adapters/mini-r4 --adapter adapters/mini-r16"
CHUNK_SIZE = 2048
"""Sentences that are translated, and printed, at a time."""
EARLY_STOPPING: dict[str, bool | Literal["never"]] = {
    "true": True,
    "false": False,
    "never": "never",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `translate`."""
    _add_input_arguments(parser)
    add_base_arguments(parser)
    parser.add_argument(
        "--adapter",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="folder of a PEFT LoRA adapter; can be given several times",
    )
    parser.add_argument(
        "--strength",
        action="append",
        type=float,
        metavar="S",
        help="strength of each adapter, in the same order: 0 is the base, 1 the trained adapter "
        "(default: 1)",
    )
    _add_search_arguments(parser)
    add_json_argument(parser)


def _add_input_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="German sentences")
    parser.add_argument(
        "--file", type=Path, help="text file with one sentence per line; - for standard input"
    )
    parser.add_argument(
        "--part",
        type=_parse_part,
        default=(1, 1),
        metavar="K/N",
        help="translate only part K of N equal parts, so that N processes can share a large file",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="print only the translations, one per line, by the last adapter (without adapters: "
        "by the base); an empty line stays empty",
    )


def _add_search_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--beams",
        type=int,
        default=1,
        metavar="N",
        help="beams of the search, 1 (greedy) to 16 (default: %(default)s)",
    )
    parser.add_argument(
        "--length-penalty",
        type=float,
        default=1.0,
        metavar="P",
        help="exponent of the length by which beam search divides a score (default: %(default)s)",
    )
    parser.add_argument(
        "--early-stopping",
        choices=tuple(EARLY_STOPPING),
        default="false",
        help="when beam search ends, as in transformers (default: %(default)s)",
    )
    parser.add_argument(
        "--max-new-tokens",
        type=int,
        metavar="N",
        help="longest translation in tokens (default: 128, or twice the source if that is more)",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="auto",
        help="number format of the weights; auto takes the faster one (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> None:
    """Print translations by the base and every adapter, or with --plain by the last one only."""
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator, join_columns

    texts = _select_texts(options)
    translator = Translator(find_base(options.base, options.revision), options.precision)

    def compare(chunk: list[str]) -> list["Column"]:
        return translator.compare(
            chunk,
            options.adapter,
            strengths=options.strength,
            only=len(options.adapter) if options.plain and not options.json else None,
            num_beams=options.beams,
            max_new_tokens=options.max_new_tokens,
            length_penalty=options.length_penalty,
            early_stopping=EARLY_STOPPING[options.early_stopping],
        )

    chunks = [texts[start : start + CHUNK_SIZE] for start in range(0, len(texts), CHUNK_SIZE)]
    if options.json:
        columns = [vars(column) for column in join_columns(map(compare, chunks))]
        print_json({"base": options.base, "beams": options.beams, "columns": columns})
        return
    print_chunk = _print_plain if options.plain else _print_side_by_side
    for chunk in chunks:
        print_chunk(chunk, compare(chunk))
        sys.stdout.flush()


def _select_texts(options: argparse.Namespace) -> list[str]:
    """Return the given part of all sentences; only --plain keeps empty lines."""
    lines = _read_lines(options.file) if options.file else []
    texts = _take_part([*options.texts, *lines], *options.part)
    if not options.plain:
        texts = [text for text in texts if text.strip()]
    if not any(text.strip() for text in texts):
        raise ValueError("There is nothing to translate. Give German text, or a file with --file.")
    return texts


def _print_plain(sources: list[str], columns: Sequence["Column"]) -> None:
    for source, text in zip(sources, columns[-1].texts, strict=True):
        print(text if source.strip() else "")


def _print_side_by_side(sources: list[str], columns: Sequence["Column"]) -> None:
    width = max(len(column.name) for column in columns)
    for i, source in enumerate(sources):
        print(f"{'de':>{width}}  {source}")
        for column in columns:
            print(f"{column.name:>{width}}  {column.texts[i]}")


def _parse_part(text: str) -> tuple[int, int]:
    """Parse a part such as 2/5."""
    k, _, n = text.partition("/")
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a part K/N: write for example 2/5, the second of five parts"
        )
    return int(k), int(n)


def _take_part(texts: list[str], k: int, n: int) -> list[str]:
    """Return part k of n; the parts in their order are all the texts."""
    return texts[len(texts) * (k - 1) // n : len(texts) * k // n]


def _read_lines(path: Path) -> list[str]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"--file {path} cannot be read: it is not UTF-8 text.") from None
    except OSError as error:
        raise ValueError(f"--file {path} cannot be read: {error.strerror}.") from None
    return text.removesuffix("\n").split("\n")
