"""The settings of one evaluation."""

from dataclasses import dataclass
from pathlib import Path

from lora_demo.evaluation.metrics import METRICS, labels
from lora_demo.evaluation.segment_scores import SegmentFile
from lora_demo.evaluation.sets import SPLITS
from lora_demo.evaluation.significance import SEED
from lora_demo.language import _

BASE = "base"
"""Name of the base model among the systems."""
NO_MODEL = "none"
"""Value of `base` if only outputs are compared."""
MAX_BEAMS = 16
MAX_ADAPTERS = 7


@dataclass(frozen=True)
class EvaluationConfig:
    """The settings of one evaluation.

    Attributes:
        base: The base model, or `none` to compare only `outputs`; the first of them then takes the
            place of the base.
        revision: Branch, tag or commit of a base on the Hub.
        adapters: PEFT folders.
        data: The set, as `load_set` takes it.
        columns: Names of the columns of `data`, such as `de=Deutsch,en=Englisch`, and of the sets
            in `also` that have these columns; None to find them.
        glossary: File with the columns `term_de` and `term_en`; None for no glossary.
        split: The part of the set.
        references: Files with further references.
        outputs: Names and files of translations made elsewhere.
        segment_scores: Names and files of scores of single sentences that were computed elsewhere,
            as `segment_scores.SegmentFile` takes them.
        lower_is_better: The metrics of `segment_scores` that are error scores.
        also: Further sets for all systems, which show forgetting.
        own_data: Score each adapter on parts of its own training data, which shows overfitting.
        beams: 1 (greedy) to `MAX_BEAMS`.
        word_order: 0 for chrF2, 2 for chrF2++.
        randomisation: Also test by paired approximate randomisation.
        seed: The seed of resampling.
        max_pairs: Use only the first sentences, at most this many; None: all.

    Raises:
        ValueError: If any setting is wrong; the message lists all of them.
    """

    base: str = "mini"
    revision: str | None = None
    adapters: tuple[Path, ...] = ()
    data: str = "builtin"
    split: str = "test"
    references: tuple[Path, ...] = ()
    outputs: tuple[tuple[str, Path], ...] = ()
    segment_scores: tuple[tuple[str, Path], ...] = ()
    lower_is_better: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    own_data: bool = False
    beams: int = 1
    word_order: int = 0
    randomisation: bool = False
    seed: int = SEED
    max_pairs: int | None = None
    columns: str | None = None
    glossary: Path | None = None

    def __post_init__(self) -> None:
        problems = [*self._wrong_values(), *self._wrong_names(), *self._wrong_combinations()]
        problems += self._wrong_metrics()
        if problems:
            raise ValueError(_("Cannot evaluate: {problems}.", problems="; ".join(problems)))

    @property
    def has_base(self) -> bool:
        """True if a base model takes part."""
        return self.base != NO_MODEL

    @property
    def segment_files(self) -> list[SegmentFile]:
        """The files of segment scores."""
        return [SegmentFile(name, path) for name, path in self.segment_scores]

    def _wrong_values(self) -> list[str]:
        problems = []
        if self.split not in SPLITS:
            problems.append(
                _(
                    "split = {split!r} (must be one of {allowed})",
                    split=self.split,
                    allowed=", ".join(SPLITS),
                )
            )
        if not 1 <= self.beams <= MAX_BEAMS:
            problems.append(
                _(
                    "beams = {beams!r} (must be from 1 to {limit})",
                    beams=self.beams,
                    limit=MAX_BEAMS,
                )
            )
        if len(self.adapters) > MAX_ADAPTERS:
            problems.append(
                _(
                    "{count} adapters (must be at most {limit})",
                    count=len(self.adapters),
                    limit=MAX_ADAPTERS,
                )
            )
        if self.seed < 0:
            problems.append(_("seed = {seed!r} (must be 0 or more)", seed=self.seed))
        if self.max_pairs is not None and self.max_pairs < 1:
            problems.append(
                _("max_pairs = {max_pairs!r} (must be 1 or more)", max_pairs=self.max_pairs)
            )
        return problems

    def _wrong_names(self) -> list[str]:
        names = [name for name, _unused in self.outputs]
        problems = []
        if len(set(names)) < len(names):
            problems.append(_("two files of outputs have the same name"))
        if self.has_base and BASE in names:
            problems.append(
                _(
                    "outputs cannot be named {base!r}, which is the name of the base model",
                    base=BASE,
                )
            )
        if not all(name.strip() for name in names):
            problems.append(_("a file of outputs has no name"))
        return problems

    def _wrong_metrics(self) -> list[str]:
        """Check the names of the metrics that were computed elsewhere."""
        names = {file.metric for file in self.segment_files}
        own = {name.casefold() for name in (*METRICS, *labels().values(), *labels(2).values())}
        problems = []
        if not all(names):
            problems.append(_("a file of segment scores does not name its metric"))
        problems += [
            _("segment scores cannot be named {name!r}, which is a metric of sacreBLEU", name=name)
            for name in sorted(names)
            if name.casefold() in own
        ]
        problems += [
            _("lower_is_better = {name!r} (must be a metric with segment scores)", name=name)
            for name in self.lower_is_better
            if name not in names
        ]
        return problems

    def _wrong_combinations(self) -> list[str]:
        if self.has_base:
            return []
        problems = []
        if self.adapters or self.also or self.own_data:
            problems.append(_("adapters, further sets and own data cannot be used without a base"))
        if not self.outputs:
            problems.append(_("there is nothing to evaluate without a base and without outputs"))
        return problems
