"""The choices of a visitor for an evaluation, within the limits of the page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lora_demo.evaluation.config import EvaluationConfig
from lora_demo.evaluation.segment_scores import name_from_file
from lora_demo.language import _
from lora_demo.model.checks import check_whole
from lora_demo.service.adapter_entries import AdapterEntry
from lora_demo.service.comparison import MAX_BEAMS
from lora_demo.service.data_sources import public_name

MAX_SENTENCES = 2000
MAX_TOKENS = 2_000_000
"""Source tokens times systems times beams: enough for 2,000 news sentences, 6 adapters, 4 beams."""
MAX_WORK = 2_000_000_000
"""Limit on counting TER's edits: about 20 minutes of one core."""
MAX_OUTPUTS = 6
"""Files of translations by other systems."""
MAX_SCORE_FILES = 24
"""Files of scores from elsewhere."""
MAX_TITLE = 120


@dataclass(frozen=True)
class EvaluationRequest:
    """The choices of the Evaluate tab.

    Args:
        adapters: Ids of adapters.
        data: Source of the test set, as `resolve_source` gives it.
        sentences: Number of sentences, from the start of the set.
        beams: Beam size; 1 is greedy.
        outputs: Files of translations by other systems, one sentence per line.
        words: Score chrF++ instead of chrF2.
        randomisation: Add p-values of paired approximate randomisation.
        own_data: Evaluate each adapter also on its own training data.
        also: Source of a second test set; empty for none.
        glossary: File with the columns `term_de` and `term_en`; None for none.
        segment_scores: Files of scores of single sentences that were computed elsewhere. Their
            names say the metric, as `name_from_file` reads them.
        lower_is_better: The metrics of these files that count errors.
        comet: Also score with the COMET that the page offers.
        base: Name of the base on the page; empty for the page's own.
    """

    adapters: tuple[str, ...]
    data: str
    sentences: int = 500
    beams: int = 1
    outputs: tuple[Path, ...] = ()
    words: bool = False
    randomisation: bool = False
    own_data: bool = False
    also: str = ""
    glossary: Path | None = None
    segment_scores: tuple[Path, ...] = ()
    lower_is_better: tuple[str, ...] = ()
    comet: bool = False
    base: str = ""

    @property
    def files(self) -> list[Path]:
        """The files that the visitor gave besides the test set."""
        glossary = [self.glossary] if self.glossary else []
        return [*self.outputs, *self.segment_scores, *glossary]

    def with_files(self, files: Sequence[Path]) -> "EvaluationRequest":
        """Return the same request with copies of its files.

        Args:
            files: The copies, in the order of `files`.
        """
        n_outputs = len(self.outputs)
        n_scored = n_outputs + len(self.segment_scores)
        return replace(
            self,
            outputs=tuple(files[:n_outputs]),
            segment_scores=tuple(files[n_outputs:n_scored]),
            glossary=files[n_scored] if self.glossary else None,
        )

    def config(
        self, base: str, revision: str | None, entries: Sequence[AdapterEntry]
    ) -> EvaluationConfig:
        """Make the evaluator's config.

        Args:
            base: Id or folder of the base.
            revision: Revision of the base on the Hub.
            entries: The adapters that the ids stand for.

        Raises:
            ValueError: If a value is out of range.
        """
        self._check_sentences()
        check_outputs(len(self.outputs))
        self._check_score_files()
        return EvaluationConfig(
            base=base,
            revision=revision,
            adapters=tuple(entry.folder for entry in entries),
            data=self.data,
            outputs=tuple((path.stem, path) for path in self.outputs),
            also=(self.also,) if self.also else (),
            own_data=bool(self.own_data),
            beams=check_whole("beams", self.beams, 1, MAX_BEAMS),
            word_order=2 * bool(self.words),
            randomisation=bool(self.randomisation),
            max_pairs=int(self.sentences),
            glossary=self.glossary,
            segment_scores=tuple((name_from_file(path), path) for path in self.segment_scores),
            lower_is_better=self.lower_is_better,
        )

    def title(self, entries: Sequence[AdapterEntry]) -> str:
        """Name the set and the systems.

        Args:
            entries: The adapters that the ids stand for.
        """
        names = [entry.name for entry in entries] + [file.stem for file in self.outputs]
        return f"{public_name(self.data)}: {', '.join(names) or _('base only')}"[:MAX_TITLE]

    def _check_score_files(self) -> None:
        if len(self.segment_scores) > MAX_SCORE_FILES:
            raise ValueError(
                _(
                    "{count} files of scores are chosen. Choose at most {limit}. The command line "
                    "has no limit.",
                    count=len(self.segment_scores),
                    limit=MAX_SCORE_FILES,
                )
            )

    def _check_sentences(self) -> None:
        is_number = isinstance(self.sentences, (int, float))
        if not is_number or not 1 <= self.sentences <= MAX_SENTENCES:
            raise ValueError(
                _(
                    "sentences = {sentences!r} (must be from 1 to {max_sentences}; the command "
                    "line has no limit).",
                    sentences=self.sentences,
                    max_sentences=MAX_SENTENCES,
                )
            )


def check_outputs(count: int) -> None:
    """Refuse translations by too many systems.

    Args:
        count: Number of files.

    Raises:
        ValueError: If there are more than `MAX_OUTPUTS`.
    """
    if count > MAX_OUTPUTS:
        raise ValueError(
            _(
                "{count} files of translations are chosen. Choose at most {max_outputs}. "
                "The command line has no limit.",
                count=count,
                max_outputs=MAX_OUTPUTS,
            )
        )
