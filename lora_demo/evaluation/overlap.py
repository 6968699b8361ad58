"""Whether a set holds what an adapter was trained on, told by hashes of normalised pairs.

The hashes lie beside the adapter; without them the training data is read again from where the manifest says it came from,
and where that cannot be, it is said.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lora_demo.checkpoints.adapter_files import MANIFEST
from lora_demo.checkpoints.pair_hashes import PairHashes, hash_texts
from lora_demo.data.sources import Dataset, load_dataset
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.files import read_json

MOST_LISTED = 200


@dataclass(frozen=True)
class TrainingData:
    """What an adapter was trained on, by its name without the folders of this machine; `dataset` is None where it cannot be had, and `problem` says why; `recorded` are the hashes from when it was trained."""

    source: str | None
    dataset: Dataset | None
    problem: str = ""
    changed: bool = False
    recorded: PairHashes | None = None

    @property
    def hashes(self) -> PairHashes | None:
        """Those recorded, or else those of the data as it is now."""
        return self.recorded or (
            PairHashes.of(self.dataset.train, self.dataset.eval) if self.dataset else None
        )


def training_data(
    folder: Path, allowed: Callable[[str], bool] = lambda source: True
) -> TrainingData:
    """Reads an adapter's training data again, split as it was.

    Args:
        allowed: whether a source may be read; a manifest from a stranger can name any file.
    """
    manifest = read_manifest(folder)
    data = manifest.get("data") if isinstance(manifest.get("data"), dict) else {}
    config = manifest.get("config") if isinstance(manifest.get("config"), dict) else {}
    source, recorded = data.get("source"), PairHashes.read(folder)
    if not isinstance(source, str):
        return TrainingData(
            None, None, "its manifest does not say what it was trained on", recorded=recorded
        )
    shown = Path(source).name if Path(source).is_absolute() else source
    source = _where(folder, source)
    if not allowed(source):
        return TrainingData(
            shown, None, f"it was trained on {shown}, which is not read here", recorded=recorded
        )
    try:
        dataset = load_dataset(
            source, _whole(config.get("max_pairs")), _whole(config.get("seed")) or 0
        )
    except (ValueError, OSError) as error:
        return TrainingData(
            shown,
            None,
            f"its training data cannot be read again ({str(error).replace(source, shown)[:200]})",
            recorded=recorded,
        )
    return TrainingData(
        shown, dataset, changed=dataset.sha256 != data.get("sha256"), recorded=recorded
    )


def _where(folder: Path, source: str) -> str:
    """Where the source lies: manifests name a file without its folder, the adapter's own run knows the rest."""
    try:
        known = read_json(Path(folder).parent / "run.json").get("data")
    except ValueError:
        return source
    return known if isinstance(known, str) and Path(known).name == source else source


def read_manifest(folder: Path) -> dict:
    """The adapter's manifest; empty where it has none that can be read."""
    try:
        return read_json(Path(folder) / MANIFEST)
    except ValueError:
        return {}


def _whole(value) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


@dataclass(frozen=True)
class Overlap:
    """What a set, called `where`, shares with one adapter's training data, as numbers of sentences from 0.

    `pairs` were trained on; `sources` are further ones whose German alone was; `chosen` are those by which its best step
    was chosen.
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
    where: str = "this set"

    @property
    def is_loud(self) -> bool:
        """Whether its scores say less than they seem to."""
        return bool(self.pairs or self.sources or self.chosen)

    @property
    def sentence(self) -> str:
        """What to tell a reader; empty if all is well."""
        if not self.checked:
            return f"Whether {self.adapter} was trained on sentences of {self.where} is unknown: {self.problem}."
        said = []
        if self.pairs:
            said.append(
                f"{self.adapter} was TRAINED on {self._of(self.pairs)}, so its scores on it do not tell how well it translates what it has not seen"
            )
        if self.sources:
            said.append(
                f"{self.adapter} was trained on the German side of {self._of(self.sources)}, with another translation"
            )
        if self.chosen:
            said.append(
                f"{self.adapter} had its best step chosen by {self._of(self.chosen)}, so its scores on it are a little optimistic"
            )
        if self.changed:
            said.append(
                f"{self.adapter} was trained on {self.source}, which has changed since, so the overlap is that with what it is now"
            )
        return "; ".join(said) + "." if said else ""

    def _of(self, rows: list[int]) -> str:
        return f"{len(rows):,} of the {self.n:,} sentences ({100 * len(rows) / self.n:.0f} %) of {self.where}"

    def to_json(self, number: Callable[[int], int]) -> dict:
        """Counts, and the first sentences as `number` calls them."""
        listed = lambda rows: {"count": len(rows), "first": [number(i) for i in rows[:MOST_LISTED]]}
        return {
            "adapter": self.adapter,
            "training_data": self.source,
            "checked": self.checked,
            "changed_since": self.changed,
            "problem": self.problem,
            "trained_pairs": listed(self.pairs),
            "trained_sources": listed(self.sources),
            "chosen_by": listed(self.chosen),
        }


def find_overlap(
    name: str, data: TrainingData, sentences: SentenceSet, where: str = "this set"
) -> Overlap:
    """Holds a set, which is to be called `where`, against an adapter's training data."""
    hashes = data.hashes
    if hashes is None:
        return Overlap(
            name, data.source, False, False, [], [], [], data.problem, len(sentences), where
        )
    keys = [
        {hash_texts(de, en) for en in sentences.references_of(i)}
        for i, de in enumerate(sentences.sources)
    ]
    rows = lambda wanted: [i for i in range(len(sentences)) if wanted(i)]
    pairs, chosen = rows(lambda i: keys[i] & hashes.pairs), rows(lambda i: keys[i] & hashes.chosen)
    sources = rows(
        lambda i: not keys[i] & hashes.pairs and hash_texts(sentences.sources[i]) in hashes.sources
    )
    return Overlap(
        name,
        data.source,
        True,
        data.changed and data.recorded is None,
        pairs,
        sources,
        chosen,
        "",
        len(sentences),
        where,
    )
