"""Scores of single sentences that were computed elsewhere: COMET, MetricX, ratings by people.

A table has a column of numbers for each system, named after it. Any other text file has one number
a line, for one system.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo.data.lines import read_lines
from lora_demo.data.readers import GZIP, data_suffix, read_rows
from lora_demo.data.readers.columns import Columns, ColumnsNotFoundError
from lora_demo.evaluation.sets import SentenceSet, describe_length, has_right_length
from lora_demo.files import expand_home
from lora_demo.language import _

TABLES = (".tsv", ".csv")
"""Suffixes of tables, also packed as .gz."""
SEPARATOR = ":"
"""Between metric and system in the name of a file with one number a line."""
MAX_SCORE = 1e9
MAX_SHOWN_CHARACTERS = 40
"""Characters of a cell or a name that a message shows."""

NumberedCell = tuple[int, str]
"""Line number and text of a cell."""


@dataclass(frozen=True)
class SegmentFile:
    """A file of scores.

    Args:
        name: The metric for a table, `METRIC:SYSTEM` for a file with one number a line.
        path: The file.
    """

    name: str
    path: Path

    @property
    def metric(self) -> str:
        """The name of the metric."""
        return self.name.partition(SEPARATOR)[0].strip()

    @property
    def system(self) -> str:
        """The system whose scores these are; empty for a table."""
        return self.name.partition(SEPARATOR)[2].strip()


@dataclass(frozen=True)
class SegmentMetric:
    """A metric with a score for each sentence of some systems, given or computed by COMET.

    Args:
        name: Its name.
        lower_is_better: True for error scores.
        scores: By system in the order of the evaluation, (N,) each.
        signature: The model and versions that computed them here; empty for given scores.
    """

    name: str
    lower_is_better: bool
    scores: Mapping[str, list[float]]
    signature: str = ""

    def part(self, rows: Sequence[int]) -> "SegmentMetric":
        """Select some of the sentences.

        Args:
            rows: The rows to keep, in the order of the result.
        """
        scores = {system: [values[i] for i in rows] for system, values in self.scores.items()}
        return replace(self, scores=scores)

    def sign(self, resampling: str) -> str:
        """Return the signature of numbers that come from these scores by resampling.

        Args:
            resampling: Kind, number and seed of the resamples, such as `mean|bs:1000|seed:12345`.
        """
        return "|".join(filter(None, [self.signature, resampling]))


@dataclass(frozen=True)
class _SystemColumns(Columns):
    """Columns that are named after systems, in the same upper and lower case.

    Args:
        systems: The systems of the evaluation.
    """

    systems: tuple[str, ...] = ()

    def find(self, names: Sequence[str], where: str) -> dict[int, str]:
        """Find the system of every column, as `Columns.find` does."""
        found = {position: name.strip() for position, name in enumerate(names)}
        unknown = [name for name in found.values() if name not in self.systems]
        if unknown or not found:
            raise ColumnsNotFoundError(
                _describe_unknown(where, unknown[0] if unknown else "", self.systems)
            )
        if len(set(found.values())) < len(found):
            raise ValueError(
                _("{where} has two columns for one system. Remove one of them.", where=where)
            )
        return found

    def cells(self, found: Mapping[int, str], row: Sequence[str], where: str) -> dict[str, str]:
        """Return the cells of a row by system."""
        return {system: row[position] for position, system in found.items()}


def read_segment_scores(
    files: Sequence[SegmentFile],
    lower_is_better: Sequence[str],
    sentences: SentenceSet,
    systems: Sequence[str],
    max_pairs: int | None = None,
) -> list[SegmentMetric]:
    """Read the scores of all files.

    Args:
        files: The files. Those with the same metric belong together.
        lower_is_better: The metrics that are error scores.
        sentences: The set.
        systems: The names of all systems of the evaluation.
        max_pairs: Use only the first scores, at most this many, as for the set.

    Returns:
        The metrics in the order of the files. A metric may leave systems out.

    Raises:
        ValueError: If a file cannot be read, has another number of scores than the set has
            sentences, a name that is not a system's, or a cell that is not a finite number.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for file in files:
        by_system = found.setdefault(file.metric, {})
        for system, scores in _read(file, sentences, tuple(systems), max_pairs).items():
            if system in by_system:
                raise ValueError(
                    _(
                        "{metric} has two columns of scores for {system}. Give each system one.",
                        metric=file.metric,
                        system=system,
                    )
                )
            by_system[system] = scores
    return [
        SegmentMetric(
            name,
            name in lower_is_better,
            {system: by_system[system] for system in systems if system in by_system},
        )
        for name, by_system in found.items()
    ]


def _read(
    file: SegmentFile, sentences: SentenceSet, systems: tuple[str, ...], max_pairs: int | None
) -> dict[str, list[float]]:
    """Read the scores of a file by system."""
    path = expand_home(file.path)
    if not path.is_file():
        raise ValueError(_("The score file {file} was not found. Check its path.", file=file.path))
    read = _read_table if is_table(path) else _read_lines
    scores = {}
    for system, cells in read(file, path, systems).items():
        if not has_right_length(len(cells), sentences, max_pairs):
            raise ValueError(
                _(
                    "The number of scores for {system} in {file} is {count:,}, but {set} has "
                    "{size}. Give one score for each sentence.",
                    file=path.name,
                    count=len(cells),
                    system=system,
                    set=sentences.id,
                    size=describe_length(sentences),
                )
            )
        scores[system] = [_parse(path.name, *cell) for cell in cells][:max_pairs]
    return scores


def _read_table(
    file: SegmentFile, path: Path, systems: tuple[str, ...]
) -> dict[str, list[NumberedCell]]:
    """Read the cells of a table by system."""
    if file.system:
        raise ValueError(
            _(
                "{file} is a table, whose columns name the systems. Give it the name of the "
                "metric alone: {metric}.",
                file=path.name,
                metric=file.metric,
            )
        )
    rows = list(read_rows(path, _SystemColumns(re.compile(""), (), systems=systems)))
    names = rows[0][1] if rows else systems
    return {name: [(number, row[name]) for number, row in rows] for name in names}


def _read_lines(
    file: SegmentFile, path: Path, systems: tuple[str, ...]
) -> dict[str, list[NumberedCell]]:
    """Read the lines of a file that scores one system."""
    if not file.system:
        raise ValueError(
            _(
                "{file} is not a .tsv or .csv table with a column for each system. If it has one "
                "number per line, name the system that it scores: with {metric}:SYSTEM=FILE, on "
                "the page with a file {metric}.SYSTEM.txt.",
                file=path.name,
                metric=file.metric,
            )
        )
    if file.system not in systems:
        raise ValueError(_describe_unknown(path.name, file.system, systems))
    return {file.system: list(enumerate(read_lines(path), 1))}


def _describe_unknown(where: str, name: str, systems: Sequence[str]) -> str:
    return _(
        "{where} has scores of {name!r}, but the systems of this evaluation are {systems}. Use "
        "these names.",
        where=where,
        name=name[:MAX_SHOWN_CHARACTERS],
        systems=", ".join(systems),
    )


def _parse(name: str, number: int, text: str) -> float:
    """Parse a finite number."""
    values = {"file": name, "line": number, "text": text.strip()[:MAX_SHOWN_CHARACTERS]}
    if not text.strip():
        raise ValueError(
            _("{file}, line {line}: a score is missing. Give one for each sentence.", **values)
        )
    try:
        score = float(text)
    except ValueError:
        raise ValueError(
            _("{file}, line {line}: {text!r} is not a number. Write it like 0.85.", **values)
        ) from None
    if not abs(score) <= MAX_SCORE:
        raise ValueError(
            _(
                "{file}, line {line}: {text!r} cannot be averaged. Scores are finite numbers up "
                "to {limit:,.0f}.",
                limit=MAX_SCORE,
                **values,
            )
        )
    return score


def is_table(path: Path) -> bool:
    """Check whether a file is a table with a column for each system, by its suffix.

    Args:
        path: A file of scores, which is not opened. It may be packed as .gz.
    """
    return data_suffix(path) in TABLES


def name_from_file(path: Path) -> str:
    """Name a file of scores by its own name, where none was given.

    Args:
        path: The file, such as `COMET.tsv` for a table, or `COMET.SYSTEM.txt` for one number a
            line.

    Returns:
        The name of a `SegmentFile`.
    """
    stem = Path(path.name.removesuffix(GZIP)).stem
    return stem if is_table(path) else stem.replace(".", SEPARATOR, 1)
