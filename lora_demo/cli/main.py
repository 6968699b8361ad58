"""The command line: which commands there are, and those of models and adapters; the same calls as the page.

`train`, `evaluate` and those of the Hub stand in the `command.py` of their folders.

Standard output carries the result, with --json one JSON document and nothing else; progress goes to standard error.
Exit status: 0 done, 1 a failed run, 2 bad input, said in one line.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from lora_demo.arguments import Parser
from lora_demo.checkpoints.base import EMBEDDED
from lora_demo.checkpoints.download import Cancelled
from lora_demo.model.parameters import count_adapter, matrix_formulas, total_parameters
from lora_demo.training.config import PRECISIONS

BULK = 2048
"""Sentences that are translated together; what is done is printed before the next."""


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
    _translate_parser(
        commands.add_parser("translate", help="the base and every adapter, side by side")
    )
    _train_parser(commands.add_parser("train", help="train an adapter"))
    _curves_parser(
        commands.add_parser("curves", help="draw one run's curves, or several runs by rank")
    )
    _evaluate_parser(
        commands.add_parser(
            "evaluate", help="how good an adapter is, whether that is more than chance, and where"
        )
    )
    _params_parser(
        commands.add_parser("params", help="exact parameter counts, from the config alone")
    )
    _inspect_parser(
        commands.add_parser(
            "inspect", help="what an adapter is, whether it fits, how far it moves each layer"
        )
    )
    _merge_parser(
        commands.add_parser("merge", help="write a full checkpoint with the adapter folded in")
    )
    _reduce_parser(
        commands.add_parser(
            "reduce", help="write an adapter of lower rank by truncated SVD, and say what is lost"
        )
    )
    _push_parser(commands.add_parser("push", help="send an adapter to the Hugging Face Hub"))
    _pull_parser(commands.add_parser("pull", help="fetch an adapter from the Hub"))
    _deploy_parser(commands.add_parser("deploy", help="create or update a Space with the page"))
    return root


def _base_arguments(p):
    p.add_argument(
        "--base",
        default=EMBEDDED,
        metavar="BASE",
        help="mini (embedded), a T5 checkpoint folder, or a Hub id such as google/flan-t5-small (default: mini)",
    )
    p.add_argument("--revision", help="branch, tag or commit of a Hub base")


def _json_argument(p):
    p.add_argument("--json", action="store_true", help="print one JSON document")


def _base_of(options) -> str:
    """The base that is given, or the one that the adapter names."""
    from lora_demo.checkpoints.adapters import read_config

    id = options.base or str(read_config(options.adapter).get("base_model_name_or_path") or "")
    if not id:
        raise ValueError(f"{options.adapter} names no base: give one with --base.")
    return id


def _check_new(folder: Path):
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} exists and is not empty: choose a new folder.")


def _translate_parser(p):
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
    _base_arguments(p)
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
    _json_argument(p)


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
        _print_json(
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


def _train_parser(p):
    from lora_demo.cli.train import add_arguments

    p.set_defaults(run=train)
    _base_arguments(p)
    add_arguments(p)
    _json_argument(p)


def train(options):
    """Trains in this process or on a Job, which Ctrl-C or a TERM signal cancels."""
    from lora_demo.cli.train import run

    run(options, _worker(options), _print_json)


def _worker(options):
    """What does the run: this process, or a Job that it follows."""
    from functools import partial

    if options.on == "here":
        from lora_demo.training.runs import work

        return work
    from lora_demo.hub.jobs import work_on_jobs

    return partial(work_on_jobs, flavor=options.flavor, repo=options.repo, timeout=options.timeout)


def _curves_parser(p):
    p.set_defaults(run=curves)
    p.add_argument(
        "runs",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="run folders; one: its losses and scores; several: side by side, by trained parameters",
    )
    p.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="an .svg or .png file"
    )


def curves(options):
    """Draws what runs have measured."""
    from lora_demo.training.curves import draw

    draw(options.runs, options.output)
    print(options.output)


def _evaluate_parser(p):
    from lora_demo.cli.evaluate import add_arguments

    p.set_defaults(run=evaluate)
    _base_arguments(p)
    add_arguments(p)
    _json_argument(p)


def evaluate(options):
    """Scores the base, adapters and outputs made elsewhere on a set; prints the verdict and the scores."""
    from lora_demo.cli.evaluate import run

    run(options, _print_json)


def _params_parser(p):
    p.set_defaults(run=params)
    _base_arguments(p)
    p.add_argument("--ranks", type=int, nargs="+", default=[4, 8, 16])
    p.add_argument("--targets", default="q,v")
    _json_argument(p)


def params(options):
    """Prints the exact parameter counts of adapters of some ranks."""
    from lora_demo.checkpoints.base import find_config

    config = find_config(options.base, options.revision)
    rows = [count_adapter(config, rank, options.targets) for rank in options.ranks]
    total = total_parameters(config)
    if options.json:
        keys = ("rank", "targets", "trainable", "percent", "adapter_bytes")
        _print_json(
            {
                "base": options.base,
                "total": total,
                "rows": [{key: getattr(row, key) for key in keys} for row in rows],
            }
        )
        return
    print(f"{options.base}: {total:,} parameters")
    print(f"{'rank':>5} {'trainable':>12} {'% of all':>9} {'file':>9} {'AdamW':>9}  targets")
    for row in rows:
        print(
            f"{row.rank:>5} {row.trainable:>12,} {row.percent:>9.4f} {row.adapter_bytes / 1e6:>6.2f} MB {row.optimizer_bytes / 1e6:>6.2f} MB  {','.join(row.targets)}"
        )
    for name, many, d_in, d_out in matrix_formulas(config, options.targets):
        print(f"  {many} x {name}: r * ({d_in} + {d_out})")


def _inspect_parser(p):
    p.set_defaults(run=inspect)
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument("--base", help="hold it against this base (default: the one that it names)")
    p.add_argument("--revision")
    _json_argument(p)


def inspect(options):
    """Prints what an adapter is, whether it fits its base, and how far it moves each layer."""
    from lora_demo.checkpoints.adapters import inspect_adapter
    from lora_demo.checkpoints.base import find_base, find_config

    id = _base_of(options)
    try:
        base, config = find_base(id, options.revision), None
    except ValueError:
        base, config = None, find_config(id, options.revision)
        print(
            f"The weights of {id} are not at hand, so relative norms are unknown.", file=sys.stderr
        )
    report = inspect_adapter(options.adapter, base, config) | {"base": id}
    if options.json:
        _print_json(report)
        return
    print(
        f"{report['adapter']}: LoRA of rank {report['rank']}, alpha {report['alpha']:g}, on {', '.join(report['targets'])}, {report['parameters']:,} parameters, for {id}"
    )
    print(
        "It fits." if report["fits"] else "It does not fit: " + "; ".join(report["problems"]) + "."
    )
    for layer in report["layers"]:
        print(
            f"  {layer['name']:<50} "
            + (f"{layer['relative_norm']:.5f}" if layer["relative_norm"] is not None else "-")
        )


def _merge_parser(p):
    p.set_defaults(run=merge)
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument("--output", type=Path, required=True, metavar="DIR")
    p.add_argument("--base", help="the base to fold it into (default: the one that it names)")
    p.add_argument("--revision")


def merge(options):
    """Writes the base with the adapter folded in, as a float32 Hugging Face checkpoint."""
    from lora_demo.checkpoints.adapters import read_adapter
    from lora_demo.checkpoints.base import find_base
    from lora_demo.checkpoints.merging import merge_adapter

    id = _base_of(options)
    _check_new(options.output)
    base = find_base(id, options.revision)
    merge_adapter(base, read_adapter(options.adapter, base.config), options.output)
    print(options.output)


def _reduce_parser(p):
    p.set_defaults(run=reduce)
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument("--rank", type=int, required=True, help="the new rank, below the adapter's")
    p.add_argument("--output", type=Path, required=True, metavar="DIR")
    p.add_argument("--base", help="the base that it is for (default: the one that it names)")
    p.add_argument("--revision")
    _json_argument(p)


def reduce(options):
    """Writes the nearest adapter of a lower rank, and says what it loses in Frobenius norm."""
    from lora_demo.checkpoints.adapters import read_adapter
    from lora_demo.checkpoints.base import find_config
    from lora_demo.checkpoints.reducing import reduce_adapter

    config = find_config(_base_of(options), options.revision)
    _check_new(options.output)
    loss = reduce_adapter(
        read_adapter(options.adapter, config),
        options.rank,
        options.output,
        config,
        options.output.name,
    )
    if options.json:
        return _print_json(
            {
                "adapter": str(options.output),
                "rank": loss.rank,
                "frobenius_lost": loss.lost,
                "frobenius_whole": loss.whole,
            }
        )
    print(
        f"{options.output}: rank {loss.rank}, loses {loss.share:.2%} of the update's Frobenius norm ({loss.lost:.4g} of {loss.whole:.4g})"
    )


def _push_parser(p):
    from lora_demo.cli.hub import add_push_arguments, push

    p.set_defaults(run=lambda options: push(options, _print_json))
    add_push_arguments(p)
    _json_argument(p)


def _pull_parser(p):
    from lora_demo.cli.hub import add_pull_arguments, pull

    p.set_defaults(run=lambda options: pull(options, _print_json))
    add_pull_arguments(p)
    _json_argument(p)


def _deploy_parser(p):
    from lora_demo.cli.hub import add_deploy_arguments, deploy

    p.set_defaults(run=lambda options: deploy(options, _print_json))
    add_deploy_arguments(p)
    _json_argument(p)


def _print_json(document: dict):
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print(flush=True)
