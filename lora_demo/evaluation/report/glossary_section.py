"""The terms of a glossary in the report: counts for each system, and the terms that it misses."""

from html import escape
from typing import Any

from lora_demo.evaluation.analysis.glossary import TermResult
from lora_demo.evaluation.report.data import Evaluation
from lora_demo.evaluation.report.drawer import drawer
from lora_demo.evaluation.report.html_table import Shown, cell, sentence_links, table
from lora_demo.evaluation.report.score_tables import system_link
from lora_demo.evaluation.sentence_numbers import list_numbers
from lora_demo.language import N_, _, format_number

MAX_TERMS = 200
"""Missed terms that the page lists for each system."""
NOTE = N_(
    "A term counts in each sentence whose source has it. It is a hit if the output has its "
    "translation, in upper or lower case and with the usual endings (-s, -es, -ed, -ing in "
    "English; -e, -n, -s, -en, -er, -es, -em in German). Other inflections need their own "
    "spelling: Apfel|Äpfel."
)


def glossary_section(evaluation: Evaluation, shown: Shown) -> str:
    """Render the terms hit and missed by each system.

    Args:
        evaluation: The evaluation.
        shown: The sentences that the page shows.

    Returns:
        HTML; empty without a glossary.
    """
    results = evaluation.term_results
    if not results:
        return ""
    rows = []
    for system in evaluation.systems:
        hit, total = count_terms(results[system.name])
        share = format_number(hit / total, ".1%") if total else "–"
        cells = [
            system_link(evaluation, system),
            format_number(hit, ","),
            format_number(total - hit, ","),
            share,
        ]
        rows.append([cell(content) for content in cells])
    missed = [
        [
            cell(system_link(evaluation, system)),
            cell(escape(result.term.de)),
            cell(escape(result.term.en)),
            cell(
                f"{format_number(len(result.missed), ',')} {sentence_links(result.missed, shown)}"
            ),
        ]
        for system in evaluation.systems
        for result in _most_missed(results[system.name])
    ]
    list_html = (
        table([_("System"), _("Term"), _("Wanted"), _("Missed in")], missed) if missed else ""
    )
    counts = table([_("System"), _("Hit"), _("Missed"), _("Share")], rows)
    return drawer(_("Glossary"), f'<p class="soft">{_(NOTE)}</p>{counts}{list_html}')


def _most_missed(results: list[TermResult]) -> list[TermResult]:
    missed = [result for result in results if result.missed]
    return sorted(missed, key=lambda result: -len(result.missed))[:MAX_TERMS]


def count_terms(results: list[TermResult]) -> tuple[int, int]:
    """Return how many occurrences of terms a system hits, and how many there are.

    Args:
        results: The system's result for each term of the glossary.
    """
    hit = sum(len(result.hit) for result in results)
    return hit, hit + sum(len(result.missed) for result in results)


def glossary_json(evaluation: Evaluation, with_terms: bool) -> dict[str, Any]:
    """Serialise the terms.

    Args:
        evaluation: The evaluation.
        with_terms: True for each missed term with the numbers of its sentences.

    Returns:
        Counts for each system.
    """
    systems = []
    for name, results in evaluation.term_results.items():
        hit, total = count_terms(results)
        entry: dict[str, Any] = {"name": name, "hit": hit, "missed": total - hit}
        if with_terms:
            entry["missed_terms"] = [
                {
                    "term_de": result.term.de,
                    "term_en": result.term.en,
                    "sentences": list_numbers(result.missed, evaluation.number),
                }
                for result in results
                if result.missed
            ]
        systems.append(entry)
    return {"terms": len(evaluation.glossary), "systems": systems}
