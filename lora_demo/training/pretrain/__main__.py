"""The command `python -m lora_demo.training.pretrain --pairs FILE --output FOLDER`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from lora_demo.arguments import Parser
from lora_demo.heap import keep_freed_memory
from lora_demo.training.pretrain.config import TASKS, PretrainConfig
from lora_demo.training.pretrain.run import Pretraining


def main(argv: Sequence[str] | None = None) -> None:
    """Pre-train a base, or resume; bad settings end the command in one line, with status 2.

    Args:
        argv: The words of the command line; None for those of this process.
    """
    command = parser()
    options = command.parse_args(argv)
    try:
        run = Pretraining(PretrainConfig(**vars(options)))
    except (ValueError, OSError) as error:
        command.error(str(error))
    keep_freed_memory()
    run.train()


def parser() -> Parser:
    """Build the parser of the command, with the defaults of `PretrainConfig`."""
    made = Parser(
        prog="python -m lora_demo.training.pretrain",
        description="Pre-train a T5 from random weights on German-English pairs, with span "
        "corruption and both directions. The same command resumes from its output folder.",
    )
    made.add_argument("--pairs", type=Path, required=True, help=HELP["pairs"])
    made.add_argument("--output", type=Path, required=True, help=HELP["output"])
    made.add_argument("--start", type=Path, metavar="FOLDER", help=HELP["start"])
    default_mixture = PretrainConfig.default_mixture()
    made.add_argument(
        "--mixture", type=parse_mixture, default=default_mixture, help=HELP["mixture"]
    )
    for name in HELP:
        if name not in ("pairs", "output", "start", "mixture"):
            default = getattr(PretrainConfig, name)
            option = "--" + name.replace("_", "-")
            help_text = f"{HELP[name]} (default: {default})"
            made.add_argument(option, type=type(default), default=default, help=help_text)
    return made


HELP = {
    "pairs": "German-English pairs: as for `train --data`, or .txt with English<TAB>German lines",
    "output": "folder of the checkpoint, the log and the exported model",
    "start": "output folder of an earlier run, or a base that one exported, to take weights and "
    "tokenizer from",
    "mixture": f"share of each task, e.g. en-de=0.6,de-en=0.4; tasks: {', '.join(TASKS)}",
    "steps": "optimizer steps",
    "decay_steps": "last steps, over which the learning rate falls to zero",
    "warmup": "first steps, over which the learning rate rises",
    "learning_rate": "highest learning rate, of Muon; AdamW has half of it",
    "weight_decay": "weight decay of the matrices",
    "batch_pairs": "pairs that a step draws",
    "joined_share": "share of examples that join two to five sentences into a passage",
    "sampled_share": "share of source texts cut into sampled pieces",
    "label_smoothing": "label smoothing",
    "dropout": "dropout",
    "precision": "arithmetic of training: float32 or mixed_bfloat16",
    "vocab": "pieces of the vocabulary, sentinels included",
    "d_model": "width of the model",
    "d_kv": "width of a head",
    "heads": "attention heads",
    "d_ff": "width of the feed-forward layers",
    "layers": "blocks of the encoder",
    "decoder_layers": "blocks of the decoder",
    "held_out": "pairs held out: half to follow the run, half for the final test",
    "eval_minutes": "minutes of training between evaluations",
    "seed": "seed of the split, the weights and the batches",
}


def parse_mixture(text: str) -> dict[str, float]:
    """Read `spans=0.3,en-de=0.7` as shares by task.

    Args:
        text: The option's value; `PretrainConfig` checks tasks and shares.

    Raises:
        argparse.ArgumentTypeError: If a share is not a number.
    """
    shares = {}
    for part in text.split(","):
        task, _, share = part.partition("=")
        try:
            shares[task.strip()] = float(share)
        except ValueError:
            message = f"{part!r} (must be TASK=SHARE, e.g. en-de=0.5)"
            raise argparse.ArgumentTypeError(message) from None
    return shares


if __name__ == "__main__":
    main()
