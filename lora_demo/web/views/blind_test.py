"""A blind test as HTML: the sentence to judge, and the outcome with names."""

from html import escape

from lora_demo.formatting import shown_system
from lora_demo.language import N_, _, format_number, ngettext
from lora_demo.service.blind_test import FIRST, SECOND, BlindTest, Outcome
from lora_demo.web.views.elements import SCROLL, progress_bar
from lora_demo.web.views.marking import mark

QUESTION = N_("Sentence {number} of {total}: which translation is better?")
VOTES = N_(
    "Your votes: {first_wins} for <b>{first}</b>, {second_wins} for <b>{second}</b>, {ties} for no "
    "difference."
)
WON = N_("<b>{name}</b> wins: chance alone would seldom give this lead (sign test, p {p}).")
UNDECIDED = N_("No winner: chance alone could give these votes (sign test, p {p}).")
TOO_FEW = N_("With fewer than {minimum} votes for one system, chance can explain the result.")
CHRF = N_("chrF2: {first} {first_score:.1f}, {second} {second_score:.1f} (bootstrap, p {p}).")
AGREES = N_("Your votes that chrF2 agrees with, sentence by sentence: {agreed} of {decided}.")
MIN_VOTES = 6
"""Six votes for the same system have p = 0.03; five have p = 0.06."""


def blind_html(test: BlindTest) -> str:
    """Render the sentence to judge, or the outcome.

    Args:
        test: The test so far.
    """
    return _outcome_html(test) if test.has_ended else _question_html(test)


def _question_html(test: BlindTest) -> str:
    done, total = len(test.votes), len(test.sentences)
    left, right = test.shown
    cards = "".join(
        f'<article class="cell" aria-label="{_("Translation {number}", number=number)}">'
        f"<header><b>{number}</b></header>"
        f'<p lang="en" class="text">{mark(text, other) or _("<i>(empty)</i>")}</p></article>'
        for number, text, other in ((1, left, right), (2, right, left))
    )
    return (
        f'<div class="blind">{progress_bar(_("Blind test"), 100 * done / total)}'
        f'<p role="status">{_(QUESTION, number=done + 1, total=total)}</p>'
        f'<section class="sentence"><p class="source" lang="de">{escape(test.sentences[done])}</p>'
        f'<div class="cells" style="--columns:2">{cards}</div></section></div>'
    )


def _outcome_html(test: BlindTest) -> str:
    outcome = test.outcome()
    sentences = [_verdict(test, outcome), *_scores(test, outcome)]
    shown = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    heads = (_("German"), *map(escape, map(shown_system, test.names)), _("your vote"))
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    rows = "".join(_row(test, i, vote) for i, vote in enumerate(test.votes))
    return (
        f'<div class="blind" role="status">{shown}{SCROLL.format(_("Your votes"))}'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></div>"
    )


def _verdict(test: BlindTest, outcome: Outcome) -> str:
    names = [escape(shown_system(name)) for name in test.names]
    votes = _(
        VOTES,
        first=names[FIRST],
        second=names[SECOND],
        first_wins=outcome.wins[FIRST],
        second_wins=outcome.wins[SECOND],
        ties=outcome.ties,
    )
    parts = [votes]
    if test.equal:
        parts.append(
            ngettext(
                "Both translated {count} more sentence the same.",
                "Both translated {count} more sentences the same.",
                test.equal,
            )
        )
    if outcome.winner is None:
        parts.append(_(UNDECIDED, p=_shown_p(outcome.p)))
    else:
        parts.append(_(WON, name=names[outcome.winner], p=_shown_p(outcome.p)))
    if max(outcome.wins) < MIN_VOTES:
        parts.append(_(TOO_FEW, minimum=MIN_VOTES))
    return " ".join(parts)


def _scores(test: BlindTest, outcome: Outcome) -> list[str]:
    if outcome.scores is None or outcome.agreement is None:
        return []
    scores = outcome.scores
    agreed, decided = outcome.agreement
    text = _(
        CHRF,
        first=escape(shown_system(test.names[FIRST])),
        first_score=scores.values[FIRST],
        second=escape(shown_system(test.names[SECOND])),
        second_score=scores.values[SECOND],
        p=_shown_p(scores.test.p),
    )
    if decided:
        text += " " + _(AGREES, agreed=agreed, decided=decided)
    return [text, f'<span class="signature">{escape(scores.signature)}</span>']


def _row(test: BlindTest, i: int, vote: int | None) -> str:
    chosen = _("no difference") if vote is None else escape(shown_system(test.names[vote]))
    first, second = map(escape, test.outputs[i])
    return (
        f'<tr><td lang="de">{escape(test.sentences[i])}</td><td lang="en">{first}</td>'
        f'<td lang="en">{second}</td><td>{chosen}</td></tr>'
    )


def _shown_p(p: float) -> str:
    smallest = 0.001
    sign = "=" if p >= smallest else "&lt;"
    return f"{sign} {format_number(max(p, smallest), '.3f')}"
