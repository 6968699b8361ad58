"""Ends of German sentences, found by a few rules.

A missed end only makes a piece longer, but a wrong one tears a sentence apart. So every doubtful
place is not an end: after an abbreviation, an ordinal number, a single letter or a Roman number,
and before a small letter.
"""

import re

OPENING = "\"'„“‚‘»«›‹([{–—-"
CLOSING = "\"'“”‘’«»‹›)]}"
SPACE = re.compile(r"\s+")
ABBREVIATION_WORDS = """
    abb abs abt adr akt allg anm art aufl bd bde bes bsp bspw bzgl bzw ca chr dgl dipl dir dr dt
    ebd ehem eig einschl engl entspr erg etc ev evtl exkl ff fig fr franz frl geb gegr gem ges ggf
    ggfs gr hbf hg hl hr hrn hrsg ing inkl insb inst int ital jh jhd jr kap kath kfm lat lt ltd mag
    max med mio mrd min mind mittl mo möbl mr mrs mtl mwst nachf nat nb neutr nr nrn od op orig
    pers pfd phil pol priv prof prot proz rd rel resp röm sek sen sog spez st std stellv str suppl
    tab techn tel teilw tsd univ unveränd urspr usf usw verf verh vers vgl vors wg wiss zit ztr zus
    zw zzgl jan feb mär apr jun jul aug sep sept okt nov dez di mi do sa so
"""
ABBREVIATIONS = frozenset(ABBREVIATION_WORDS.split())
MAX_ORDINAL_DIGITS = 3
"""Digits of a number before a full stop that may be an ordinal; a year has more."""
ROMAN = re.compile(r"[IVXLC]+")
ELLIPSES = ("...", "…")

Part = tuple[str, str]
"""A sentence, and the white space after it."""


def split_sentences(text: str) -> list[Part]:
    """Split a text at the ends of its sentences and of its lines.

    Args:
        text: German text.

    Returns:
        The sentences, each with the white space after it; together they are the whole text.

    Example:
        >>> split_sentences("Am 3. Mai kam Dr. Weiß. Sie blieb.")
        [('Am 3. Mai kam Dr. Weiß.', ' '), ('Sie blieb.', '')]
    """
    parts, start = [], 0
    for space in SPACE.finditer(text):
        has_line_break = "\n" in space[0]
        if has_line_break or _is_end(text, space.start(), space.end()):
            parts.append((text[start : space.start()], space[0]))
            start = space.end()
    if start < len(text) or not parts:
        parts.append((text[start:], ""))
    return parts


def _is_end(text: str, end: int, next_start: int) -> bool:
    """Check whether a sentence ends before some white space."""
    first = text[next_start : next_start + 10].lstrip(OPENING)[:1]
    if not (first.isupper() or first.isdigit()):
        return False
    begin = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1
    word = text[begin:end].rstrip(CLOSING)
    if word.endswith(("!", "?", *ELLIPSES)):
        return True
    return word.endswith(".") and not _is_abbreviated(word[:-1].lstrip(OPENING))


def _is_abbreviated(word: str) -> bool:
    """Check whether the full stop after a word may be a part of it."""
    if word.isdecimal():
        return len(word) <= MAX_ORDINAL_DIGITS
    is_letter = len(word) == 1 and word.isalpha()
    is_compound = "." in word and any(character.isalpha() for character in word)
    is_known = word.casefold() in ABBREVIATIONS or word.endswith("str")
    return is_letter or is_compound or is_known or ROMAN.fullmatch(word) is not None
