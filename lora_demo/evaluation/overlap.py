"""Overlap of a set with an adapter's training data, found by hashes of normalised pairs.

The hashes are stored in the adapter folder. Without them, the training data is read again from the
source that the manifest names. If that is not possible, the overlap is unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lora_demo.checkpoints.adapter_files import MANIFEST
from lora_demo.checkpoints.pair_hashes import PairHashes, hash_texts
from lora_demo.data.sources import Dataset, load_dataset, public_source
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.files import read_json_or_empty
from lora_demo.language import N_, _
from lora_demo.model.checks import is_whole

MAX_PROBLEM_CHARACTERS = 200


@dataclass(frozen=True)
class TrainingData:
    """The training data of an adapter.

    Attributes:
        source: Its name without the folders of this machine; None if unknown.
        dataset: The data; None if it cannot be read.
        problem: The reason why it cannot be read.
        changed: True if it has changed since the training.
        recorded: The hashes from the time of the training; None if there are none.
    """

    source: str | None
    dataset: Dataset | None
    problem: str = ""
    changed: bool = False
    recorded: PairHashes | None = None

    @property
    def hashes(self) -> PairHashes | None:
        """The recorded hashes, or else those of the data as it is now."""
        if self.recorded:
            return self.recorded
        if self.dataset:
            return PairHashes.of(self.dataset.train, self.dataset.eval)
        return None


def read_training_data(
    folder: Path, may_read: Callable[[str], bool] = lambda source: True
) -> TrainingData:
    """Read an adapter's training data again, split as in the training.

    Args:
        folder: The adapter folder.
        may_read: True if a source may be read; a manifest from a stranger can name any file.

    Returns:
        The data, or the reason why it cannot be read.
    """
    manifest = read_manifest(folder)
    data, config = _section(manifest, "data"), _section(manifest, "config")
    source, recorded = data.get("source"), PairHashes.read(folder)
    if not isinstance(source, str):
        problem = _("its manifest does not name its training data")
        return TrainingData(None, None, problem, recorded=recorded)
    name = Path(source).name if Path(source).is_absolute() else source
    source = _find_source(folder, source)
    if not may_read(source):
        problem = _("it was trained on {name}, which cannot be read here", name=name)
        return TrainingData(name, None, problem, recorded=recorded)
    try:
        max_pairs = _count_or_none(config.get("max_pairs"))
        seed = _count_or_none(config.get("seed")) or 0
        columns = config.get("columns")
        given = columns if isinstance(columns, str) else None
        dataset = load_dataset(source, max_pairs, seed, given)
    except (ValueError, OSError) as error:
        reason = str(error).replace(source, name)[:MAX_PROBLEM_CHARACTERS]
        problem = _("its training data cannot be read again ({reason})", reason=reason)
        return TrainingData(name, None, problem, recorded=recorded)
    changed = dataset.sha256 != data.get("sha256")
    return TrainingData(name, dataset, changed=changed, recorded=recorded)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read an adapter's manifest; empty if it has none or an unreadable one.

    Args:
        folder: The adapter folder.
    """
    return read_json_or_empty(Path(folder) / MANIFEST)


def _section(manifest: dict[str, Any], key: str) -> dict[str, Any]:
    value = manifest.get(key)
    return value if isinstance(value, dict) else {}


def _find_source(folder: Path, source: str) -> str:
    """Find the full path of a source: the manifest has its file name, the run folder its path."""
    path = read_json_or_empty(Path(folder).parent / "run.json").get("data")
    return path if isinstance(path, str) and public_source(path) == source else source


def _count_or_none(value: Any) -> int | None:
    return value if is_whole(value, 0) else None


@dataclass(frozen=True)
class Overlap:
    """Sentences that a set shares with one adapter's training data, as rows of the set.

    Attributes:
        adapter: The adapter's name.
        source: The name of its training data; None if unknown.
        checked: False if the training data cannot be read.
        changed: True if the check used data that has changed since the training.
        pairs: Rows that it was trained on.
        sources: Further rows whose German text it was trained on, with another translation.
        chosen: Rows that selected its best step.
        problem: The reason why the training data cannot be read.
        n: The number of sentences in the set.
        where: Name of the set in a sentence.
    """

    adapter: str
    source: str | None
    checked: bool
    changed: bool
    pairs: list[int]
    sources: list[int]
    chosen: list[int]
    problem: str
    n: int
    where: str = N_("this set")

    @property
    def affects_scores(self) -> bool:
        """True if the overlap makes the scores unreliable."""
        return bool(self.pairs or self.sources or self.chosen)


def find_overlap(
    name: str, data: TrainingData, sentences: SentenceSet, where: str = N_("this set")
) -> Overlap:
    """Compare a set with an adapter's training data.

    Args:
        name: The adapter's name.
        data: Its training data.
        sentences: The set.
        where: Name of the set in a sentence.

    Returns:
        The overlap.
    """
    hashes = data.hashes
    if hashes is None:
        n = len(sentences)
        return Overlap(name, data.source, False, False, [], [], [], data.problem, n, where)
    pairs, sources, chosen = [], [], []
    for i, source in enumerate(sentences.sources):
        keys = {hash_texts(source, reference) for reference in sentences.references_of(i)}
        if keys & hashes.pairs:
            pairs.append(i)
        elif hash_texts(source) in hashes.sources:
            sources.append(i)
        if keys & hashes.chosen:
            chosen.append(i)
    return Overlap(
        adapter=name,
        source=data.source,
        checked=True,
        changed=data.changed and data.recorded is None,
        pairs=pairs,
        sources=sources,
        chosen=chosen,
        problem="",
        n=len(sentences),
        where=where,
    )
