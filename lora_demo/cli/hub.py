"""The commands `push`, `pull` and `deploy`: their arguments, what they do and print."""

import sys
from collections.abc import Callable
from pathlib import Path

from lora_demo.cli.options import json_argument, print_json


def add_push_arguments(p):
    """Arguments of `push`, beside json."""
    p.add_argument("adapter", type=Path, metavar="ADAPTER")
    p.add_argument(
        "--repo",
        required=True,
        metavar="USER/NAME",
        help="where to; a NAME alone goes under your own",
    )
    p.add_argument("--private", action="store_true", help="make a new repository private")
    p.add_argument(
        "--overwrite",
        action="store_true",
        help="also write to a repository that lora_demo has not made",
    )
    p.add_argument(
        "--without-base",
        action="store_true",
        help="leave an embedded or local base out; others need it to use the adapter",
    )
    p.add_argument(
        "--dry-run", action="store_true", help="show the model card and the files, and send nothing"
    )


def push(options, print_json: Callable[[dict], None]):
    """Sends an adapter to the Hub in one commit, with the token of `hf auth login` or HF_TOKEN."""
    from lora_demo.checkpoints.connection import open_hub, repository
    from lora_demo.hub.push import preview_push, push_adapter

    repo = repository(options.repo, open_hub(anonymous=options.dry_run))
    parcel = preview_push(options.adapter, repo, not options.without_base)
    if options.dry_run:
        return print_json(_document(parcel)) if options.json else _show(parcel)
    _show(parcel, sys.stderr)
    pushed = push_adapter(
        options.adapter,
        repo,
        private=options.private,
        overwrite=options.overwrite,
        with_base=not options.without_base,
    )
    print_json(vars(pushed)) if options.json else print(
        pushed.url if pushed.changed else f"{pushed.url} (has it all already)"
    )


def _document(parcel) -> dict:
    return {"repo": parcel.repo, "files": parcel.sizes, "card": parcel.card}


def _show(parcel, file=None):
    """Prints the card and the files with their sizes."""
    print(parcel.card, file=file)
    for name, size in parcel.sizes.items():
        print(f"{size:>14,}  {name}", file=file)


def add_pull_arguments(p):
    """Arguments of `pull`, beside json."""
    p.add_argument("id", metavar="USER/NAME[@REVISION]")
    p.add_argument(
        "--output", type=Path, metavar="DIR", help="where to (default: a folder of its name)"
    )
    p.add_argument("--base", help="hold it against this base (default: the one that it names)")
    p.add_argument("--overwrite", action="store_true", help="replace what is in the folder")


def pull(options, print_json: Callable[[dict], None]):
    """Fetches an adapter from the Hub, checked, whole or not at all; names the base that it wants."""
    from lora_demo.hub.pull import parse_id, pull_adapter

    folder = options.output or Path(parse_id(options.id)[0].rpartition("/")[2])
    pulled = pull_adapter(options.id, folder, base=options.base, overwrite=options.overwrite)
    if options.json:
        return print_json(vars(pulled) | {"folder": str(pulled.folder)})
    print(
        f"{pulled.folder}: rank {pulled.rank}, for the base {pulled.base}"
        + (f"\n{pulled.note}" if pulled.note else "")
    )
    print(
        f"try: python -m lora_demo translate --base {pulled.base}{f' --revision {pulled.revision}' if pulled.revision else ''} --adapter {pulled.folder} 'Guten Morgen!'"
    )


def add_deploy_arguments(p):
    """Arguments of `deploy`, beside json."""
    p.add_argument(
        "--space",
        required=True,
        metavar="USER/NAME",
        help="the Space to create or to update; a NAME alone goes under your own",
    )
    p.add_argument(
        "--hardware",
        metavar="FLAVOR",
        help="e.g. cpu-upgrade or t4-small (default: the Hub's free hardware)",
    )
    p.add_argument("--private", action="store_true", help="make a new Space private")
    p.add_argument(
        "--overwrite", action="store_true", help="also write to a Space that holds something else"
    )
    p.add_argument("--dry-run", action="store_true", help="show the files, and send nothing")


def deploy(options, print_json: Callable[[dict], None]):
    """Creates or updates a Space from this checkout in one commit, with the token of `hf auth login` or HF_TOKEN."""
    from lora_demo.hub.space import deploy_space, preview_space

    if options.dry_run:
        parcel = preview_space(options.space)
        return print_json(_document(parcel)) if options.json else _show(parcel)
    deployed = deploy_space(
        options.space,
        hardware=options.hardware,
        private=options.private,
        overwrite=options.overwrite,
    )
    print_json(vars(deployed)) if options.json else print(deployed.url)


def push_parser(p):
    p.set_defaults(run=lambda options: push(options, print_json))
    add_push_arguments(p)
    json_argument(p)


def pull_parser(p):
    p.set_defaults(run=lambda options: pull(options, print_json))
    add_pull_arguments(p)
    json_argument(p)


def deploy_parser(p):
    p.set_defaults(run=lambda options: deploy(options, print_json))
    add_deploy_arguments(p)
    json_argument(p)
