"""A comparison as HTML: a row for each sentence, a card for each system, differing words marked."""

from html import escape

from lora_demo.evaluation.metrics import METRICS
from lora_demo.evaluation.scores import sentence_scores
from lora_demo.evaluation.word_differences import count_changed_words
from lora_demo.formatting import plural
from lora_demo.service.comparison import Comparison, System, split_references
from lora_demo.web.views.elements import copy_button
from lora_demo.web.views.marking import mark
from lora_demo.web.views.movement import ZERO, Movement, heat_map, movement

EMPTY = (
    '<div class="blank"><b>No translations yet.</b><p>Type German above or choose an example. '
    "You will see the base model's translation next to each adapter's.</p></div>"
)
AGAINST = {"the base": "base", "the column to its left": "neighbour", "a reference": "reference"}
"""Texts that a translation's words can be compared with."""
PASTE_A_REFERENCE = (
    '<p class="small">Paste a reference above, one line for each sentence. Words that differ from '
    "it are marked, and each translation gets a score.</p>"
)
SCORES_NOTE = (
    "Scores of single sentences by sacreBLEU, as <code>--sentence-level</code> computes "
    "them{mean}. They are too noisy to judge a system. The Evaluate tab scores a whole set and "
    "tests significance."
)

Scores = dict[str, tuple[list[float], str]]
"""Scores of one system by metric: one for each sentence, and the signature."""


def results_html(comparison: Comparison, against: str = "base", reference: str = "") -> str:
    """Render the translations and mark the words that differ.

    Args:
        comparison: The translations.
        against: What to compare words with: `base`, `neighbour` or `reference`.
        reference: A reference translation, one line for each sentence, for `reference`.

    Raises:
        ValueError: If the reference does not have one line for each sentence.
    """
    references = []
    if against == "reference":
        references = split_references(reference, len(comparison.texts))
    return _Results(comparison, against, references).html()


class _Results:
    """Renders one comparison.

    Args:
        comparison: The translations.
        against: What to compare words with, as in `results_html`.
        references: One for each sentence; empty without a reference.
    """

    def __init__(self, comparison: Comparison, against: str, references: list[str]) -> None:
        self.comparison = comparison
        self.against = against
        self.references = references
        self.scores: list[Scores] = []
        if references:
            self.scores = [
                sentence_scores(system.texts, references) for system in comparison.systems
            ]

    def html(self) -> str:
        """Render everything."""
        needs_reference = self.against == "reference" and not self.references
        parts = [
            self._summary(),
            PASTE_A_REFERENCE if needs_reference else "",
            *(self._sentence(i) for i in range(len(self.comparison.texts))),
            self._scores_section(),
            learned_html(self.comparison),
        ]
        columns = len(self.comparison.systems)
        return f'<div class="results" style="--columns:{columns}">{"".join(parts)}</div>'

    def _summary(self) -> str:
        comparison = self.comparison
        count = len(comparison.texts)
        batches = "one batch" if comparison.batches == 1 else f"{comparison.batches} batches"
        if comparison.in_pieces:
            too_long = plural(len(comparison.in_pieces), "too long text")
            batches = f"pieces ({too_long})"
        facts = [
            f"{plural(count, 'sentence')} × {plural(len(comparison.systems), 'system')} in "
            + batches,
            "greedy" if comparison.beams == 1 else f"{comparison.beams} beams",
            f"{comparison.seconds:.2f} s",
        ]
        copies = "".join(map(_copy_all, comparison.systems)) if count > 1 else ""
        return f'<p class="small summary"><span>{" · ".join(facts)}</span>{copies}</p>'

    def _sentence(self, i: int) -> str:
        cells = "".join(self._cell(k, i) for k in range(len(self.comparison.systems)))
        reference = ""
        if self.references:
            reference = f'<p class="known" lang="en">{escape(self.references[i])}</p>'
        return (
            '<section class="sentence">'
            f'<p class="source" lang="de">{escape(self.comparison.texts[i])}</p>'
            f'{reference}<div class="cells">{cells}</div></section>'
        )

    def _cell(self, k: int, i: int) -> str:
        """Render the translation of sentence i by system k."""
        system = self.comparison.systems[k]
        text = system.texts[i]
        name, other = self._counterpart(k, i)
        shown = escape(text) if other is None else mark(text, other)
        facts = [plural(system.tokens[i], "token")]
        if other is not None:
            facts.append(_difference(text, name, other))
        if self.scores:
            scores = self.scores[k].items()
            facts += [f"{METRICS[metric].label} {values[i]:.0f}" for metric, (values, _) in scores]
        kind = "base" if system.id is None else ""
        return (
            f'<article class="cell {kind}" aria-label="{escape(system.name)}">'
            f"<header><b>{escape(system.name)}</b>{_rank(system)}</header>"
            f'<p lang="en" class="text">{shown or "<i>(empty)</i>"}</p>'
            f"<footer><span>{' · '.join(map(escape, facts))}</span>"
            f"{copy_button(text, f'Copy the translation of {system.name}')}</footer></article>"
        )

    def _counterpart(self, k: int, i: int) -> tuple[str, str | None]:
        """Name and text that the translation of sentence i by system k is compared with."""
        if self.references:
            return "the reference", self.references[i]
        if k == 0 or self.against == "reference":
            return "", None
        other = self.comparison.systems[k - 1 if self.against == "neighbour" else 0]
        return other.name, other.texts[i]

    def _scores_section(self) -> str:
        """Render how the scores were made; for several sentences, with each system's mean."""
        if not self.scores:
            return ""
        signatures = "; ".join(
            f"{METRICS[metric].label} {escape(signature)}"
            for metric, (_, signature) in self.scores[0].items()
        )
        has_means = len(self.comparison.texts) > 1
        note = SCORES_NOTE.format(mean=", and their mean" if has_means else "")
        return (
            '<section class="judged"><h2>Compared with the reference</h2>'
            f'{self._means() if has_means else ""}<p class="small">{note} '
            f'<span class="signature">{signatures}</span></p></section>'
        )

    def _means(self) -> str:
        metrics = list(self.scores[0])
        means = [
            {metric: sum(values) / len(values) for metric, (values, _) in scores.items()}
            for scores in self.scores
        ]
        best = {metric: max(row[metric] for row in means) for metric in metrics}
        rows = []
        for system, row in zip(self.comparison.systems, means, strict=True):
            cells = "".join(_mean_cell(row[metric], best[metric]) for metric in metrics)
            rows.append(f"<tr><th scope=row>{escape(system.name)}</th>{cells}</tr>")
        count = len(self.comparison.texts)
        head = "".join(
            f"<th scope=col>{METRICS[metric].label}, mean of {count} sentences</th>"
            for metric in metrics
        )
        return (
            f'<table class="numbers"><thead><tr><td></td>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def _mean_cell(mean: float, best: float) -> str:
    return f"<td><b>{mean:.1f}</b></td>" if mean == best else f"<td>{mean:.1f}</td>"


def _copy_all(system: System) -> str:
    text = "\n".join(system.texts)
    return copy_button(text, f"Copy {system.name}, all its translations", f"Copy {system.name}")


def _rank(system: System) -> str:
    if system.rank is None:
        return '<span class="rank plain">no adapter</span>'
    return f'<span class="rank">r = {system.rank}{_strength(system)}</span>'


def _strength(system: System) -> str:
    return "" if system.strength == 1 else f" × {system.strength:g}"


def _difference(text: str, name: str, other: str) -> str:
    if text == other:
        return f"same as {name}"
    count = count_changed_words(text, other)
    if count == 0:
        return f"only spacing differs from {name}"
    return f"{plural(count, 'word')} {'differs' if count == 1 else 'differ'} from {name}"


def learned_html(comparison: Comparison) -> str:
    """Render, for each adapter, how many translations changed and how far it moves the weights."""
    adapters = [
        (system, movement(system.layers, system.strength)) for system in comparison.systems[1:]
    ]
    if not adapters:
        return ""
    darkest = max((found.largest for _, found in adapters if found), default=0.0)
    cards = "".join(_learned_card(comparison, *adapter, darkest) for adapter in adapters)
    scale = f'<span class="scale">0<i></i>{darkest:.1%}</span>' if darkest else ""
    return (
        '<section class="learned"><h2>Did it learn?</h2><p class="small">How far each adapter '
        "moves each matrix, ‖sBA‖ / ‖W‖: a row for each block, a column for each kind of matrix. "
        f'{scale}</p><div class="cards">{cards}</div></section>'
    )


def _learned_card(
    comparison: Comparison, system: System, found: Movement | None, darkest: float
) -> str:
    name = escape(system.name)
    cells = heat_map(found, darkest) if found and found.largest else ""
    return (
        f'<div role="group" aria-label="Did {name} learn?">'
        f"<header><b>{name}</b>{_strength(system)}</header>"
        f"<p>{_verdict(comparison, system, found)}</p>{cells}</div>"
    )


def _verdict(comparison: Comparison, system: System, found: Movement | None) -> str:
    if system.strength == 0:
        return "At strength 0, it equals the base."
    if found and not found.largest:
        return ZERO
    count = len(comparison.texts)
    noun = "translation" if count == 1 else "translations"
    verdict = f"<b>{comparison.changed(system)} of {count}</b> {noun} changed."
    if not found:
        return verdict
    return (
        f"{verdict} Matrices move by {found.mean:.1%} on average. "
        f"The one that moves most, by {found.largest:.1%}, is {found.farthest}."
    )
