"""The command `evaluate`: its arguments and its output."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from lora_demo.cli.comet import add_comet_arguments, open_comet
from lora_demo.cli.options import (
    add_adapters_argument,
    add_base_arguments,
    add_columns_argument,
    add_json_argument,
    add_precision_argument,
)
from lora_demo.cli.terminal import StopSignal, print_json, print_status
from lora_demo.data.readers import supported_formats

if TYPE_CHECKING:
    from lora_demo.evaluation.config import EvaluationConfig
    from lora_demo.evaluation.report.data import Evaluation

EXAMPLE = "evaluate --adapter adapters/mini-r8 --data builtin:weather --output report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`.

    Args:
        parser: The command's parser, which gets the arguments.
    """
    add_base_arguments(parser)
    add_adapters_argument(parser)
    _add_data_arguments(parser)
    _add_further_arguments(parser)
    _add_scoring_arguments(parser)
    add_comet_arguments(parser)
    parser.add_argument(
        "--write-scores",
        action="store_true",
        help="write the scores into each adapter's manifest and model card",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder for report.html, report.json, sentences.csv, scores.tex and report.xlsx",
    )
    add_json_argument(parser)


def _add_data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        default="builtin",
        help="builtin, builtin:DOMAIN such as builtin:general, a Hub data set, a "
        f"{supported_formats()} file (all of it is the test set; further references in "
        "columns en2, en3, ...), two files of lines as GERMAN,ENGLISH, or any other text "
        "file with one German sentence per line (with "
        "--reference); each file also as .gz",
    )
    add_columns_argument(parser)
    parser.add_argument(
        "--split",
        choices=("test", "eval", "train"),
        default="test",
        help="part of the built-in corpus, or of a file as training would split it",
    )
    parser.add_argument("--max-pairs", type=int, metavar="N", help="use only the first N sentences")


def _add_further_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is evaluated besides the set and the adapters."""
    parser.add_argument(
        "--reference",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="further reference with one English sentence per line; may be given several times",
    )
    parser.add_argument(
        "--outputs",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="translations made elsewhere, one per line; may be given several times. With "
        "--base none, only these are compared, and the first takes the place of the base",
    )
    parser.add_argument(
        "--segment-scores",
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="scores of single sentences that were computed elsewhere, such as COMET: a .tsv "
        "or .csv table with a column for each system, or, as NAME:SYSTEM=FILE, one number "
        "per line; may be given several times. Higher is better",
    )
    parser.add_argument(
        "--lower-is-better",
        action="append",
        default=[],
        metavar="NAME",
        help="a metric of --segment-scores that counts errors, such as MetricX; may be given "
        "several times",
    )
    parser.add_argument(
        "--glossary",
        type=Path,
        metavar="FILE",
        help="file with the columns term_de and term_en: count the terms that each system "
        "translates as wanted, and list those that it misses",
    )
    parser.add_argument(
        "--own-data",
        action="store_true",
        help="also score each adapter on parts of its own training data, which shows overfitting",
    )
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="DATA",
        help="also score the base and the adapters on this set, which shows forgetting; may be "
        "given several times",
    )


def _add_scoring_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--beams", type=int, default=1, help="1 (greedy) to 16")
    parser.add_argument(
        "--chrf++",
        dest="word_order",
        action="store_const",
        const=2,
        default=0,
        help="compute chrF2++ instead of chrF2",
    )
    parser.add_argument(
        "--ar",
        dest="randomisation",
        action="store_true",
        help="also test by paired approximate randomisation",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=12345,
        help="seed of resampling (default: %(default)s, as in sacreBLEU). The sacrebleu command "
        "gives the same numbers with SACREBLEU_SEED=N, which this command does not read. With "
        "seed 0, the paired tests of sacrebleu give other numbers every time",
    )
    add_precision_argument(parser)


class EvaluationStop(StopSignal):
    """Ends the evaluation with the translations so far; a second signal ends it at once."""

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            raise KeyboardInterrupt
        super()._request(number, frame)
        print_status("Stopping. The translations so far will be scored.")


def run(options: argparse.Namespace) -> None:
    """Evaluate, print the result, and write the report and the scores.

    Args:
        options: The parsed arguments of the command.

    Raises:
        RuntimeError: If COMET failed; all other results are printed and written first.
    """
    from lora_demo.cli.evaluate_text import print_evaluation, print_event
    from lora_demo.evaluation.evaluate import evaluate
    from lora_demo.evaluation.events import Done
    from lora_demo.evaluation.report.serialisation import summary

    config = _make_config(options)
    _check_output(options.output)
    if options.write_scores:
        _check_manifests(options.adapter)
    comet = open_comet(options)
    stop = EvaluationStop()
    stop.listen()
    evaluation = None
    for event in evaluate(
        config, stop=lambda: stop.is_requested, precision=options.precision, comet=comet
    ):
        print_event(event)
        if isinstance(event, Done):
            evaluation = event.evaluation
    assert evaluation, "the last event holds the evaluation"
    if options.json:
        print_json(summary(evaluation))
    else:
        print_evaluation(evaluation)
    sys.stdout.flush()
    if options.output:
        _write_report(evaluation, options.output)
    if options.write_scores:
        _write_scores(evaluation)
    if evaluation.comet_problem:
        raise RuntimeError(evaluation.comet_problem)


def _make_config(options: argparse.Namespace) -> "EvaluationConfig":
    from lora_demo.evaluation.config import EvaluationConfig

    if options.write_scores and not options.adapter:
        raise ValueError("--write-scores needs an --adapter to write to.")
    return EvaluationConfig(
        base=options.base,
        revision=options.revision,
        adapters=tuple(options.adapter),
        data=options.data,
        split=options.split,
        references=tuple(options.reference),
        outputs=_parse_files("--outputs", options.outputs),
        segment_scores=_parse_files("--segment-scores", options.segment_scores),
        lower_is_better=tuple(options.lower_is_better),
        also=tuple(options.also),
        own_data=options.own_data,
        beams=options.beams,
        word_order=options.word_order,
        randomisation=options.randomisation,
        seed=options.seed,
        max_pairs=options.max_pairs,
        columns=options.columns,
        glossary=options.glossary,
    )


def _parse_files(option: str, given: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Parse the values NAME=FILE of an option."""
    files = []
    for text in given:
        name, _, path = text.partition("=")
        if not name.strip() or not path:
            raise ValueError(f"{option} {text!r} (must be NAME=FILE).")
        files.append((name.strip(), Path(path)))
    return tuple(files)


def _check_output(folder: Path | None) -> None:
    if folder and folder.exists() and not folder.is_dir():
        raise ValueError(f"--output {folder} is a file. Give a folder.")


def _check_manifests(folders: Sequence[Path]) -> None:
    """Check before anything slow that the manifests for the scores exist."""
    from lora_demo.checkpoints.adapter_files import MANIFEST
    from lora_demo.files import read_json

    for folder in folders:
        read_json(folder / MANIFEST)


def _write_report(evaluation: "Evaluation", folder: Path) -> None:
    from lora_demo.evaluation.report.files import write_report

    print_status(f"Wrote {', '.join(map(str, write_report(evaluation, folder)))}")


def _write_scores(evaluation: "Evaluation") -> None:
    from lora_demo.evaluation.report.recording import record_scores

    if evaluation.is_cut:
        print_status("No scores were written to adapters, because the evaluation is partial.")
        return
    print_status(f"Wrote the scores into {', '.join(map(str, record_scores(evaluation)))}")
