"""The files that a Job needs: the run's settings, its pairs, and the code."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace

from lora_demo.checkpoints.embedded import EMBEDDED
from lora_demo.data.lines import find_line_files
from lora_demo.data.readers import GZIP, whole_suffix
from lora_demo.data.sources import public_source
from lora_demo.files import expand_home
from lora_demo.formatting import format_size
from lora_demo.hub.commits import Content
from lora_demo.hub.space import project_files
from lora_demo.language import _
from lora_demo.training.config import TrainConfig
from lora_demo.training.parent import FOLDER as PARENT
from lora_demo.training.run import Run

MAX_DATA_BYTES = 50_000_000
"""Limit of a file of pairs that is sent to a Job."""


def check_portable(config: TrainConfig) -> None:
    """Check that a Job on another machine can find the run's base and data.

    Args:
        config: The settings of the run.

    Raises:
        ValueError: If the base is a folder of this machine, or the file of pairs is too large.
    """
    base = expand_home(config.base)
    if config.base != EMBEDDED and base.is_dir():
        raise ValueError(
            _(
                "The base {name} is a folder on this machine, which a Job cannot read. Push it to "
                "the Hub, and train with its id there.",
                name=base.name,
            )
        )
    _check_size(config.data)
    _check_size(config.replay_data)


def collect_files(run: Run) -> dict[str, Content]:
    """Collect what a Job needs, with the run's settings changed to the Job's paths.

    Args:
        run: A run of this machine.

    Returns:
        Path in the staging repository -> content.

    Raises:
        ValueError: As `check_portable` does, or if this is not a checkout of the project.
    """
    config = run.config
    check_portable(config)
    files: dict[str, Content] = {}
    if config.watch and expand_home(config.watch).is_file():
        config = replace(config, watch=None)
    data = _stage(files, run, config.data, "pairs")
    if data != config.data:
        config = replace(config, data=data, name=config.adapter_name)
    replayed = _stage(files, run, config.replay_data, "replayed")
    config = replace(config, replay_data=replayed)
    for path in (run.folder / PARENT).rglob("*.*"):
        files[f"{run.id}/{path.relative_to(run.folder)}"] = path
    files[f"{run.id}/run.json"] = json.dumps(config.to_json(), indent=2).encode()
    files["source.tar.gz"] = _pack(_list_code())
    return files


def _check_size(source: str) -> None:
    """Check that a source on this machine is small enough to be sent."""
    data = expand_home(source)
    paths = [data] if data.is_file() else find_line_files(source) or []
    size = sum(path.stat().st_size for path in paths)
    if size > MAX_DATA_BYTES:
        limit = format_size(MAX_DATA_BYTES)
        raise ValueError(
            _(
                "{source} has {size}, and a Job can get {limit} at most. Upload it to the Hub as "
                "a data set.",
                source=public_source(source),
                size=format_size(size),
                limit=limit,
            )
        )


def _stage(files: dict[str, Content], run: Run, source: str, stem: str) -> str:
    """Add the files of a source to those that are sent; return the source as the Job reads it."""
    data = expand_home(source)
    if data.is_file():
        name = f"{stem}{whole_suffix(data)}"
        files[f"{run.id}/{name}"] = data
        return f"run/{name}"
    lines = find_line_files(source)
    if not lines:
        return source
    for path, language in zip(lines, ("de", "en"), strict=True):
        packed = GZIP if path.suffix.lower() == GZIP else ""
        files[f"{run.id}/{stem}.{language}{packed}"] = path
    return f"run/{stem}"


def _list_code() -> dict[str, Content]:
    """List the project's files without the shipped adapters, which a run does not need."""
    files = project_files().items()
    return {name: content for name, content in files if not name.startswith("adapters/")}


def _pack(files: Mapping[str, Content]) -> bytes:
    """Pack files into a tar.gz; the same files always give the same bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in sorted(files.items()):
            data = content if isinstance(content, bytes) else content.read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), 6, mtime=0)
