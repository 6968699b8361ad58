"""German-English pairs of a data set on the Hub, streamed; code of a repository is never run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.hub_errors import without_tokens
from lora_demo.data.readers import supported_formats
from lora_demo.data.readers.columns import PAIR_COLUMNS, Columns, ColumnsNotFoundError
from lora_demo.data.readers.records import NESTED, as_record
from lora_demo.errors import is_disk_full
from lora_demo.language import _

SPLIT = re.compile(r"(\w+)(?:\[:(?:(\d+)|(\d+)%)\])?(?::([^,:]+),([^,:]+))?")


@dataclass(frozen=True)
class HubSource:
    """A part of a data set on the Hub.

    Args:
        repository: Its id.
        config: Name of the part; None for the only one.
        split: Name of the split, such as train.
        rows: Number of rows from the start of the split; None for all.
        percent: Share of the rows in percent, instead of their number.
        columns: Names of the German and the English column; None to find them.
    """

    repository: str
    config: str | None
    split: str
    rows: int | None = None
    percent: int | None = None
    columns: tuple[str, str] | None = None

    @classmethod
    def parse(cls, source: str) -> "HubSource":
        """Parse `repository:config:split[:N]:german,english`, where all but the first is optional.

        Args:
            source: For example `wmt/wmt16:de-en:train[:1%]`. Without a split, it is `train`.

        Raises:
            ValueError: If the split is written in another way.
        """
        repository, config, split = [*source.split(":", 2), "", ""][:3]
        match = SPLIT.fullmatch(split or "train")
        if match is None:
            raise ValueError(
                _(
                    "{source!r} does not name a valid split. Write it as train, train[:5000] or "
                    "train[:1%], and columns after it as train:german,english.",
                    source=source,
                )
            )
        name, rows, percent, german, english = match.groups()
        return cls(
            repository,
            config or None,
            name,
            int(rows) if rows else None,
            int(percent) if percent else None,
            (german, english) if german else None,
        )


def hub_pairs(source: str, max_pairs: int, columns: str | None = None) -> Iterator[tuple[str, str]]:
    """Stream the rows of a Hub data set.

    Args:
        source: As `HubSource.parse` takes it.
        max_pairs: The largest number of rows.
        columns: Names of the columns such as `de=Deutsch,en=Englisch`, unless the source has them.

    Yields:
        German and English text, "" for a cell without text.

    Raises:
        ValueError: If the data set cannot be read, or its columns are not found.
    """
    parts = HubSource.parse(source)
    wanted = PAIR_COLUMNS.named(columns)
    rows, size = _open(parts)
    count = min(_count_rows(parts, size, max_pairs), max_pairs)
    for row in _take(parts.repository, rows, count):
        nested = as_record(row.get(NESTED))
        record = nested if isinstance(nested, dict) else row
        german, english = parts.columns or _find_columns(parts.repository, record, wanted)
        yield _text(record, german), _text(record, english)


def _count_rows(parts: HubSource, size: int | None, max_pairs: int) -> int:
    if parts.percent is None:
        return max_pairs if parts.rows is None else parts.rows
    if not size:
        raise ValueError(
            _(
                "The Hub does not state the size of {name}, so {percent}% of it is unknown. Give "
                "a number of rows, for example {split}[:5000].",
                name=parts.repository,
                percent=parts.percent,
                split=parts.split,
            )
        )
    return max(1, size * parts.percent // 100)


def _open(parts: HubSource) -> tuple[Any, int | None]:
    """Open a split without reading it, and return its size as the Hub states it."""
    import datasets

    if Path(parts.repository).exists():
        raise ValueError(
            _(
                "{name!r} is a folder on this machine, not a Hub data set. Give a {formats} file.",
                name=parts.repository,
                formats=supported_formats(),
            )
        )
    try:
        builder = datasets.load_dataset_builder(parts.repository, parts.config)
        stated = (builder.info.splits or {}).get(parts.split)
        rows = builder.as_streaming_dataset(split=parts.split)
    except Exception as error:  # the library raises errors of any kind for bad repositories
        raise ValueError(_describe_problem(parts.repository, error)) from None
    return rows, stated.num_examples if stated else None


def _take(repository: str, rows: Any, count: int) -> Iterator[dict[str, Any]]:
    try:
        yield from rows.take(count)
    except Exception as error:
        raise ValueError(_describe_problem(repository, error)) from None


def _find_columns(repository: str, record: dict[str, Any], columns: Columns) -> tuple[str, str]:
    """Find the German and the English column by their names."""
    names = list(record)
    try:
        found = {name: names[position] for position, name in columns.find(names, "").items()}
    except ColumnsNotFoundError:
        found = {}
    if not {"de", "en"} <= found.keys():
        raise ColumnsNotFoundError(
            _(
                "The data set {name} does not have the columns de and en. It has {names}. Name "
                "two columns after the split, for example train:german,english.",
                name=repository,
                names=", ".join(record)[:200],
            ),
            list(record),
        )
    return found["de"], found["en"]


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _describe_problem(repository: str, error: Exception) -> str:
    """Say in one sentence why a data set cannot be read."""
    cause = " ".join(without_tokens(str(error)).split()).replace(f"{Path.cwd()}/", "")
    if "scripts are no longer supported" in cause:
        return _(
            "The Hub data set {name!r} is a script, and code of a repository is not run here. "
            "Use a data set whose files are data, such as wmt/wmt16.",
            name=repository,
        )
    if "OfflineMode" in type(error).__name__ or "offline mode" in cause.lower():
        return _(
            "The Hub data set {name!r} was not requested, because HF_HUB_OFFLINE is set. "
            "Unset it, or use builtin or a file.",
            name=repository,
        )
    if isinstance(error, ValueError) or "DataFilesNotFound" in type(error).__name__:
        return _(
            "The Hub data set {name!r} cannot be read: {cause}. Correct its name, config or "
            "split, or use a file.",
            name=repository,
            cause=cause[:300].rstrip("."),
        )
    if is_disk_full(error):
        return _(
            "The disk is full, so the Hub data set {name!r} could not be read. Free some "
            "space and try again.",
            name=repository,
        )
    reason = cause[:120].rstrip(".") or type(error).__name__
    return _(
        "The Hub data set {name!r} cannot be reached ({reason}). Check its name and the "
        "connection, or use builtin or a file.",
        name=repository,
        reason=reason,
    )
