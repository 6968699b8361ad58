"""The `evaluate` command: its arguments, its events on a terminal, its result."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from lora_demo.cli.options import add_base_arguments, add_json_argument
from lora_demo.cli.terminal import print_json
from lora_demo.training.config import PRECISIONS

HELP = "score the base and its adapters on a test set, with significance against the base"
EXAMPLE = "evaluate --adapter adapters/mini-r8 --data builtin:weather --output report"


def add_arguments(p: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    add_base_arguments(p)
    p.add_argument(
        "--adapter",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="a PEFT LoRA folder; may be given several times",
    )
    p.add_argument(
        "--data",
        default="builtin",
        help="builtin, builtin:DOMAIN, a .tsv/.csv/.jsonl file (all of it is the test set; further references in columns en2, en3, ...), any other file with a German sentence a line (with --reference), or a Hub data set",
    )
    p.add_argument(
        "--split",
        choices=("test", "eval", "train"),
        default="test",
        help="of the built-in corpus, or as training on the file would split it",
    )
    p.add_argument(
        "--reference",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a further reference, an English sentence a line; may be given several times",
    )
    p.add_argument(
        "--outputs",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="translations made elsewhere, one a line; may be given several times; with --base none only these are held against each other, and the first takes the base's place",
    )
    p.add_argument("--beams", type=int, default=1, help="1 (greedy) to 16")
    p.add_argument(
        "--chrf++",
        dest="words",
        action="store_const",
        const=2,
        default=0,
        help="chrF++ instead of chrF2",
    )
    p.add_argument(
        "--ar",
        dest="randomisation",
        action="store_true",
        help="paired approximate randomisation, too",
    )
    p.add_argument(
        "--seed",
        type=int,
        default=12345,
        help="of resampling (default: 12345, sacreBLEU's); the sacrebleu command gives the same with SACREBLEU_SEED=N, which is not read here, but with 0 its paired tests draw anew each time",
    )
    p.add_argument("--max-pairs", type=int, metavar="N", help="only the first N")
    p.add_argument(
        "--own-data",
        action="store_true",
        help="score each adapter on parts of its own training data, too: shows overfitting",
    )
    p.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="DATA",
        help="score the base and the adapters on this set, too: shows forgetting; may be given several times",
    )
    p.add_argument("--precision", choices=PRECISIONS, default="auto")
    p.add_argument(
        "--write-scores",
        action="store_true",
        help="write the scores into each adapter's manifest and model card",
    )
    p.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="write report.html, report.json and sentences.csv here",
    )
    add_json_argument(p)


def run(options: argparse.Namespace) -> None:
    """Evaluates; Ctrl-C or a TERM signal ends it with what is done, a second one at once."""
    from lora_demo.evaluation.evaluate import evaluate

    config = _config(options)
    _check_output(options.output)
    _check_manifests(options.adapter if options.write_scores else [])
    asked = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _ask(asked))
    for event in evaluate(config, stop=lambda: bool(asked), precision=options.precision):
        _show(event)
    evaluation = event["evaluation"]
    print_json(evaluation.summary()) if options.json else _print_table(evaluation)
    sys.stdout.flush()
    if options.output:
        from lora_demo.evaluation.report.html import write_report

        _say("wrote " + ", ".join(map(str, write_report(evaluation, options.output))))
    if options.write_scores:
        _write_scores(evaluation)


def _write_scores(evaluation):
    from lora_demo.evaluation.report.recording import record_scores

    if evaluation.is_cut:
        return _say(
            "no scores were written to an adapter, since the evaluation is partial: let it finish"
        )
    _say("wrote the scores into " + ", ".join(map(str, record_scores(evaluation))))


def _config(options):
    from lora_demo.evaluation.evaluate import EvaluationConfig

    outputs = []
    for text in options.outputs:
        name, equals, path = text.partition("=")
        if not equals or not name.strip() or not path:
            raise ValueError(f"--outputs {text!r}: wanted NAME=FILE.")
        outputs.append((name.strip(), Path(path)))
    if options.write_scores and not options.adapter:
        raise ValueError("--write-scores wants an --adapter to write to.")
    same = {
        name: getattr(options, name)
        for name in (
            "base",
            "revision",
            "data",
            "split",
            "own_data",
            "beams",
            "words",
            "randomisation",
            "seed",
            "max_pairs",
        )
    }
    return EvaluationConfig(
        **same,
        adapters=tuple(options.adapter),
        references=tuple(options.reference),
        outputs=tuple(outputs),
        also=tuple(options.also),
    )


def _check_output(folder: Path | None):
    if folder and folder.exists() and not folder.is_dir():
        raise ValueError(f"--output {folder} is a file; give a folder.")


def _check_manifests(folders: Sequence[Path]):
    """What scores are to be written into has to be there before anything slow."""
    from lora_demo.checkpoints.adapter_files import MANIFEST
    from lora_demo.files import read_json

    for folder in folders:
        read_json(folder / MANIFEST)


def _ask(asked: list):
    if asked:
        raise KeyboardInterrupt
    asked.append(True)
    _say("stopping; what is done will be scored")


def _say(message: str):
    print(message, file=sys.stderr, flush=True)


def _show(event: dict):
    """One event as a line on standard error; progress overwrites itself on a terminal."""
    err = sys.stderr
    if event["kind"] == "progress":
        left = f", {event['seconds_left']:.0f} s left" if event["seconds_left"] is not None else ""
        line = f"{event['done']:,} of {event['total']:,} {event['unit']}{left}"
        if err.isatty():
            print(f"\r{line:<70}", end="", file=err, flush=True)
        elif event["done"] == event["total"] or event["seconds_left"] is None:
            print(line, file=err, flush=True)
    elif event["kind"] in ("phase", "note"):
        mark = "! " if event["kind"] == "note" else ""
        print(
            f"{chr(13) if err.isatty() else ''}{mark + event['message']:<70}", file=err, flush=True
        )


def _print_table(evaluation):
    """Verdicts first, then the scores, then the other sets."""
    for text in evaluation.alarms():
        print(f"! {text}")
    for text in evaluation.verdicts():
        print(text)
    print(
        f"\n{evaluation.set.id}, {evaluation.set.split}, {evaluation.n:,} sentences, seed {evaluation.scorer.seed}"
    )
    _print_scores(
        evaluation.labels,
        [s.name for s in evaluation.systems],
        [s.scores for s in evaluation.systems],
        [
            [None, *map(of, evaluation.systems[1:])]
            for of in (evaluation.against, evaluation.differing)
        ],
    )
    for label, signature in (
        (evaluation.labels[m], score.signature) for m, score in evaluation.systems[0].scores.items()
    ):
        print(f"  {label}|{signature}")
    for system in evaluation.systems:
        _print_randomised(evaluation, system)
    for beside in evaluation.beside:
        print(
            f"\n{beside.set.id}, {beside.set.split}, {len(beside.set):,} sentences{' (own training data)' if beside.own else ''}"
        )
        _print_scores(evaluation.labels, beside.names, beside.scores, [beside.p, beside.differ])


def _print_randomised(evaluation, system):
    """A system's second test, if there was one."""
    from lora_demo.evaluation.report.verdict import p_text

    said = [
        f"{evaluation.labels[m]} {p_text(p, evaluation.differing(system)[m])}"
        for m, (p, _) in system.randomised.items()
    ]
    if said:
        print(
            f"{system.name} against {evaluation.reference_name} by paired approximate randomisation: {', '.join(said)}"
        )


def _print_scores(labels, names, scores, tests):
    from lora_demo.evaluation.report.verdict import p_text

    width = max(map(len, names))
    for name, score, p, differ in zip(names, scores, *tests):
        cells = [
            f"{labels[m]} {s.score:6.2f} [{s.low:.2f}, {s.high:.2f}]"
            + (f" {p_text(p[m], differ[m])}" if p else "")
            for m, s in score.items()
        ]
        print(f"  {name:<{width}}  " + "  ".join(f"{cell:<38}" for cell in cells).rstrip())
