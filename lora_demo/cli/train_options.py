"""The options of `train`."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from lora_demo.cli.options import ArgumentGroup, add_base_arguments, add_columns_argument
from lora_demo.data.readers import supported_formats
from lora_demo.model.parameters import PARTS
from lora_demo.training.config import (
    DECAYS,
    INITIALISATIONS,
    KEPT,
    PRECISIONS,
    REPLAY_TARGETS,
    TrainConfig,
)
from lora_demo.training.probes import MAX_PROBES

Numbers = Iterable[tuple[str, type, str]]

ADAPTER_NUMBERS: Numbers = (
    ("rank", int, f"rank r of the adapter (default: {TrainConfig.rank})"),
    ("alpha", float, "the update is scaled by alpha / r (default: twice the rank)"),
    ("dropout", float, f"dropout on the adapter's input (default: {TrainConfig.dropout:g})"),
)
OPTIMIZER_NUMBERS: Numbers = (
    ("learning-rate", float, f"highest rate of AdamW (default: {TrainConfig.learning_rate:g})"),
    (
        "warmup",
        float,
        f"share of the steps in which the rate rises (default: {TrainConfig.warmup:g})",
    ),
    ("batch-size", int, f"pairs per batch (default: {TrainConfig.batch_size})"),
    ("accumulation", int, f"batches per update (default: {TrainConfig.accumulation})"),
    ("clip", float, f"largest norm of the gradient (default: {TrainConfig.clip:g})"),
    ("weight-decay", float, f"weight decay of AdamW (default: {TrainConfig.weight_decay:g})"),
    (
        "label-smoothing",
        float,
        f"probability spread over all tokens (default: {TrainConfig.label_smoothing:g})",
    ),
    (
        "sampled-share",
        float,
        "share of the German texts cut into sampled pieces, which teaches a long run rare words "
        f"(default: {TrainConfig.sampled_share:g})",
    ),
)
LENGTH_NUMBERS: Numbers = (
    ("steps", int, "train for this number of updates"),
    ("epochs", float, "train for this number of passes over the data"),
    ("minutes", float, "train for this time, without loading and compiling (default: 1)"),
    ("eval-every", int, "steps between evaluations (default: ten evaluations in a run)"),
    (
        "patience",
        int,
        "stop after this number of evaluations without a lower loss (default: never)",
    ),
)
DATA_NUMBERS: Numbers = (
    (
        "max-length",
        int,
        f"cut sentences to this number of tokens (default: {TrainConfig.max_length})",
    ),
    ("max-pairs", int, "read at most this number of pairs (default: all; Hub: 100,000)"),
    (
        "seed",
        int,
        f"seed of split, order, first weights and dropout (default: {TrainConfig.seed})",
    ),
)


def add_train_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a run, in groups.

    Args:
        parser: The parser of `train`, which gets the options.
    """
    _add_data_arguments(parser.add_argument_group("base model and data"))
    adapter = parser.add_argument_group("adapter")
    _add_adapter_arguments(adapter)
    _add_kind_arguments(adapter)
    _add_replay_arguments(parser.add_argument_group("replay, to reduce forgetting"))
    _add_optimizer_arguments(parser.add_argument_group("optimizer"))
    _add_length_arguments(parser.add_argument_group("length of the run (give one) and evaluation"))
    _add_test_arguments(parser.add_argument_group("measurement of --ranks"))
    _add_folder_arguments(parser.add_argument_group("run folder"))
    _add_jobs_arguments(parser.add_argument_group("machine"))


def _add_data_arguments(group: ArgumentGroup) -> None:
    add_base_arguments(group, default=argparse.SUPPRESS)
    group.add_argument(
        "--data",
        default=argparse.SUPPRESS,
        help="training pairs: builtin (weather and recipes), builtin:DOMAIN such as "
        f"builtin:general, a {supported_formats()} file (also "
        "as .gz), two files of lines as GERMAN,ENGLISH or the part before .de and .en, or a Hub "
        f"data set such as wmt/wmt16:de-en:train[:1%%] (default: {TrainConfig.data})",
    )
    add_columns_argument(group)
    _add_numbers(group, DATA_NUMBERS)
    group.add_argument(
        "--attribution",
        default=argparse.SUPPRESS,
        metavar="TEXT",
        help="source and terms of the pairs, in one line for the model card",
    )


def _add_adapter_arguments(group: ArgumentGroup) -> None:
    group.add_argument(
        "--from",
        dest="parent",
        default=argparse.SUPPRESS,
        metavar="ADAPTER",
        help="continue training this adapter: a folder, or a shipped one such as mini-r8; it "
        "keeps its rank, alpha and targets (default: a new adapter)",
    )
    group.add_argument(
        "--targets",
        default=argparse.SUPPRESS,
        help="adapted matrices: q,v, attention, all-linear, or T5's names separated by "
        f"commas (default: {','.join(TrainConfig.targets)})",
    )
    group.add_argument(
        "--ranks",
        type=int,
        nargs="+",
        metavar="R",
        help="instead of --rank: one run for each of these ranks, then an evaluation of the base "
        "and all adapters; finished runs are kept if the command is given again",
    )
    _add_numbers(group, ADAPTER_NUMBERS)
    group.add_argument(
        "--name",
        default=argparse.SUPPRESS,
        help="name of the adapter (default: made from base, data and rank)",
    )


def _add_kind_arguments(group: ArgumentGroup) -> None:
    """Add the variants of LoRA, and the parts of the model that they adapt."""
    group.add_argument(
        "--use-rslora",
        action=argparse.BooleanOptionalAction,
        default=argparse.SUPPRESS,
        help="scale by alpha / sqrt(r) instead of alpha / r (default: off)",
    )
    group.add_argument(
        "--use-dora",
        action=argparse.BooleanOptionalAction,
        default=argparse.SUPPRESS,
        help="DoRA: train the length of each output separately from its direction (default: off)",
    )
    group.add_argument(
        "--init",
        choices=INITIALISATIONS,
        default=argparse.SUPPRESS,
        help="initial values of A and B; pissa and olora are saved as plain LoRA of twice the "
        "rank (default: lora)",
    )
    group.add_argument(
        "--layers",
        default=argparse.SUPPRESS,
        metavar="N,N-N",
        help="adapt only these blocks of each stack, counted from 0 (default: all)",
    )
    group.add_argument(
        "--part",
        choices=tuple(PARTS),
        default=argparse.SUPPRESS,
        help="adapt only this part of the model (default: all)",
    )


def _add_replay_arguments(group: ArgumentGroup) -> None:
    group.add_argument(
        "--replay",
        type=float,
        default=argparse.SUPPRESS,
        metavar="SHARE",
        help="share of each batch that comes from general pairs, 0 to below 1, so that the adapter "
        "does not forget everyday sentences (default: 0)",
    )
    group.add_argument(
        "--replay-data",
        default=argparse.SUPPRESS,
        metavar="SOURCE",
        help="the general pairs: any source that --data takes "
        f"(default: {TrainConfig.replay_data})",
    )
    group.add_argument(
        "--replay-targets",
        choices=REPLAY_TARGETS,
        default=argparse.SUPPRESS,
        help="English of the general pairs: as in the source, or as the starting model "
        f"translates them (default: {TrainConfig.replay_targets})",
    )


def _add_optimizer_arguments(group: ArgumentGroup) -> None:
    _add_numbers(group, OPTIMIZER_NUMBERS)
    group.add_argument(
        "--decay",
        choices=DECAYS,
        default=argparse.SUPPRESS,
        help=f"fall of the rate after the warm-up (default: {TrainConfig.decay})",
    )
    group.add_argument(
        "--precision",
        choices=PRECISIONS,
        default=argparse.SUPPRESS,
        help="number format of the matrix products; auto takes the faster one "
        f"(default: {TrainConfig.precision})",
    )


def _add_length_arguments(group: ArgumentGroup) -> None:
    _add_numbers(group, LENGTH_NUMBERS)
    group.add_argument(
        "--keep",
        choices=KEPT,
        default=argparse.SUPPRESS,
        help="keep the adapter with the lowest loss on held-out pairs, or the last one, as suits "
        f"--label-smoothing (default: {TrainConfig.keep})",
    )
    group.add_argument(
        "--watch",
        default=argparse.SUPPRESS,
        metavar="SET",
        help="also measure chrF on this set and on trained pairs at each evaluation, "
        "e.g. builtin:everyday",
    )
    group.add_argument(
        "--probe",
        dest="probes",
        action="append",
        default=argparse.SUPPRESS,
        metavar="TEXT",
        help="also translate this German sentence at each evaluation; may be given "
        f"{MAX_PROBES} times",
    )


def _add_test_arguments(group: ArgumentGroup) -> None:
    group.add_argument(
        "--test",
        metavar="SET",
        help="--ranks: measure on this set, as evaluate --data takes it, or none (default: the "
        "newstest of a WMT data set, the test set of a built-in domain, or the held-out pairs)",
    )
    group.add_argument(
        "--test-pairs", type=int, metavar="N", help="--ranks: use only the first N sentences"
    )


def _add_folder_arguments(group: ArgumentGroup) -> None:
    group.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="new run folder; its subfolder adapter/ holds the best adapter "
        "(default: runs/TIME-NAME)",
    )
    group.add_argument("--resume", type=Path, metavar="DIR", help="continue the run in this folder")
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="take the settings of this file; options override it. The run.json of a run "
        "folder continues that run, unless --output is given",
    )
    group.add_argument(
        "--save-config",
        type=Path,
        metavar="FILE",
        help="write the settings to this new file for --config, and do not train",
    )
    group.add_argument(
        "--tethered",
        action="store_true",
        help="stop when standard input closes; the app starts its runs with this option",
    )


def _add_jobs_arguments(group: ArgumentGroup) -> None:
    group.add_argument(
        "--on",
        choices=("here", "hf-jobs"),
        default="here",
        help="machine to train on: this one, or one of Hugging Face Jobs, which costs money "
        "(default: %(default)s)",
    )
    group.add_argument("--flavor", help="hf-jobs: machine to rent (default: t4-small)")
    group.add_argument(
        "--repo",
        metavar="USER/NAME",
        help="hf-jobs: private repository for the adapter "
        "(default: the adapter's name, under your own account)",
    )
    group.add_argument("--timeout", help="hf-jobs: time limit of the Job, e.g. 90m (default: 2h)")


def _add_numbers(group: ArgumentGroup, numbers: Numbers) -> None:
    """Add options that are absent from the parsed options unless they are given."""
    for name, kind, description in numbers:
        group.add_argument(
            f"--{name}", type=kind, default=argparse.SUPPRESS, metavar="N", help=description
        )
