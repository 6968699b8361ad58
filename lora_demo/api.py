"""The public functions of the package: train and evaluate in one call each.

`from lora_demo import Translator, evaluate, train` imports them; see `lora_demo/__init__.py`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lora_demo.language import _

if TYPE_CHECKING:
    from lora_demo.evaluation.report.data import Evaluation

RUNS = Path("runs")
"""The folder of runs, in the working directory, as on the command line."""

OnEvent = Callable[[Any], object]


def train(
    *, output: Path | str | None = None, on_event: OnEvent | None = None, **settings: Any
) -> Path:
    """Train a LoRA adapter and return its folder.

    The run is like that of `python -m lora_demo train`: it writes a run folder, which the page and
    the command line can show, resume and compare.

    Args:
        output: The new run folder. None: a new one in `runs/`.
        on_event: Called with each event of the run, for example to show progress.
        settings: Fields of `training.config.TrainConfig`, such as `base`, `data`, `rank`,
            `targets`, and exactly one of `steps`, `epochs` and `minutes`. Alpha is twice the rank
            by default. With `parent`, rank, alpha, targets and use_rslora are the parent's.

    Returns:
        The folder of the best adapter, a standard PEFT folder.

    Raises:
        ValueError: Naming every setting that is out of range, or what is wrong with the data.

    Example:
        >>> from lora_demo import train
        >>> adapter = train(data="builtin:weather", rank=8, minutes=1)
    """
    from lora_demo.training.runs import create
    from lora_demo.training.settings import make_config
    from lora_demo.training.worker import work

    run = create(make_config(settings), RUNS, Path(output) if output else None)
    for event in work(run):
        if on_event:
            on_event(event)
    if run.adapter is None:
        raise ValueError(
            _(
                "The run in {folder} was stopped before its first step. Resume it with `train "
                "--resume {folder}`.",
                folder=run.folder,
            )
        )
    return run.adapter


def evaluate(
    adapters: Sequence[Path | str] = (),
    *,
    on_event: OnEvent | None = None,
    **settings: Any,
) -> "Evaluation":
    """Score a base and adapters on a set, with significance against the base.

    Args:
        adapters: PEFT folders, or names of shipped adapters, at most seven.
        on_event: Called with each event of the evaluation, for example to show progress.
        settings: Fields of `evaluation.config.EvaluationConfig`, such as `base`, `data`, `split`,
            `beams` and `max_pairs`.

    Returns:
        The evaluation. Its systems hold scores with signatures and intervals, and p-values.
        `evaluation.report.serialisation.summary` makes the JSON document of `evaluate --json` of
        it, and `evaluation.report.files.write_report` writes a report.

    Raises:
        ValueError: Naming every setting that is out of range, or what is wrong with the data.

    Example:
        >>> from lora_demo import evaluate
        >>> evaluation = evaluate(["mini-r8"], data="builtin:weather")
        >>> for system in evaluation.systems:
        ...     print(system.name, system.scores["bleu"].score)
    """
    from lora_demo.checkpoints.adapter_files import find_adapter
    from lora_demo.evaluation.config import EvaluationConfig
    from lora_demo.evaluation.evaluate import evaluate as evaluation_events
    from lora_demo.evaluation.events import Done

    config = EvaluationConfig(adapters=tuple(map(find_adapter, adapters)), **settings)
    for event in evaluation_events(config):
        if on_event:
            on_event(event)
        if isinstance(event, Done):
            return event.evaluation
    raise RuntimeError("The evaluation ended without a result.")
