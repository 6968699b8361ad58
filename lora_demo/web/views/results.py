"""Answers as HTML: a row for each sentence, a card for each system, what differs marked; then whether the adapters learned."""

from collections.abc import Sequence
from html import escape

from lora_demo.evaluation.scores import LABELS, sentence_scores
from lora_demo.service.comparison import Answer, System, references
from lora_demo.web.views.marking import changed_words, mark
from lora_demo.web.views.movement import ZERO, heat_map, movement

EMPTY = '<div class="blank"><b>Nothing translated yet.</b><p>Type German above or pick an example. The base model and each adapter answer side by side.</p></div>'
AGAINST = {"the base": "base", "its left neighbour": "neighbour", "a reference": "reference"}
"""What a translation's words can be compared with."""


def answer_html(answer: Answer, against: str = "base", reference: str = "") -> str:
    """The translations, marked against the base, the left neighbour or a pasted reference; with one, its scores too.

    Raises:
        ValueError: if the reference has not a line for each sentence.
    """
    lines = references(reference, len(answer.texts)) if against == "reference" else []
    scores = [sentence_scores(system.texts, lines) for system in answer.systems] if lines else []
    rows = "".join(_sentence(answer, i, against, lines, scores) for i in range(len(answer.texts)))
    missing = (
        '<p class="small">Paste a reference above, one line for each sentence: the words that it has not are marked, and each translation is scored.</p>'
        if against == "reference" and not lines
        else ""
    )
    return f'<div class="results" style="--columns:{len(answer.systems)}">{_summary(answer)}{missing}{rows}{_scores(answer, scores)}{_learned(answer)}</div>'


def _summary(answer: Answer) -> str:
    count, how = len(answer.texts), "greedy" if answer.beams == 1 else f"{answer.beams} beams"
    batches = "one batch" if answer.batches == 1 else f"{answer.batches} batches"
    copies = (
        "".join(
            _copy("\n".join(s.texts), f"Copy {s.name}, all its translations", f"Copy {s.name}")
            for s in answer.systems
        )
        if count > 1
        else ""
    )
    return f'<p class="small summary"><span>{count} sentence{"s" * (count > 1)} × {len(answer.systems)} in {batches} · {how} · {answer.seconds:.2f} s</span>{copies}</p>'


def _sentence(
    answer: Answer, i: int, against: str, lines: Sequence[str], scores: Sequence[dict]
) -> str:
    cells = "".join(
        _cell(system, i, *_other(answer, k, i, against, lines), scores[k] if scores else {})
        for k, system in enumerate(answer.systems)
    )
    wanted = f'<p class="wanted" lang="en">{escape(lines[i])}</p>' if lines else ""
    return f'<section class="sentence"><p class="source" lang="de">{escape(answer.texts[i])}</p>{wanted}<div class="cells">{cells}</div></section>'


def _other(
    answer: Answer, k: int, i: int, against: str, lines: Sequence[str]
) -> tuple[str, str | None]:
    """What the translation of sentence i by system k is compared with: its name and its text."""
    if lines:
        return "the reference", lines[i]
    if k == 0 or against == "reference":
        return "", None
    other = answer.systems[k - 1 if against == "neighbour" else 0]
    return other.name, other.texts[i]


def _cell(system: System, i: int, name: str, other: str | None, scores: dict) -> str:
    text, is_base = system.texts[i], system.id is None
    shown = escape(text) if other is None else mark(text, other)
    facts = [
        f"{system.tokens[i]} tokens",
        _difference(text, name, other),
        *(f"{LABELS[metric]} {values[i]:.0f}" for metric, (values, _) in scores.items()),
    ]
    rank = (
        f'<span class="rank">r = {system.rank}{_times(system)}</span>'
        if system.rank
        else '<span class="rank plain">no adapter</span>'
    )
    return (
        f'<article class="cell {"base" if is_base else ""}" aria-label="{escape(system.name)}"><header><b>{escape(system.name)}</b>{rank}</header>'
        f'<p lang="en" class="text">{shown or "<i>(nothing)</i>"}</p>'
        f"<footer><span>{' · '.join(escape(fact) for fact in facts if fact)}</span>{_copy(text, f'Copy the translation of {system.name}', 'Copy')}</footer></article>"
    )


def _times(system: System) -> str:
    return "" if system.strength == 1 else f" × {system.strength:g}"


def _difference(text: str, name: str, other: str | None) -> str:
    if other is None:
        return ""
    if text == other:
        return f"same as {name}"
    count = changed_words(text, other)
    return (
        f"{count} word{'s' * (count != 1)} differ{'s' * (count == 1)} from {name}"
        if count
        else f"only spacing differs from {name}"
    )


def _scores(answer: Answer, scores: Sequence[dict]) -> str:
    """Where sentences are several, a row for each system with their mean, said to be that; and how scores were made."""
    if not scores:
        return ""
    signatures = "; ".join(
        f"{LABELS[metric]} {escape(signature)}" for metric, (_, signature) in scores[0].items()
    )
    table = _means(answer, scores) if len(answer.texts) > 1 else ""
    return (
        f'<section class="judged"><h2>Against the reference</h2>{table}<p class="small">Scores of single sentences by sacreBLEU, as <code>--sentence-level</code> gives them{" and their mean" if table else ""}: '
        f'they say little, the Evaluate tab scores a whole set and says what is chance. <span class="signature">{signatures}</span></p></section>'
    )


def _means(answer: Answer, scores: Sequence[dict]) -> str:
    metrics = list(scores[0])
    mean = lambda values: sum(values) / len(values)
    best = {metric: max(mean(row[metric][0]) for row in scores) for metric in metrics}
    cell = lambda row, metric: (
        f"<td>{'<b>' if mean(row[metric][0]) == best[metric] else ''}{mean(row[metric][0]):.1f}</td>"
    )
    rows = "".join(
        f"<tr><th scope=row>{escape(s.name)}</th>{''.join(cell(row, metric) for metric in metrics)}</tr>"
        for s, row in zip(answer.systems, scores)
    )
    head = "".join(
        f"<th scope=col>{LABELS[metric]}, mean of {len(answer.texts)} sentences</th>"
        for metric in metrics
    )
    return f'<table class="numbers"><thead><tr><td></td>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _learned(answer: Answer) -> str:
    """For each adapter how many outputs changed, and how far it moves the weights."""
    adapters = [(system, movement(system.layers, system.strength)) for system in answer.systems[1:]]
    if not adapters:
        return ""
    most = max((found.most for _, found in adapters if found), default=0.0)
    cards = "".join(
        f'<div role="group" aria-label="Did {escape(system.name)} learn?"><header><b>{escape(system.name)}</b>{_times(system)}</header><p>{_verdict(answer, system, found)}</p>{heat_map(found, most) if found and found.most else ""}</div>'
        for system, found in adapters
    )
    scale = f'<span class="scale">0<i></i>{most:.1%}</span>' if most else ""
    return f'<section class="learned"><h2>Did it learn?</h2><p class="small">How far each adapter moves each matrix, ‖sBA‖ / ‖W‖: a row for each block, a column for each kind of matrix. {scale}</p><div class="cards">{cards}</div></section>'


def _verdict(answer: Answer, system: System, found) -> str:
    count, changed = len(answer.texts), answer.changed(system)
    if system.strength == 0:
        return "At strength 0 it is the base."
    if found and not found.most:
        return ZERO
    outputs = f"<b>{changed} of {count}</b> output{'s' * (count > 1)} changed."
    return outputs + (
        f" Matrices move by {found.mean:.1%} on average; the furthest, by {found.most:.1%}, is {found.farthest}."
        if found
        else ""
    )


def _copy(text: str, spoken: str, shown: str) -> str:
    return f'<button type="button" class="copy" data-copy="{escape(text)}" aria-label="{escape(spoken)}">{escape(shown)}</button>'
