"""The report as one HTML file that asks for nothing from elsewhere and runs no code, as JSON, and as CSV."""

import csv
import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from lora_demo.evaluation.analysis import Bucket, Flaws, Gain
from lora_demo.evaluation.report import plots
from lora_demo.evaluation.report.result import Beside, Comparison, Evaluation, System
from lora_demo.evaluation.report.style import STYLE
from lora_demo.evaluation.report.verdict import ENOUGH, direction, p_text, phrase
from lora_demo.evaluation.scores import LEVEL, METRICS, SAMPLES, TRIALS, Score
from lora_demo.evaluation.sets import SentenceSet
from lora_demo.files import atomic_write, write_text

MOST_LINKS = 40
MOST_SENTENCES = 2000
MOST_BESIDE = 200
"""Sentences of a further set that the page shows."""
LEAST_LINKS = 3
"""Sentences of each row of a table that the page shows however many there are."""
FILES = ("report.html", "report.json", "sentences.csv")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(evaluation: Evaluation, folder: Path) -> list[Path]:
    """Writes report.html, report.json and sentences.csv; returns their paths."""
    html, document, table = (Path(folder) / name for name in FILES)
    write_text(html, page(evaluation))
    write_text(document, json.dumps(evaluation.document(), ensure_ascii=False, indent=1) + "\n")
    with (
        atomic_write(table) as partial,
        open(partial, "w", encoding="utf-8-sig", newline="") as file,
    ):
        csv.writer(file).writerows(rows(evaluation))
    return [html, document, table]


def rows(evaluation: Evaluation) -> list[list]:
    """The table of sentences, a header and a row for each; texts are made safe for spreadsheets."""
    references = len(evaluation.set.references)
    header = ["number", "de", *("en" if k == 0 else f"en{k + 1}" for k in range(references))]
    header += [
        f"{system.name} {what}" for system in evaluation.systems for what in ("output", *METRICS)
    ]
    kinds = {
        column: _names(found, evaluation.n) for column, found in table_rows(evaluation).items()
    }
    table = [[safe_cell(cell) for cell in (*header, *kinds)]]
    for i in range(evaluation.n):
        texts = [
            safe_cell(text or "")
            for text in (
                evaluation.set.sources[i],
                *(column[i] for column in evaluation.set.references),
            )
        ]
        cells = [
            cell
            for s in evaluation.systems
            for cell in (safe_cell(s.outputs[i]), *(f"{s.sentences[m][i]:.4f}" for m in METRICS))
        ]
        table.append(
            [
                evaluation.number(i),
                *texts,
                *cells,
                *(safe_cell(names[i]) for names in kinds.values()),
            ]
        )
    return table


def table_rows(evaluation: Evaluation) -> dict[str, list[tuple[str, list[int]]]]:
    """The rows of the page's tables that are of some of the sentences, each one's name and its sentences; by the column of sentences.csv that tells them."""
    buckets, base = evaluation.buckets, evaluation.systems[0].name
    found = {
        column: [(b.name, b.rows) for b in buckets[kind]]
        for column, kind in (("length", "length"), ("word frequency", "frequency"))
    }
    for s in evaluation.systems:
        found[f"{s.name} chrf bucket"] = [(b.name, b.of[s.name]) for b in buckets["sentence_chrf"]]
        found[f"{s.name} seen"] = [(kind, getattr(s.flaws, kind)) for kind in Flaws.KINDS]
    for c in evaluation.comparisons:
        found[f"right in {c.system.name}, missed by {base}"] = [(g.ngram, g.rows) for g in c.gained]
        found[f"right in {base}, missed by {c.system.name}"] = [(g.ngram, g.rows) for g in c.missed]
    return found


def _names(found: Sequence[tuple[str, Sequence[int]]], n: int) -> list[str]:
    """Of each sentence the names of the rows that it is in."""
    names = [[] for _ in range(n)]
    for name, rows in found:
        for i in rows:
            names[i].append(name)
    return ["; ".join(of) for of in names]


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before what begins like one."""
    text = text.replace("\0", "")
    return (
        "'" + text
        if text.lstrip()[:1] in tuple("=+-@|＝＋－＠") or text[:1] in ("\t", "\r", "\n")
        else text
    )


def page(evaluation: Evaluation) -> str:
    """The whole HTML document."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>Evaluation on {escape(evaluation.set.id)}</title>'
        f"<style>{STYLE}</style></head><body>{body(evaluation)}</body></html>\n"
    )


def body(evaluation: Evaluation, most_sentences: int = MOST_SENTENCES) -> str:
    """The report inside of its page: the verdict first, the sentences last; `linked` are those shown there, with their numbers in the set.

    They are the first ones, and a few for every row of a table that has none among these.
    """
    few = {
        i
        for found in table_rows(evaluation).values()
        for _, rows in found
        for i in rows[:LEAST_LINKS]
    }
    linked = {
        i: evaluation.number(i) for i in range(evaluation.n) if i < most_sentences or i in few
    }
    sections = [
        verdict_section(evaluation),
        scores_section(evaluation),
        flaws_section(evaluation, linked),
        *(beside_section(evaluation) if evaluation.beside else []),
    ]
    sections += [
        buckets_section(evaluation, linked),
        *(comparison_section(evaluation, c, linked) for c in evaluation.comparisons),
    ]
    return f'<main class="report">{"".join(sections)}{sentences_section(evaluation, linked)}{method_section(evaluation)}</main>'


def verdict_section(evaluation: Evaluation) -> str:
    """What was found, in words, and what speaks against trusting it."""
    n, split = (
        evaluation.n,
        f", {evaluation.set.split}" if evaluation.set.id.startswith("builtin") else "",
    )
    how = "greedy" if evaluation.config.beams == 1 else f"{evaluation.config.beams} beams"
    many = len(evaluation.set.references)
    about = f"{n:,} sentence{'s' * (n != 1)} of {evaluation.set.id}{split}; {many} reference{'s' * (many > 1)}{'' if evaluation.config.base == 'none' else '; ' + how}"
    alarms = "".join(
        f'<p class="alarm" role="alert">{escape(text)}</p>' for text in evaluation.alarms()
    )
    verdicts = "".join(
        f'<p class="verdict {tone}">{escape(text).replace("p = ", "p&nbsp;=&nbsp;")}</p>'
        for text, tone in zip(evaluation.verdicts(), _tones(evaluation))
    )
    remarks = "".join(f'<p class="soft">{escape(text)}</p>' for text in evaluation.remarks())
    return f'<header><h1>{"Partial evaluation" if evaluation.is_partial else "Evaluation"}</h1><p class="soft">{escape(about)}</p></header>{alarms}{verdicts}{remarks}'


def _tones(evaluation: Evaluation) -> list[str]:
    base = evaluation.systems[0].scores
    found = [
        {
            direction(
                m,
                base[m].score,
                s.scores[m].score,
                evaluation.against(s)[m],
                evaluation.differing(s)[m],
            )
            for m in ("bleu", "chrf")
        }
        - {0}
        for s in evaluation.systems[1:]
    ]
    return ["better" if f == {1} else "worse" if f == {-1} else "" for f in found] or [""]


def scores_section(evaluation: Evaluation) -> str:
    """The table of scores, intervals as plots, all pairs."""
    head = "".join(
        f"<th>{escape(evaluation.labels[m])}{' (less is better)' if m == 'ter' else ''}</th>"
        for m in METRICS
    )
    lines = "".join(
        f"<tr><td>{_name(evaluation, s)}</td>{''.join(_score_cell(evaluation, s, m) for m in METRICS)}<td>{s.flaws.length_ratio:.3f}</td></tr>"
        for s in evaluation.systems
    )
    table = f'<div class="scroll"><table><tr><th>System</th>{head}<th>Length</th></tr>{lines}</table></div>'
    names = [s.name for s in evaluation.systems]
    intervals = "".join(
        plots.intervals(
            f"{evaluation.labels[m]} with 95 % intervals",
            names,
            [s.scores[m] for s in evaluation.systems],
        )
        for m in METRICS
    )
    note = f'<p class="soft">In brackets the 95 % interval of {SAMPLES:,} bootstrap resamples; p by paired bootstrap against {escape(evaluation.reference_name)}; under {LEVEL} counts as significant, where at least {ENOUGH} sentences differ. Intervals may overlap where a paired test finds a difference. Length: output tokens per reference token.</p>'
    return f"<h2>Scores</h2>{table}{note}{intervals}{_randomised(evaluation)}{_pairs(evaluation) if len(names) > 2 else ''}"


def _name(evaluation: Evaluation, system: System) -> str:
    """A system's name, which leads to its comparison with the first, or for that to the sentences."""
    k = evaluation.systems.index(system)
    return f'<a href="#{f"system{k}" if k else "sentences"}">{escape(system.name)}</a>'


def _score_cell(evaluation: Evaluation, system: System, metric: str) -> str:
    score, base = system.scores[metric], evaluation.systems[0]
    shown = f"{score.score:.2f}<small>[{score.low:.2f}, {score.high:.2f}]</small>"
    if system is base:
        return f"<td>{shown}</td>"
    return f"<td>{shown}{_change(metric, base.scores[metric], score, evaluation.against(system)[metric], evaluation.differing(system)[metric])}</td>"


def _change(metric: str, base: Score, other: Score, p: float, differ: int) -> str:
    """The difference and its p-value, in the tone of what it means."""
    return f'<small class="{_tone(metric, base, other, p, differ)}">{other.score - base.score:+.2f}, {p_text(p, differ)}</small>'


def _tone(metric: str, base: Score, other: Score, p: float, differ: int) -> str:
    return {1: "better", -1: "worse", 0: ""}[direction(metric, base.score, other.score, p, differ)]


def _randomised(evaluation: Evaluation) -> str:
    tested = [s for s in evaluation.systems if s.randomised]
    lines = "".join(
        f"<tr><td>{_name(evaluation, s)}</td>{''.join(f'<td>{p_text(s.randomised[m][0], evaluation.differing(s)[m])}</td>' for m in METRICS)}</tr>"
        for s in tested
    )
    head = "".join(f"<th>{escape(evaluation.labels[m])}</th>" for m in METRICS)
    return (
        f"<h3>Paired approximate randomisation, {TRIALS:,} trials, against {escape(evaluation.reference_name)}</h3><div class=scroll><table><tr><th>System</th>{head}</tr>{lines}</table></div>"
        if tested
        else ""
    )


def _pairs(evaluation: Evaluation) -> str:
    head = "".join(f"<th>{escape(b.name)}</th>" for b in evaluation.systems)
    lines = "".join(
        f"<tr><td>{_name(evaluation, a)}</td>{''.join('<td></td>' if a is b else _pair(a, b) for b in evaluation.systems)}</tr>"
        for a in evaluation.systems
    )
    return f'<h3>Every pair, by {escape(evaluation.labels["chrf"])}: row minus column</h3><div class="scroll"><table><tr><th></th>{head}</tr>{lines}</table></div>'


def _pair(a: System, b: System, metric: str = "chrf") -> str:
    """How much better `a` is than `b`, and in words whether it is."""
    scores, tests = (
        (b.scores[metric], a.scores[metric]),
        (a.p[b.name][metric], a.differ[b.name][metric]),
    )
    words = phrase(metric, *(s.score for s in scores), tests[0], b.name, tests[1])
    return f'<td class="{_tone(metric, *scores, *tests)}" title="{escape(words)}">{scores[1].score - scores[0].score:+.2f}<small>{p_text(*tests)}</small></td>'


def flaws_section(evaluation: Evaluation, linked: Mapping[int, int]) -> str:
    """Exact matches and visible flaws."""
    words = {
        "exact": "same as a reference",
        "empty": "empty",
        "copied": "copied from the source",
        "repeated": "repeats itself",
        "unknown": "unknown pieces",
    }
    head = "".join(f"<th>{words[kind]}</th>" for kind in Flaws.KINDS)
    cell = lambda flaws, kind: (
        f"<td>{100 * len(getattr(flaws, kind)) / flaws.n:.1f} %{_links(getattr(flaws, kind), linked)}</td>"
    )
    lines = "".join(
        f"<tr><td>{_name(evaluation, s)}</td>{''.join(cell(s.flaws, kind) for kind in Flaws.KINDS)}</tr>"
        for s in evaluation.systems
    )
    return f'<h2>What can be seen without a judge</h2><div class="scroll"><table><tr><th>System</th>{head}</tr>{lines}</table></div>'


def _links(rows: Sequence[int], linked: Mapping[int, int]) -> str:
    if not rows:
        return ""
    shown = [i for i in rows if i in linked][:MOST_LINKS]
    more = (
        f" and {len(rows) - len(shown):,} more in sentences.csv" if len(rows) > len(shown) else ""
    )
    return f'<details><summary>{len(rows):,} sentence{"s" * (len(rows) != 1)}</summary><span class="links">{" ".join(f"<a href=#s{linked[i]}>{linked[i]}</a>" for i in shown)}</span><small>{more}</small></details>'


def beside_section(evaluation: Evaluation) -> list[str]:
    """Other sets: an adapter's own data by its parts, and what was asked for beside."""
    own = [b for b in evaluation.beside if b.own]
    others = [b for b in evaluation.beside if not b.own]
    systems = evaluation.systems
    tests = [[None, *map(of, systems[1:])] for of in (evaluation.against, evaluation.differing)]
    here = Beside(
        "this set",
        evaluation.set,
        False,
        [s.name for s in systems],
        [s.outputs for s in systems],
        [s.sentences["chrf"] for s in systems],
        [s.scores for s in systems],
        *tests,
        evaluation.rows,
        evaluation.asked,
    )
    parts = []
    if own:
        parts.append(
            f'<h2>Overfitting: each adapter on what it was trained on</h2><p class="soft">At most 200 sentences of each part. A gain on train that is much larger than on eval and test means that sentences were learnt by heart.</p>{_beside_table(own, evaluation)}{"".join(map(_beside_sentences, own))}'
        )
    if others:
        parts.append(
            f'<h2>Forgetting: the same systems on other sets</h2><p class="soft">A gain here that is paid for by a loss there.</p>{_beside_table([here, *others], evaluation)}{"".join(map(_beside_sentences, others))}'
        )
    return parts


def _beside_table(sets: Sequence[Beside], evaluation: Evaluation) -> str:
    lines = "".join(
        f"<tr><td>{escape(b.set.id)}, {b.set.split}</td><td>{len(b.set):,}</td><td>{escape(name)}</td>"
        + "".join(
            f"<td>{s[m].score:.2f}<small>[{s[m].low:.2f}, {s[m].high:.2f}]</small>"
            + (_change(m, b.scores[0][m], s[m], p[m], differ[m]) if p else "")
            + "</td>"
            for m in ("bleu", "chrf")
        )
        + "</tr>"
        for b in sets
        for name, s, p, differ in zip(b.names, b.scores, b.p, b.differ)
    )
    return f'<div class="scroll"><table><tr><th>Set</th><th>n</th><th>System</th><th>{escape(evaluation.labels["bleu"])}</th><th>{escape(evaluation.labels["chrf"])}</th></tr>{lines}</table></div>'


def _beside_sentences(beside: Beside) -> str:
    """What the rows of a further set were made of; closed at first."""
    shown = range(min(len(beside.set), MOST_BESIDE))
    articles = "".join(
        _article(
            f"{beside.number(i)}",
            beside.set,
            i,
            [
                (name, outputs[i], chrf[i])
                for name, outputs, chrf in zip(beside.names, beside.outputs, beside.chrf)
            ],
        )
        for i in shown
    )
    more = f", the first {MOST_BESIDE}" if len(shown) < len(beside.set) else ""
    return f"<details><summary>{escape(beside.set.id)}, {beside.set.split}, {' and '.join(map(escape, beside.names))}: {len(beside.set):,} sentences{more}</summary>{articles}</details>"


def buckets_section(evaluation: Evaluation, linked: Mapping[int, int]) -> str:
    """Scores by kinds of sentences and of words."""
    buckets, label = evaluation.buckets, evaluation.labels["chrf"]
    source = f"How often a word of the reference occurs in {evaluation.frequency_source}; F1 of such words, in percent; n counts words."
    return (
        f"<h2>Where</h2>{_buckets(evaluation, f'{label} by words of the source', buckets['length'], 'chrf', '{:.1f}', linked)}"
        f"{_buckets(evaluation, 'Words right, by frequency', buckets['frequency'], 'f1', '{:.1f}', linked, source)}"
        f"{_buckets(evaluation, f'Sentences by their {label}', buckets['sentence_chrf'], 'sentences', '{:.0f}', linked, 'Which sentences of each system score so.')}"
    )


def _buckets(
    evaluation: Evaluation,
    title: str,
    buckets: Sequence[Bucket],
    key: str,
    form: str,
    linked: Mapping[int, int],
    note: str = "",
) -> str:
    names, counted = [s.name for s in evaluation.systems], key != "sentences"
    head = "<th>n</th>" * counted + "".join(f"<th>{escape(name)}</th>" for name in names)
    cells = lambda b: (
        [f"{b.n:,}", *(form.format(b.scores[name][key]) for name in names), _links(b.rows, linked)]
        if counted
        else [_links(b.of[name], linked) or "0" for name in names]
    )
    lines = "".join(
        f"<tr><td>{escape(b.name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells(b))}</tr>"
        for b in buckets
    )
    plot = plots.bars(
        title,
        [b.name for b in buckets],
        names,
        [[b.scores[name][key] for b in buckets] for name in names],
    )
    return f'{plot}<p class="soft">{escape(note)}</p><div class="scroll"><table><tr><th></th>{head}{"<th></th>" * counted}</tr>{lines}</table></div>'


def comparison_section(
    evaluation: Evaluation, comparison: Comparison, linked: Mapping[int, int]
) -> str:
    """One system against the first: scatter, words, the largest wins and losses."""
    base, system = evaluation.systems[0], comparison.system
    same = evaluation.n - comparison.better - comparison.worse
    plot = plots.scatter(
        "Each sentence's chrF",
        (base.name, system.name),
        base.sentences["chrf"],
        system.sentences["chrf"],
        linked,
    )
    counts = f"Of {evaluation.n:,} sentences, {comparison.better:,} have a higher chrF, {comparison.worse:,} a lower one, {same:,} the same."
    grams = f'<div class="pair">{_grams(f"Right in {system.name}, missed by {base.name}", comparison.gained, linked)}{_grams(f"Right in {base.name}, missed by {system.name}", comparison.missed, linked)}</div>'
    article = lambda i: _sentence(evaluation, i, [base, system], linked)
    lists = "".join(
        f"<h3>{title}</h3>{''.join(map(article, found)) or '<p>None.</p>'}"
        for title, found in (
            ("Largest wins", comparison.wins),
            ("Largest losses", comparison.losses),
        )
    )
    key = '<p class="soft">Marked is where the two differ: <mark class="hit">in a reference</mark>, <mark class="miss">in none</mark>.</p>'
    return f"<h2 id=system{evaluation.systems.index(system)}>{escape(system.name)} against {escape(evaluation.reference_name)}</h2><p>{counts}</p>{plot}<h3>Words and phrases</h3>{grams}{key}{lists}"


def _grams(title: str, found: Sequence[Gain], linked: Mapping[int, int]) -> str:
    lines = "".join(
        f"<tr><td>{escape(g.ngram)}</td><td>{len(g.rows)} : {g.lost}</td><td>{_links(g.rows, linked)}</td></tr>"
        for g in found
    )
    return (
        f"<table><tr><th>{escape(title)}</th><th>here : there</th><th></th></tr>{lines}</table>"
        if found
        else f"<p>{escape(title)}: nothing.</p>"
    )


def _sentence(
    evaluation: Evaluation,
    i: int,
    systems: Sequence[System],
    linked: Mapping[int, int] | None = None,
) -> str:
    """A sentence and what systems made of it, with a link to its place among `linked`; without those, this is that place."""
    number = (
        f'<a href="#s{linked[i]}">{linked[i]}</a>'
        if linked and i in linked
        else str(evaluation.number(i))
    )
    lines = [(s.name, s.outputs[i], s.sentences["chrf"][i]) for s in systems]
    return _article(number, evaluation.set, i, lines, f" id=s{number}" if linked is None else "")


def _article(
    number: str,
    sentences: SentenceSet,
    i: int,
    lines: Sequence[tuple[str, str, float]],
    id: str = "",
) -> str:
    """One sentence: German, references, and each system's name, output and chrF; the first one is marked against the last, the others against the first."""
    references, (first, last) = sentences.references_of(i), (lines[0][1], lines[-1][1])
    shown = lambda k, text: (
        plots.mark(text, first if k else last, references) if len(lines) > 1 else escape(text)
    )
    rows = f'<dt>German {number}</dt><dd lang="de">{escape(sentences.sources[i])}</dd><dd></dd>'
    rows += "".join(
        f'<dt>reference</dt><dd lang="en">{escape(text)}</dd><dd></dd>' for text in references
    )
    rows += "".join(
        f'<dt>{escape(name)}</dt><dd lang="en">{shown(k, text) or "<i>(nothing)</i>"}</dd><dd class="number">{chrf:.1f}</dd>'
        for k, (name, text, chrf) in enumerate(lines)
    )
    return f"<article{id}><dl>{rows}</dl></article>"


def sentences_section(evaluation: Evaluation, linked: Mapping[int, int]) -> str:
    """Every sentence with every system's output, or the first of them where there are very many."""
    left = (
        f'<p class="soft">{len(linked):,} of {evaluation.n:,}: the first ones, and some of every row of the tables; all are in sentences.csv and report.json.</p>'
        if len(linked) < evaluation.n
        else ""
    )
    return (
        f'<h2 id=sentences>Sentences</h2><p class="soft">At the right the sentence\'s chrF.</p>{left}'
        + "".join(_sentence(evaluation, i, evaluation.systems) for i in linked)
    )


def method_section(evaluation: Evaluation) -> str:
    """How to get the same numbers."""
    signatures = "".join(
        f"<li>{escape(evaluation.labels[m])}: <code>{escape(evaluation.systems[0].scores[m].signature)}</code></li>"
        for m in METRICS
    )
    facts = f"<li>seed {evaluation.scorer.seed}</li><li>set <code>{escape(evaluation.set.id)}</code>, SHA-256 <code>{evaluation.set.sha256}</code></li>"
    systems = "".join(
        f"<li>{escape(s.name)}: {escape(evaluation.place(s))}</li>" for s in evaluation.systems
    )
    return f'<h2>Method</h2><p class="soft">Scores, intervals and p-values are sacreBLEU\'s; its command gives the same for the same texts. Where two systems are alike in every sentence, or neither the scores nor those of any sample differ, p is 1 instead. Where fewer than {ENOUGH} sentences differ, p stays as sacreBLEU has it, but counts for nothing: of five differences chance alone gives all the same sign once in sixteen. Each comparison is a test of its own; of many, one in twenty will look significant by chance.</p><ul>{signatures}{facts}{systems}</ul>'
