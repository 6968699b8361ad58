"""A comparison as HTML: a row for each sentence, a card for each system, differing words marked."""

from html import escape

from lora_demo.evaluation.metrics import METRICS
from lora_demo.evaluation.scores import sentence_scores
from lora_demo.language import N_, _, format_number, ngettext
from lora_demo.service.compared_system import ComparedSystem
from lora_demo.service.comparison import Comparison
from lora_demo.service.comparison_link import write_link
from lora_demo.service.comparison_table import FILE_NAME, comparison_tsv
from lora_demo.service.rank_ladder import RankLadder
from lora_demo.service.references import find_references
from lora_demo.service.token_comparison import TokenComparison
from lora_demo.web.views.comparison_facts import describe_difference, describe_size
from lora_demo.web.views.elements import copy_button, file_button, link_button
from lora_demo.web.views.learned import learned_html, shown_strength
from lora_demo.web.views.marking import legend_html, mark, mark_right_and_wrong
from lora_demo.web.views.next_tokens import next_tokens_html
from lora_demo.web.views.outside import outside_html
from lora_demo.web.views.rank_slider import CardStep, slider_html, steps_attribute

EMPTY = (
    N_("No translations yet."),
    N_(
        "Type German above or choose an example. You will see the base model's translation next "
        "to each adapter's."
    ),
)
AGAINST = {
    N_("a reference, or the base if there is no reference"): "reference",
    N_("the base"): "base",
    N_("the column to its left"): "neighbour",
}
"""Texts that a translation's words can be compared with."""
BEFOREHAND = N_("made beforehand, until the model is loaded")
SCORES_NOTE = N_(
    "Scores of single sentences by sacreBLEU, as <code>--sentence-level</code> computes them; "
    "the bar of a card is its chrF2. They are too noisy to judge a system. The Evaluate tab "
    "scores a whole set and tests significance."
)
MEANS_NOTE = N_(
    "Scores of single sentences by sacreBLEU, as <code>--sentence-level</code> computes them, "
    "and their mean; the bar of a card is its chrF2. They are too noisy to judge a system. The "
    "Evaluate tab scores a whole set and tests significance."
)

Scores = dict[str, tuple[dict[int, float], str]]
"""Scores of one system by metric: by the position of the sentence, and the signature."""
QUALITY = "chrf"
"""Metric of the bar on a card."""


def no_adapter_html(base: str) -> str:
    """Say that only the base can be shown.

    Args:
        base: Name of the base.
    """
    text = _(
        "Only the base is shown, because this page has no adapter for <b>{base}</b> yet.",
        base=escape(base),
    )
    return f'<p class="no-adapter">{text}</p>'


def results_html(
    comparison: Comparison,
    against: str = "reference",
    reference: str = "",
    ladder: RankLadder | None = None,
    tokens: TokenComparison | None = None,
) -> str:
    """Render the translations and mark the words that differ.

    Args:
        comparison: The translations.
        against: The text to compare words with: `base`, `neighbour` or `reference`, which is the
            base where no reference is known.
        reference: A reference translation, one line for each sentence. If it is empty, those of the
            page's examples are used.
        ladder: One adapter's translations at each rank, for a slider on its cards; ignored if it
            is of another comparison.
        tokens: Next tokens of base and one adapter, shown below their sentence; ignored if they are
            of another comparison.

    Raises:
        ValueError: If the reference does not have one line for each sentence.
    """
    references = find_references(comparison.texts, reference)
    if tokens and not comparison.has_tokens(tokens):
        tokens = None
    return _Results(comparison, against, references, ladder, tokens).html()


class _Results:
    """Renders one comparison.

    Args:
        comparison: The translations.
        against: The text to compare words with, as in `results_html`.
        references: One for each sentence; None where there is none.
        ladder: As in `results_html`.
        tokens: As in `results_html`, of this comparison.
    """

    def __init__(
        self,
        comparison: Comparison,
        against: str,
        references: list[str | None],
        ladder: RankLadder | None,
        tokens: TokenComparison | None,
    ) -> None:
        self.comparison = comparison
        self.against = against
        self.references = references
        self.ladder = ladder
        self.tokens = tokens
        self.ladder_system = comparison.find_ladder_system(ladder) if ladder else None
        self.scores = [self._score(system.texts) for system in comparison.systems]
        self.ladder_scores: list[Scores] = []
        if ladder and self.ladder_system:
            self.ladder_scores = [self._score(texts) for texts in ladder.texts]

    def _score(self, texts: list[str]) -> Scores:
        """Score the translations that have a reference."""
        known = {i: text for i, text in enumerate(self.references) if text is not None}
        if not known:
            return {}
        found = sentence_scores([texts[i] for i in known], list(known.values()))
        return {
            metric: (dict(zip(known, values, strict=True)), signature)
            for metric, (values, signature) in found.items()
        }

    def html(self) -> str:
        """Render everything."""
        parts = [
            self._summary(),
            *(self._sentence(i) for i in range(len(self.comparison.texts))),
            self._scores_section(),
            learned_html(self.comparison),
        ]
        columns = len(self.comparison.systems)
        return f'<div class="results" style="--columns:{columns}">{"".join(parts)}</div>'

    def _summary(self) -> str:
        comparison = self.comparison
        count = len(comparison.texts)
        facts = [
            describe_size(comparison),
            ngettext("greedy", "{count} beams", comparison.beams),
            _(BEFOREHAND)
            if comparison.made_beforehand
            else _("{seconds:.2f} s", seconds=comparison.seconds),
        ]
        has_legend = self.against == "reference" and any(self.scores)
        marks = _("Against the reference: {marks}", marks=legend_html())
        legend = f'<span class="legend">{marks}</span>' if has_legend else ""
        copies = "".join(map(_copy_all, comparison.systems)) if count > 1 else ""
        link = link_button(write_link(comparison))
        table = file_button(comparison_tsv(comparison), FILE_NAME, _("Download TSV"))
        shown = f"<span>{' · '.join(facts)}</span>{legend}{copies}{link}{table}"
        return f'<p class="small summary">{shown}</p>'

    def _sentence(self, i: int) -> str:
        cells = "".join(self._cell(k, i) for k in range(len(self.comparison.systems)))
        known = self.references[i]
        reference = "" if known is None else _reference_html(known)
        return (
            '<section class="sentence">'
            f'<p class="source" lang="de">{escape(self.comparison.texts[i])}</p>'
            f'{reference}<div class="cells">{cells}</div>{self._next_tokens(i)}</section>'
        )

    def _next_tokens(self, i: int) -> str:
        """Render the next tokens if they are of sentence i."""
        if not self.tokens or self.tokens.sentence != self.comparison.texts[i]:
            return ""
        names = {system.id: system.shown_name for system in self.comparison.systems}
        return next_tokens_html(self.tokens, names[self.tokens.adapter])

    def _cell(self, k: int, i: int) -> str:
        """Render the translation of sentence i by system k."""
        system = self.comparison.systems[k]
        card = self._card(system.texts[i], system.tokens[i], self.scores[k], k, i)
        ladder = self.ladder if system is self.ladder_system else None
        steps = steps_attribute(self._steps(ladder, k, i)) if ladder else ""
        slider = slider_html(ladder, system.shown_name) if ladder else ""
        kind = "base" if system.is_base else ""
        copy_label = _("Copy the translation of {name}", name=system.shown_name)
        return (
            f'<article class="cell {kind}" aria-label="{escape(system.shown_name)}"{steps}>'
            f"<header><b>{escape(system.shown_name)}</b>{_rank(system)}</header>"
            f'<p lang="en" class="text">{card.html}</p>{_flaw_html(card.flaw)}'
            f"{outside_html(system.outside.get(i))}"
            f"{_quality_bar(card.quality, system.shown_name)}{slider}"
            f"<footer><span>{escape(card.facts)}</span>"
            f"{'' if ladder else _ladder_button(system)}{_tokens_button(system, i)}"
            f"{copy_button(card.text, copy_label)}</footer></article>"
        )

    def _card(self, text: str, tokens: int, scores: Scores, k: int, i: int) -> CardStep:
        """Return what the card of sentence i and system k shows of a translation."""
        reference = self.references[i] if self.against == "reference" else None
        facts = [ngettext("{count:,} token", "{count:,} tokens", tokens)]
        if reference is not None:
            html = mark_right_and_wrong(text, reference)
            facts.append(describe_difference(text, _("the reference"), reference))
        elif k == 0:
            html = escape(text)
        else:
            other = self.comparison.systems[k - 1 if self.against == "neighbour" else 0]
            html = mark(text, other.texts[i])
            facts.append(describe_difference(text, other.name, other.texts[i]))
        if self.references[i] is not None:
            facts += [
                f"{METRICS[name].label} {format_number(scores[name][0][i], '.0f')}"
                for name in scores
            ]
        quality = scores[QUALITY][0].get(i) if scores else None
        flaw = _(self.comparison.describe_broken(i, text, tokens))
        return CardStep(text, html or f"<i>{_('(empty)')}</i>", " · ".join(facts), quality, flaw)

    def _steps(self, ladder: RankLadder, k: int, i: int) -> list[CardStep]:
        """Return what the card of sentence i and system k shows at each rank of the ladder."""
        ranks = zip(ladder.texts, ladder.tokens, self.ladder_scores, strict=True)
        return [self._card(texts[i], tokens[i], scores, k, i) for texts, tokens, scores in ranks]

    def _scores_section(self) -> str:
        """Render how the scores were made; for several sentences, with each system's mean."""
        if not any(self.scores):
            return ""
        signatures = "; ".join(
            f"{METRICS[metric].label} {escape(signature)}"
            for metric, (_scores, signature) in self.scores[0].items()
        )
        has_means = self._scored > 1
        note = _(MEANS_NOTE if has_means else SCORES_NOTE)
        return (
            f'<section class="judged"><h2>{_("Compared with the reference")}</h2>'
            f'{self._means() if has_means else ""}<p class="small">{note} '
            f'<span class="signature">{signatures}</span></p></section>'
        )

    @property
    def _scored(self) -> int:
        """Number of sentences with a reference."""
        return sum(text is not None for text in self.references)

    def _means(self) -> str:
        metrics = list(self.scores[0])
        means = [
            {
                name: sum(values.values()) / self._scored
                for name, (values, _signature) in scores.items()
            }
            for scores in self.scores
        ]
        best = {metric: max(row[metric] for row in means) for metric in metrics}
        rows = []
        for system, row in zip(self.comparison.systems, means, strict=True):
            cells = "".join(_mean_cell(row[metric], best[metric]) for metric in metrics)
            rows.append(f"<tr><th scope=row>{escape(system.shown_name)}</th>{cells}</tr>")
        heads = [
            ngettext(
                "{metric} of {count} sentence",
                "{metric}, mean of {count} sentences",
                self._scored,
                metric=METRICS[metric].label,
            )
            for metric in metrics
        ]
        head = "".join(f"<th scope=col>{text}</th>" for text in heads)
        return (
            f'<table class="numbers"><thead><tr><td></td>{head}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table>"
        )


def _flaw_html(flaw: str) -> str:
    """Render why a translation looks broken; the slider of the rank changes it."""
    return f'<p class="broken" role="note"{"" if flaw else " hidden"}>{escape(flaw)}</p>'


def _quality_bar(score: float | None, name: str) -> str:
    if score is None:
        return ""
    label = _("chrF2 of {name}", name=escape(name))
    return (
        f'<div class="quality" role="meter" aria-label="{label}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{score:.0f}">'
        f'<i style="width:{score:.0f}%"></i></div>'
    )


def _ladder_button(system: ComparedSystem) -> str:
    if not system.is_adapter:
        return ""
    label = _("Drag the rank of {name}", name=system.shown_name)
    return (
        f'<button type="button" class="copy" data-ladder="{escape(str(system.id))}" '
        f'aria-label="{escape(label)}">{_("Drag the rank")}</button>'
    )


def _tokens_button(system: ComparedSystem, i: int) -> str:
    if not system.is_adapter:
        return ""
    label = _("Under the hood of {name}", name=system.shown_name)
    return (
        f'<button type="button" class="copy" data-tokens="{escape(str(system.id))}" '
        f'data-sentence="{i}" aria-label="{escape(label)}">{_("Under the hood")}</button>'
    )


def _mean_cell(mean: float, best: float) -> str:
    shown = format_number(mean, ".1f")
    return f"<td><b>{shown}</b></td>" if mean == best else f"<td>{shown}</td>"


def _copy_all(system: ComparedSystem) -> str:
    text = "\n".join(system.texts)
    return copy_button(
        text,
        _("Copy all translations of {name}", name=system.shown_name),
        _("Copy {name}", name=system.shown_name),
    )


def _rank(system: ComparedSystem) -> str:
    if system.rank is None:
        return f'<span class="rank plain">{_("no adapter")}</span>'
    return f'<span class="rank">r = {system.rank}{shown_strength(system)}</span>'


def _reference_html(reference: str) -> str:
    label = _("Reference:")
    return f'<p class="known"><b>{label}</b> <span lang="en">{escape(reference)}</span></p>'
