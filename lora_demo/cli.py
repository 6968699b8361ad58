"""The command line: translate, train, params, inspect, merge; the same calls as the page.

Standard output carries the result, with --json one JSON document and nothing else; progress goes to standard error.
Exit status: 0 done, 1 a failed run, 2 bad input, said in one line.
"""

import argparse
import json
import os
import shutil
import signal
import sys
from dataclasses import fields
from pathlib import Path

from lora_demo.checkpoints.base import EMBEDDED
from lora_demo.model.parameters import count_adapter, matrix_formulas, total_parameters
from lora_demo.training.config import DECAYS, PRECISIONS, TrainConfig


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    options = parser().parse_args(argv)
    try:
        return options.run(options) or 0
    except ValueError as error:
        return _say(str(error), 2)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")
        return 0
    except KeyboardInterrupt:
        return _say("interrupted", 130)
    except Exception as error:
        from lora_demo.training.runs import failure

        return _say(failure(error), 1)


def _say(message: str, status: int) -> int:
    print("lora_demo: " + " ".join(message.split()), file=sys.stderr)
    return status


def parser() -> Parser:
    """The whole command line; nothing heavy is imported for it."""
    root = Parser(prog="python -m lora_demo", description="LoRA adapters for FLAN-T5 German->English translation.")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    _translate_parser(commands.add_parser("translate", help="the base and every adapter, side by side"))
    _train_parser(commands.add_parser("train", help="train an adapter"))
    _params_parser(commands.add_parser("params", help="exact parameter counts, from the config alone"))
    _inspect_parser(commands.add_parser("inspect", help="what an adapter is, whether it fits, how far it moves each layer"))
    _merge_parser(commands.add_parser("merge", help="write a full checkpoint with the adapter folded in"))
    return root


def _base_arguments(p):
    p.add_argument("--base", default=EMBEDDED, metavar="BASE", help="mini (embedded), a T5 checkpoint folder, or a Hub id such as google/flan-t5-small (default: mini)")
    p.add_argument("--revision", help="branch, tag or commit of a Hub base")


def _json_argument(p):
    p.add_argument("--json", action="store_true", help="print one JSON document")


def _translate_parser(p):
    p.set_defaults(run=translate)
    p.add_argument("texts", nargs="*", metavar="TEXT", help="German sentences")
    p.add_argument("--file", type=Path, help="a text file, one sentence a line; - for standard input")
    _base_arguments(p)
    p.add_argument("--adapter", action="append", default=[], type=Path, metavar="FOLDER", help="a PEFT LoRA folder; may be given several times")
    p.add_argument("--beams", type=int, default=1, help="1 (greedy) to 16")
    p.add_argument("--length-penalty", type=float, default=1.0)
    p.add_argument("--early-stopping", choices=("true", "false", "never"), default="false", help="of beam search, as in transformers")
    p.add_argument("--max-new-tokens", type=int, help="longest translation (default: 128, or twice a long source)")
    p.add_argument("--precision", choices=PRECISIONS, default="auto")
    _json_argument(p)


def translate(options):
    """Prints translations by the base and every adapter, from one decode."""
    from lora_demo.checkpoints.base import find_base
    from lora_demo.translator import Translator

    texts = [*options.texts, *(_lines(options.file) if options.file else [])]
    if not texts:
        raise ValueError("Nothing to translate: give German text, or --file.")
    translator = Translator(find_base(options.base, options.revision), options.precision)
    early_stopping = {"true": True, "false": False, "never": "never"}[options.early_stopping]
    columns = translator.compare(texts, options.adapter, num_beams=options.beams, max_new_tokens=options.max_new_tokens, length_penalty=options.length_penalty, early_stopping=early_stopping)
    if options.json:
        _print_json({"base": options.base, "beams": options.beams, "columns": [vars(column) for column in columns]})
        return
    width = max(len(column.name) for column in columns)
    for i, text in enumerate(texts):
        print(f"{'de':>{width}}  {text}")
        for column in columns:
            print(f"{column.name:>{width}}  {column.texts[i]}")


def _lines(path: Path) -> list[str]:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"--file {path} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8 text'}).") from None
    return [line for line in text.splitlines() if line.strip()]


def _train_parser(p):
    p.set_defaults(run=train)
    _base_arguments(p)
    p.add_argument("--data", default="builtin", help="builtin, builtin:DOMAIN, a .tsv/.csv/.jsonl file, or a Hub data set, e.g. wmt/wmt16:de-en:train[:1%%]")
    p.add_argument("--targets", default="q,v", help="q,v (default), attention, all-linear, or a comma list")
    for name, kind in (("rank", int), ("alpha", float), ("dropout", float), ("learning-rate", float), ("warmup", float), ("batch-size", int), ("accumulation", int), ("clip", float), ("weight-decay", float), ("label-smoothing", float), ("steps", int), ("epochs", float), ("minutes", float), ("eval-every", int), ("patience", int), ("seed", int), ("max-length", int), ("max-pairs", int)):
        p.add_argument(f"--{name}", type=kind, default=argparse.SUPPRESS)
    p.add_argument("--use-rslora", action="store_true")
    p.add_argument("--decay", choices=DECAYS, default=argparse.SUPPRESS)
    p.add_argument("--precision", choices=PRECISIONS, default=argparse.SUPPRESS)
    p.add_argument("--name", default=argparse.SUPPRESS, help="of the adapter")
    p.add_argument("--output", type=Path, metavar="DIR", help="run folder (default: runs/TIME-NAME); its adapter/ is the result")
    p.add_argument("--resume", type=Path, metavar="DIR", help="go on with the run in this folder")
    p.add_argument("--config", type=Path, metavar="run.json", help="the settings as the page writes them; the run folder is the file's")
    _json_argument(p)


def train(options):
    """Trains in this process; Ctrl-C or a TERM signal ends the run after the present step and keeps the best."""
    from lora_demo.training.runs import Run, work

    made_anew = not (options.output or options.resume or options.config) or options.output and not options.output.exists()
    run, asked, seen = _run_folder(options), [], []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))
    try:
        for last in work(Run(run), lambda: bool(asked)):
            seen.append(last["kind"])
            _show(last)
    except ValueError:
        if made_anew and "plan" not in seen:
            shutil.rmtree(run)  # made for settings that cannot be: nothing in it is worth keeping
        raise
    result = {"run": str(run), "adapter": str(run / "adapter"), **{key: last[key] for key in ("steps", "seconds", "train_loss", "eval_loss", "eval_chrf", "best_step")}}
    _print_json(result) if options.json else print(f"adapter {result['adapter']}  chrF {result['eval_chrf']:.2f}  eval loss {result['eval_loss']:.4f}  best step {result['best_step']} of {result['steps']}")


def _run_folder(options) -> Path:
    from lora_demo.training.runs import create

    if options.resume or options.config:
        folder = options.resume or options.config.parent
        if not (folder / "run.json").is_file():
            raise ValueError(f"{folder} is no run folder: it has no run.json.")
        return folder
    if options.output and (options.output / "run.json").exists():
        raise ValueError(f"{options.output} holds a run already: go on with it by --resume {options.output}, or choose another --output.")
    given = {f.name: getattr(options, f.name) for f in fields(TrainConfig) if hasattr(options, f.name)}
    given["targets"] = tuple(name.strip() for name in options.targets.split(",") if name.strip())
    if not any(given.get(name) for name in ("steps", "epochs", "minutes")):
        given["minutes"] = 1.0
    given.setdefault("alpha", 2.0 * given.get("rank", TrainConfig.rank))
    return create(TrainConfig(**given), Path("runs"), options.output).folder


def _show(event: dict):
    """One event as a line on standard error; steps overwrite each other on a terminal."""
    err = sys.stderr
    if event["kind"] == "step":
        line = f"step {event['step']}  loss {event['loss']:.4f}  {event['tokens_per_second']:.0f} tokens/s  {event['seconds_left']:.0f} s left"
        print(f"\r{line:<70}", end="", file=err, flush=True) if err.isatty() else event["step"] % 50 or print(line, file=err, flush=True)
        return
    clear = "\r" if err.isatty() else ""
    if event["kind"] == "resume" or event.get("phase") in ("base", "compile", "evaluate", "train"):
        print(f"{clear}{event['message']:<70}", file=err, flush=True)
    elif event["kind"] == "plan":
        print(f"{clear}{event['device']}, {event['precision']}: {event['total_steps']} steps on {event['train_pairs']:,} pairs, {event['trainable']:,} trained parameters ({event['percent']:.3f} %)", file=err, flush=True)
    elif event["kind"] == "eval":
        print(f"{clear}step {event['step']}  eval loss {event['eval_loss']:.4f}  chrF {event['chrf']:.2f}{'  best so far' if event['best'] else ''}", file=err, flush=True)
        for probe in event["probes"]:
            print(f"    {probe['de']}\n    -> {probe['text']}", file=err, flush=True)


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
        _print_json({"base": options.base, "total": total, "rows": [{key: getattr(row, key) for key in keys} for row in rows]})
        return
    print(f"{options.base}: {total:,} parameters")
    print(f"{'rank':>5} {'trainable':>12} {'% of all':>9} {'file':>9} {'AdamW':>9}  targets")
    for row in rows:
        print(f"{row.rank:>5} {row.trainable:>12,} {row.percent:>9.4f} {row.adapter_bytes / 1e6:>6.2f} MB {row.optimizer_bytes / 1e6:>6.2f} MB  {','.join(row.targets)}")
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
    from lora_demo.checkpoints.adapters import inspect_adapter, read_config
    from lora_demo.checkpoints.base import find_base, find_config

    id = options.base or str(read_config(options.adapter).get("base_model_name_or_path") or "")
    if not id:
        raise ValueError(f"{options.adapter} names no base: give one with --base.")
    try:
        base, config = find_base(id, options.revision), None
    except ValueError:
        base, config = None, find_config(id, options.revision)
        print(f"The weights of {id} are not at hand, so relative norms are unknown.", file=sys.stderr)
    report = inspect_adapter(options.adapter, base, config) | {"base": id}
    if options.json:
        _print_json(report)
        return
    print(f"{report['adapter']}: LoRA of rank {report['rank']}, alpha {report['alpha']:g}, on {', '.join(report['targets'])}, {report['parameters']:,} parameters, for {id}")
    print("It fits." if report["fits"] else "It does not fit: " + "; ".join(report["problems"]) + ".")
    for layer in report["layers"]:
        print(f"  {layer['name']:<50} " + (f"{layer['relative_norm']:.5f}" if layer["relative_norm"] is not None else "-"))


def _merge_parser(p):
    p.set_defaults(run=merge)
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument("--output", type=Path, required=True, metavar="DIR")
    p.add_argument("--base", help="the base to fold it into (default: the one that it names)")
    p.add_argument("--revision")


def merge(options):
    """Writes the base with the adapter folded in, as a float32 Hugging Face checkpoint."""
    from lora_demo.checkpoints.adapters import read_adapter, read_config
    from lora_demo.checkpoints.base import find_base
    from lora_demo.checkpoints.merging import merge_adapter

    id = options.base or str(read_config(options.adapter).get("base_model_name_or_path") or "")
    if not id:
        raise ValueError(f"{options.adapter} names no base: give one with --base.")
    if options.output.exists() and (not options.output.is_dir() or any(options.output.iterdir())):
        raise ValueError(f"{options.output} exists and is not empty: choose a new folder.")
    base = find_base(id, options.revision)
    merge_adapter(base, read_adapter(options.adapter, base.config), options.output)
    print(options.output)


def _print_json(document: dict):
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print(flush=True)
