"""The command `translate`: German sentences by the base and every adapter."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lora_demo.cli.options import (
    add_adapters_argument,
    add_base_arguments,
    add_columns_argument,
    add_json_argument,
    add_precision_argument,
)
from lora_demo.cli.terminal import print_json, print_notes, print_status
from lora_demo.cli.translate_files import check_output, one_line, open_table, read_texts
from lora_demo.data.cleaning import clean
from lora_demo.formatting import plural

if TYPE_CHECKING:
    from lora_demo.columns import Column

EXAMPLE = "translate 'Heute regnet es.' --adapter adapters/mini-r4 --adapter adapters/mini-r16"
CHUNK_SIZE = 2048
"""Sentences that are translated, and printed, at a time."""
MAX_NAMED = 10
"""Long texts that a message names by their numbers."""
Compare = Callable[[Sequence[str]], list["Column"]]
"""Translates some texts with every system."""
EARLY_STOPPING: dict[str, bool | Literal["never"]] = {
    "true": True,
    "false": False,
    "never": "never",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `translate`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    _add_input_arguments(parser)
    add_base_arguments(parser)
    add_adapters_argument(parser)
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
        "--file",
        type=Path,
        help="text file with one text per line, or a table whose German column is translated; "
        "- for standard input",
    )
    add_columns_argument(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=".tsv, .csv or .jsonl file to write: each text with the translations of every "
        "system, or with --plain as the columns de and en; .txt: only translations, one per line",
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
        help="length penalty: beam search divides a score by the length to this power "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--early-stopping",
        choices=tuple(EARLY_STOPPING),
        default="false",
        help="early stopping of beam search, as in transformers (default: %(default)s)",
    )
    parser.add_argument(
        "--max-new-tokens",
        type=int,
        metavar="N",
        help="longest translation in tokens (default: 128, or twice the source if that is more)",
    )
    add_precision_argument(parser)


def run(options: argparse.Namespace) -> None:
    """Print or write translations by the base and every adapter, or by the last one only.

    Args:
        options: The parsed arguments of the command.

    Raises:
        ValueError: If the arguments contradict each other, there is no text to translate, or a file
            or a model cannot be used.
    """
    from lora_demo.checkpoints.adapter_fit import check_fit
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    if options.output:
        if options.json:
            raise ValueError("Give either --output or --json, not both.")
        check_output(options.output, options.file)
    numbered = _select_texts(options)
    translator = Translator(find_base(options.base, options.revision), options.precision)
    if translator.precision_note:
        print_status(f"! {translator.precision_note}")
    for folder in options.adapter:
        print_notes(folder, check_fit(folder, translator.base.config).notes)

    def compare(chunk: Sequence[str]) -> list["Column"]:
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

    texts = [text for _, text in numbered]
    chunks = [texts[start : start + CHUNK_SIZE] for start in range(0, len(texts), CHUNK_SIZE)]
    if options.json:
        in_pieces = _print_json(options, map(compare, chunks))
    elif options.output:
        in_pieces = _write_table(options, chunks, compare)
    else:
        in_pieces = _print_chunks(options, chunks, compare)
    _print_pieces([numbered[position][0] for position in in_pieces])


def _select_texts(options: argparse.Namespace) -> list[tuple[int, str]]:
    """Return the given part of all sentences with their numbers.

    Empty lines are left out unless each line of the file gives one line or row.
    """
    lines = read_texts(options.file, options.columns) if options.file else []
    texts = _take_part(list(enumerate([*options.texts, *lines], 1)), *options.part)
    if not options.plain and not options.output:
        texts = [(number, text) for number, text in texts if clean(text)]
    if not any(clean(text) for _, text in texts):
        raise ValueError("There is nothing to translate. Give German text, or a file with --file.")
    return texts


def _print_json(options: argparse.Namespace, results: Iterable[list["Column"]]) -> list[int]:
    """Print one JSON document; return the positions of texts in several pieces."""
    from lora_demo.columns import join_columns

    columns = [dict(vars(column)) for column in join_columns(results)]
    in_pieces: list[int] = columns[0]["in_pieces"]
    for column in columns:
        del column["in_pieces"]
    document = {"base": options.base, "beams": options.beams, "columns": columns}
    if in_pieces:
        document["translated_in_pieces"] = [position + 1 for position in in_pieces]
    print_json(document)
    return in_pieces


def _print_chunks(
    options: argparse.Namespace, chunks: Sequence[list[str]], compare: Compare
) -> list[int]:
    """Print the translations of each chunk; return the positions of texts in several pieces."""
    print_chunk = _print_plain if options.plain else _print_side_by_side
    in_pieces = []
    for number, chunk in enumerate(chunks):
        columns = compare(chunk)
        print_chunk(chunk, columns)
        sys.stdout.flush()
        in_pieces += [number * CHUNK_SIZE + position for position in columns[0].in_pieces]
    return in_pieces


def _write_table(
    options: argparse.Namespace, chunks: Sequence[list[str]], compare: Compare
) -> list[int]:
    """Write a table with a row for each text; return the positions of texts in several pieces."""
    first = compare(chunks[0])
    systems = ["en"] if options.plain else [column.name for column in first]
    in_pieces = []
    with open_table(options.output, systems) as write:
        for number, chunk in enumerate(chunks):
            columns = compare(chunk) if number else first
            texts = [_blank_like(chunk, column.texts) for column in columns]
            write(list(zip(chunk, *texts, strict=True)))
            in_pieces += [number * CHUNK_SIZE + position for position in columns[0].in_pieces]
    print_status(f"Wrote {options.output}: {plural(sum(map(len, chunks)), 'row')}.")
    return in_pieces


def _print_pieces(numbers: Sequence[int]) -> None:
    """Print the numbers of the texts that were too long to be translated whole."""
    from lora_demo.translation_request import MAX_TOKENS

    if numbers:
        shown = ", ".join(map(str, numbers[:MAX_NAMED]))
        more = f" and {len(numbers) - MAX_NAMED:,} more" if len(numbers) > MAX_NAMED else ""
        verb = "is" if len(numbers) == 1 else "are"
        print_status(
            f"! {plural(len(numbers), 'text')} {verb} longer than {MAX_TOKENS} tokens and "
            f"translated in pieces: number {shown}{more}."
        )


def _blank_like(sources: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Return translations that are empty where their source has no visible character."""
    return [text if clean(source) else "" for source, text in zip(sources, texts, strict=True)]


def _print_plain(sources: Sequence[str], columns: Sequence["Column"]) -> None:
    for text in _blank_like(sources, columns[-1].texts):
        print(one_line(text))


def _print_side_by_side(sources: Sequence[str], columns: Sequence["Column"]) -> None:
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


def _take_part(texts: list[tuple[int, str]], k: int, n: int) -> list[tuple[int, str]]:
    """Return part k of n; all parts in order give the whole list."""
    return texts[len(texts) * (k - 1) // n : len(texts) * k // n]
