"""The files of an evaluation, all read before the base is loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lora_demo.checkpoints.adapter_names import adapter_name, make_unique
from lora_demo.data.sources import with_columns
from lora_demo.evaluation.analysis.glossary import Term, read_glossary
from lora_demo.evaluation.config import BASE, EvaluationConfig
from lora_demo.evaluation.segment_scores import SegmentMetric, read_segment_scores
from lora_demo.evaluation.sets import SentenceSet, load_set, read_outputs


@dataclass(frozen=True)
class Inputs:
    """The inputs of an evaluation.

    Attributes:
        sentences: The set.
        names: The names of all systems: the base, the adapters, the outputs made elsewhere.
        outputs: The outputs made elsewhere, one list for each system.
        segment_metrics: Metrics that were computed elsewhere.
        also: Further sets for all systems.
        glossary: Terms to look for.
    """

    sentences: SentenceSet
    names: list[str]
    outputs: list[list[str]]
    segment_metrics: list[SegmentMetric]
    also: list[SentenceSet]
    glossary: list[Term]


def read_inputs(
    config: EvaluationConfig,
    names: Sequence[str] | None = None,
    label: str | None = None,
    columns_of: Callable[[str], str | None] = lambda source: None,
) -> Inputs:
    """Read everything that an evaluation needs, except the base and the adapters.

    Args:
        config: The settings.
        names: Names of the adapters; None: those of their folders.
        label: Name of the set; None: `config.data`.
        columns_of: Names of the columns of a source; None: those of the settings.

    Returns:
        The inputs.

    Raises:
        ValueError: If a file cannot be read, or does not fit the set or the systems.
    """
    sentences = load_set(
        config.data,
        config.split,
        config.references,
        config.max_pairs,
        columns=columns_of(config.data) or config.columns,
    )
    sentences = replace(sentences, id=label or sentences.id)
    systems = _name_systems(config, names)
    return Inputs(
        sentences=sentences,
        names=systems,
        glossary=read_glossary(config.glossary) if config.glossary else [],
        outputs=[
            read_outputs(path, sentences, config.max_pairs) for _unused, path in config.outputs
        ],
        segment_metrics=read_segment_scores(
            config.segment_files, config.lower_is_better, sentences, systems, config.max_pairs
        ),
        also=[
            _load_further(data, config.max_pairs, columns_of(data) or config.columns)
            for data in config.also
        ],
    )


def _name_systems(config: EvaluationConfig, names: Sequence[str] | None) -> list[str]:
    """Name the base, the adapters and the outputs made elsewhere, each differently."""
    base = [BASE] if config.has_base else []
    adapters = names or [adapter_name(folder) for folder in config.adapters]
    return make_unique([*base, *adapters, *(name for name, _unused in config.outputs)])


def _load_further(data: str, max_pairs: int | None, columns: str | None) -> SentenceSet:
    def read(columns: str | None) -> SentenceSet:
        return load_set(data, max_pairs=max_pairs, columns=columns)

    return with_columns(read, columns)
