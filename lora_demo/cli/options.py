"""Options and output that several commands share."""

import json
import sys
from pathlib import Path

from lora_demo.checkpoints.base import EMBEDDED


def base_arguments(p):
    p.add_argument(
        "--base",
        default=EMBEDDED,
        metavar="BASE",
        help="mini (embedded), a T5 checkpoint folder, or a Hub id such as google/flan-t5-small (default: mini)",
    )
    p.add_argument("--revision", help="branch, tag or commit of a Hub base")


def json_argument(p):
    p.add_argument("--json", action="store_true", help="print one JSON document")


def base_of(options) -> str:
    """The base that is given, or the one that the adapter names."""
    from lora_demo.checkpoints.adapters import read_config

    id = options.base or str(read_config(options.adapter).get("base_model_name_or_path") or "")
    if not id:
        raise ValueError(f"{options.adapter} names no base: give one with --base.")
    return id


def check_new(folder: Path):
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} exists and is not empty: choose a new folder.")


def print_json(document: dict):
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    print(flush=True)
