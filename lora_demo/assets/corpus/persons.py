"""Words that agree with a person: German conjugation, and pronouns of both languages."""

import re

PERSONS = ("1s", "2s", "3m", "3f", "1p", "2p", "3p")
"""First, second and third person; singular, masculine, feminine, plural."""
FORMS = {
    "er": "ich du er sie wir ihr sie",
    "ihn": "mich dich ihn sie uns euch sie",
    "ihm": "mir dir ihm ihr uns euch ihnen",
    "SICHD": "mir dir sich sich uns euch sich",
    "SICH": "mich dich sich sich uns euch sich",
    "SEIN": "mein dein sein ihr unser euer ihr",
    "he": "I you he she we you they",
    "him": "me you him her us you them",
    "HIS": "my your his her our your their",
    "HIMSELF": "myself yourself himself herself ourselves yourselves themselves",
    "am": "am are is is are are are",
    "was": "was were was was were were were",
    "sein": "bin bist ist ist sind seid sind",
    "haben": "habe hast hat hat haben habt haben",
    "werden": "werde wirst wird wird werden werdet werden",
    "wollen": "will willst will will wollen wollt wollen",
    "können": "kann kannst kann kann können könnt können",
    "müssen": "muss musst muss muss müssen müsst müssen",
    "sollen": "soll sollst soll soll sollen sollt sollen",
    "dürfen": "darf darfst darf darf dürfen dürft dürfen",
    "wissen": "weiß weißt weiß weiß wissen wisst wissen",
    "war": "war warst war war waren wart waren",
    "kam": "kam kamst kam kam kamen kamt kamen",
    "sah": "sah sahst sah sah sahen saht sahen",
    "stand": "stand standst stand stand standen standet standen",
    "ging": "ging gingst ging ging gingen gingt gingen",
}
"""Pronouns and irregular verbs in the order of `PERSONS`."""
PAST = {"sein": "war", "haben": "hatte"}
SUBJUNCTIVE = {"sein": "wäre", "haben": "hätte"}


def form(name: str, person: str) -> str:
    """Return a pronoun or a verb form of `FORMS` for a person.

    Args:
        name: A key of `FORMS`.
        person: One of `PERSONS`.
    """
    return FORMS[name].split()[PERSONS.index(person)]


def conjugate(verb: str, person: str, third: str = "") -> str:
    """Conjugate a German verb.

    Args:
        verb: An infinitive, or the first person of a past or subjunctive that ends in e.
        person: One of `PERSONS`.
        third: The third person singular of a verb that changes its vowel.
    """
    if verb in FORMS:
        return form(verb, person)
    if verb.endswith("e"):
        return verb + ["", "st", "", "", "n", "t", "n"][PERSONS.index(person)]
    stem = verb[:-1] if verb.endswith(("eln", "ern")) else verb[:-2]
    soft = "e" if re.search(r"([td]|[^aeiouäöühlrmn][mn]|ch[mn])$", stem) else ""
    if person in ("1p", "3p"):
        return verb
    if person == "1s":
        return verb[:-3] + "le" if verb.endswith("eln") else stem + "e"
    if person == "2p":
        return f"{stem}{soft}t"
    if person == "2s" and third and stem.endswith("t"):
        return f"{third}st"
    third = third or f"{stem}{soft}t"
    if person == "2s":
        return third if stem.endswith(("s", "ß", "z", "x")) else f"{third.removesuffix('t')}st"
    return third


def agree(text: str, person: str) -> str:
    """Replace SICH, SICHD, SEIN, HIS and HIMSELF by the forms of a person.

    Args:
        text: Words of either language; all other words stay as they are.
        person: One of `PERSONS`.
    """
    text = re.sub("SICHD|SICH|SEIN|HIS|HIMSELF", lambda found: form(found[0], person), text)
    return re.sub(r"\beuer(?=e)", "eur", text)
