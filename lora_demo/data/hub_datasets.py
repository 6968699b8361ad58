"""German-English pairs of a data set on the Hub, streamed; no code of a repository is run."""

import re
from collections.abc import Iterator
from pathlib import Path

from lora_demo.checkpoints.hub_errors import without_tokens

HUB_COLUMNS = (
    ("de", "en"),
    ("german", "english"),
    ("deu", "eng"),
    ("deu_latn", "eng_latn"),
    ("sentence_deu_latn", "sentence_eng_latn"),
    ("text_de", "text_en"),
    ("de_text", "en_text"),
)
"""Names by which a Hub data set's German and English columns are known without being told."""


def hub_pairs(source: str, max_pairs: int) -> Iterator[tuple[str, str]]:
    """German and English of a Hub data set's rows, streamed; `[:N]` and `[:P%]` cut the split, `[:P%]` by the size that the Hub states.

    Its files are read as data alone: `datasets` runs no code of a repository.
    """
    repository, config, split, count, percent, *columns = _hub_parts(source)
    rows, size = _open_hub(repository, config, split)
    if percent and not size:
        raise ValueError(
            f"The Hub does not state the size of {repository}, so {percent} % of it cannot be told: give a number of rows, e.g. {split}[:5000]."
        )
    wanted = max(1, size * int(percent) // 100) if percent else int(count or max_pairs)
    for row in _rows_of(repository, rows, min(wanted, max_pairs)):
        record = row["translation"] if isinstance(row.get("translation"), dict) else row
        names = columns if all(columns) else _columns(repository, record)
        yield tuple(record[name] if isinstance(record.get(name), str) else "" for name in names)


def _open_hub(repository: str, config: str | None, split: str):
    """A split's rows, not read yet, and how many the Hub says that there are."""
    import datasets

    if Path(repository).exists():
        raise ValueError(
            f"{repository!r} is a folder of this machine, not a Hub data set: give a .tsv, .csv or .jsonl file."
        )
    try:
        builder = datasets.load_dataset_builder(repository, config)
        stated = (builder.info.splits or {}).get(split)
        return builder.as_streaming_dataset(split=split), stated.num_examples if stated else None
    except (
        Exception
    ) as error:  # the library raises nearly anything for a repository that it cannot read
        raise ValueError(_hub_trouble(repository, error)) from None


def _rows_of(repository: str, rows, most: int) -> Iterator[dict]:
    try:
        yield from rows.take(most)
    except Exception as error:
        raise ValueError(_hub_trouble(repository, error)) from None


def _columns(repository: str, record: dict) -> tuple[str, str]:
    """The names of the German and the English column."""
    known = {name.lower(): name for name in record}
    found = next(
        ((known[de], known[en]) for de, en in HUB_COLUMNS if de in known and en in known), None
    )
    if found is None:
        raise ValueError(
            f"The data set {repository} has no columns de and en, but {', '.join(record)[:200]}: name them after the split, e.g. train:german,english."
        )
    return found


def _hub_trouble(repository: str, error: Exception) -> str:
    """Why a data set cannot be read, in one sentence."""
    said = " ".join(without_tokens(str(error)).split()).replace(f"{Path.cwd()}/", "")
    if "scripts are no longer supported" in said:
        return f"The Hub data set {repository!r} is a script, and no code of a repository is run: take one whose files are data, such as wmt/wmt16."
    if "OfflineMode" in type(error).__name__ or "offline mode" in said.lower():
        return f"HF_HUB_OFFLINE is set, so the Hub data set {repository!r} is not asked for: unset it, or use builtin or a file."
    if isinstance(error, ValueError) or "DataFilesNotFound" in type(error).__name__:
        return f"The Hub data set {repository!r} cannot be read: {said[:300].rstrip('.')}."
    if isinstance(error, OSError) and error.errno == 28:
        return f"The disk is full: the Hub data set {repository!r} could not be read."
    return f"The Hub data set {repository!r} cannot be reached ({said[:120].rstrip('.') or type(error).__name__}): check its name and the connection, or use builtin or a file."


def _hub_parts(
    source: str,
) -> tuple[str, str | None, str, str | None, str | None, str | None, str | None]:
    """`repository:config:split[:N]:german,english` -> repository, config, split, rows, percent and the two columns."""
    repository, config, split = (source.split(":", 2) + ["", ""])[:3]
    cut = re.fullmatch(r"(\w+)(?:\[:(?:(\d+)|(\d+)%)\])?(?::([^,:]+),([^,:]+))?", split or "train")
    if cut is None:
        raise ValueError(
            f"{source!r}: the split is written train, train[:5000] or train[:1%], and columns after it as train:german,english."
        )
    return repository, config or None, *cut.groups()
