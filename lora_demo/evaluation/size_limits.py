"""Limits for evaluations on the page: source tokens, and work of counting edits."""

from collections.abc import Sequence
from itertools import accumulate

from lora_demo.evaluation.edits import work
from lora_demo.evaluation.outputs import Translation
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.language import _, ngettext


def check_tokens(sentences: SentenceSet, translation: Translation, max_tokens: int | None) -> None:
    """Check the tokens that all systems have to translate.

    Args:
        sentences: The set.
        translation: The planned translation.
        max_tokens: Source tokens times systems times beams; None: no limit.

    Raises:
        ValueError: If there are more. The message says how many sentences fit.
    """
    systems = 1 + len(translation.adapters)
    costs = [systems * translation.beams * tokens for tokens in translation.tokens]
    values = {"set": sentences.id, "count": sum(translation.tokens), "systems": systems}
    problem = _(
        "{set}: {count:,} tokens for {systems} systems are more than the page can translate",
        **values,
    )
    if translation.beams > 1:
        problem = _(
            "{set}: {count:,} tokens for {systems} systems with {beams} beams are more than the "
            "page can translate",
            beams=translation.beams,
            **values,
        )
    _check_costs(problem, costs, max_tokens)


def check_edit_work(
    sentences: SentenceSet,
    outputs: Sequence[Sequence[str]],
    own_systems: int,
    max_work: int | None,
) -> None:
    """Check the work of counting edits.

    Args:
        sentences: The set.
        outputs: Translations made elsewhere, one list for each system.
        own_systems: Systems that have not translated yet. Their outputs are taken to be as long as
            the first reference.
        max_work: Limit in the unit of `edits.work`; None: no limit.

    Raises:
        ValueError: If it is more. The message says how many sentences fit.
    """
    costs = []
    for i in range(len(sentences)):
        references = sentences.references_of(i)
        texts = [references[0]] * own_systems + [column[i] for column in outputs]
        costs.append(sum(work((text, tuple(references))) for text in texts))
    problem = _(
        "{set}: the texts are so long that counting edits for TER takes too long", set=sentences.id
    )
    _check_costs(problem, costs, max_work)


def _check_costs(problem: str, costs: Sequence[int], limit: int | None) -> None:
    if limit is None or sum(costs) <= limit:
        return
    fitting = sum(cost <= limit for cost in accumulate(costs))
    sentences = [f"{problem}."]
    if fitting:
        sentences.append(
            ngettext("Only the first sentence fits.", "The first {count:,} sentences fit.", fitting)
        )
    sentences.append(
        _("Use fewer or shorter sentences, or use the command line, which has no limit.")
    )
    raise ValueError(" ".join(sentences))
