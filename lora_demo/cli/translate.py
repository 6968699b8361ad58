"""The command `translate`: its arguments, what it does and prints."""

import argparse
import sys
from pathlib import Path

from lora_demo.cli.options import base_arguments, json_argument, print_json
from lora_demo.training.config import PRECISIONS

BULK = 2048
"""Sentences that are translated together; what is done is printed before the next."""


def translate_parser(p):
    p.set_defaults(run=translate)
    p.add_argument("texts", nargs="*", metavar="TEXT", help="German sentences")
    p.add_argument(
        "--file", type=Path, help="a text file, one sentence a line; - for standard input"
    )
    p.add_argument(
        "--part",
        type=_part,
        default=(1, 1),
        metavar="K/N",
        help="only the K-th of N parts of the sentences, so that N processes share a large file",
    )
    p.add_argument(
        "--plain",
        action="store_true",
        help="print translations alone, one a line, of the last adapter (without one, the base); empty lines stay empty",
    )
    base_arguments(p)
    p.add_argument(
        "--adapter",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="a PEFT LoRA folder; may be given several times",
    )
    p.add_argument(
        "--strength",
        action="append",
        type=float,
        metavar="S",
        help="of each adapter in turn: 0 is the base, 1 as trained (default)",
    )
    p.add_argument("--beams", type=int, default=1, help="1 (greedy) to 16")
    p.add_argument("--length-penalty", type=float, default=1.0)
    p.add_argument(
        "--early-stopping",
        choices=("true", "false", "never"),
        default="false",
        help="of beam search, as in transformers",
    )
    p.add_argument(
        "--max-new-tokens",
        type=int,
        help="longest translation (default: 128, or twice a long source)",
    )
    p.add_argument("--precision", choices=PRECISIONS, default="auto")
    json_argument(p)


def translate(options):
    """Prints translations by the base and every adapter, or with `--plain` by the last alone."""
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator, joined

    texts = [*options.texts, *(_lines(options.file) if options.file else [])]
    texts = [text for text in _share(texts, *options.part) if options.plain or text.strip()]
    if not any(map(str.strip, texts)):
        raise ValueError("Nothing to translate: give German text, or --file.")
    translator = Translator(find_base(options.base, options.revision), options.precision)
    early_stopping = {"true": True, "false": False, "never": "never"}[options.early_stopping]
    only = len(options.adapter) if options.plain and not options.json else None
    compare = lambda texts: translator.compare(
        texts,
        options.adapter,
        strengths=options.strength,
        only=only,
        num_beams=options.beams,
        max_new_tokens=options.max_new_tokens,
        length_penalty=options.length_penalty,
        early_stopping=early_stopping,
    )
    bulks = [texts[start : start + BULK] for start in range(0, len(texts), BULK)]
    if options.json:
        print_json(
            {
                "base": options.base,
                "beams": options.beams,
                "columns": [vars(column) for column in joined(map(compare, bulks))],
            }
        )
        return
    for bulk in bulks:
        columns = compare(bulk)
        _print_plain(bulk, columns[-1].texts) if options.plain else _print_side_by_side(
            bulk, columns
        )


def _print_plain(sources: list[str], texts: list[str]):
    for source, text in zip(sources, texts):
        print(text if source.strip() else "")
    sys.stdout.flush()


def _print_side_by_side(sources: list[str], columns):
    width = max(len(column.name) for column in columns)
    for i, source in enumerate(sources):
        print(f"{'de':>{width}}  {source}")
        for column in columns:
            print(f"{column.name:>{width}}  {column.texts[i]}")
    sys.stdout.flush()


def _part(text: str) -> tuple[int, int]:
    """2/5 -> (2, 5)"""
    k, _, n = text.partition("/")
    if not (k.isdecimal() and n.isdecimal() and 1 <= int(k) <= int(n)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no part; wanted for example 2/5, the second of five"
        )
    return int(k), int(n)


def _share(texts: list[str], k: int, n: int) -> list[str]:
    """The k-th of n parts, which joined are the whole."""
    return texts[len(texts) * (k - 1) // n : len(texts) * k // n]


def _lines(path: Path) -> list[str]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"--file {path} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8 text'})."
        ) from None
    return text.removesuffix("\n").split("\n")
