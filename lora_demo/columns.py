"""The translations of one system: their names, and how consecutive parts are joined."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lora_demo.checkpoints.adapter_names import adapter_name, make_unique

TOGETHER = "together"
"""Name of the column with the sum of all adapters."""
Head = tuple[str, str | None, int | None]
"""Name, adapter folder and rank of a column."""


@dataclass(frozen=True)
class Column:
    """The translations of one system.

    Args:
        name: `base`, or the adapter's name; no two columns have the same.
        adapter: The adapter's folder; None for the base.
        rank: The adapter's rank; None for the base.
        texts: One translation for each source.
        tokens: The number of tokens of each translation.
        seconds: Duration of the whole call, which all of its columns share.
        in_pieces: Positions of the texts that were too long and were translated in pieces.
    """

    name: str
    adapter: str | None
    rank: int | None
    texts: list[str]
    tokens: list[int]
    seconds: float
    in_pieces: list[int] = field(default_factory=list)


def name_columns(folders: Sequence[Path], ranks: Sequence[int], together: bool) -> list[Head]:
    """Name the columns of a translation; no two of them get the same name.

    Args:
        folders: The adapters.
        ranks: The rank of each adapter, and then of their sum if `together`.
        together: True to add a column for the sum of all adapters.

    Returns:
        The heads of the base, of each adapter, and of the sum if `together`.
    """
    reserved = ["base", TOGETHER] if together else ["base"]
    names = make_unique([*reserved, *map(adapter_name, folders)])[len(reserved) :]
    heads: list[Head] = [("base", None, None)]
    for name, folder, rank in zip(names, folders, ranks, strict=False):
        heads.append((name, str(folder), rank))
    if together:
        heads.append((TOGETHER, None, ranks[-1]))
    return heads


def join_columns(parts: Iterable[Sequence[Column]]) -> list[Column]:
    """Join the columns of consecutive parts of a text; durations add up.

    Args:
        parts: Results of `Translator.compare` with the same adapters.
    """
    return [
        Column(
            name=columns[0].name,
            adapter=columns[0].adapter,
            rank=columns[0].rank,
            texts=[text for column in columns for text in column.texts],
            tokens=[count for column in columns for count in column.tokens],
            seconds=sum(column.seconds for column in columns),
            in_pieces=_join_positions(columns),
        )
        for columns in zip(*parts, strict=True)
    ]


def _join_positions(columns: Sequence[Column]) -> list[int]:
    positions, before = [], 0
    for column in columns:
        positions += [before + position for position in column.in_pieces]
        before += len(column.texts)
    return positions
