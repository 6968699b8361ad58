"""A small grammar of everyday sentences that writes German-English training pairs.

`python -m lora_demo.assets.corpus.general` rewrites `general/train.tsv` and `general/eval.tsv`:
pairs of the grammar, mixed with pairs written by hand (`general/written.tsv`). None of them is
nearly equal to a test or probe sentence of this domain, or to a test sentence of another.

A slot of a pattern (`general/patterns.txt`) draws an entry of the lexicon
(`general/lexicon.txt`): a phrase, a noun, a subject or an act. Each takes the form that the slot
names. A second slot of the same table ends in 2 and draws another entry. An act agrees with the
subject of its sentence (`{who}`, else `{person}`), unless its slot names another one:
`{chore:last person2}`.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from lora_demo.assets.corpus import Pair
from lora_demo.assets.corpus.german import CASES, article, dative_plural, ending
from lora_demo.assets.corpus.grammar import Domain, blocks, tables

FOLDER = Path(__file__).parent / "general"
OTHER_TESTS = tuple(
    FOLDER.parent / name / "test.tsv" for name in ("everyday", "recipes", "weather")
)

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
DER_ENDINGS = {"m": "er en em es", "f": "e e er er", "n": "es es em es", "p": "e e en er"}

SENTENCE_START = r"""^[„"]?\w|[.?!]["“]?( –)? [„"]?\w"""


def form(name: str, person: str) -> str:
    """Return a pronoun or a verb form of `FORMS` for a person."""
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
    """Replace SICH, SICHD, SEIN, HIS and HIMSELF by the forms of a person."""
    text = re.sub("SICHD|SICH|SEIN|HIS|HIMSELF", lambda found: form(found[0], person), text)
    return re.sub(r"\beuer(?=e)", "eur", text)


def inflected(adjective: str) -> str:
    """Return the stem that an adjective's endings follow: `teur` of `teuer`, `hoh` of `hoch`."""
    return re.sub(r"(?<=[au])e(?=r$)|e(?=l$)", "", adjective).replace("hoch", "hoh")


@dataclass(frozen=True)
class Phrase:
    """A fixed expression."""

    de: str
    en: str

    def german(self, spec: str, person: str) -> str:
        """Return the expression with the pronouns of a person."""
        return agree(self.de, person)

    def english(self, spec: str, person: str) -> str:
        """Return the expression; `bare` leaves out the preposition of a day."""
        return agree(self.en.removeprefix("on ") if spec == "bare" else self.en, person)


@dataclass(frozen=True)
class Subject:
    """A person, or a pronoun."""

    de: str
    en: str
    person: str

    def german(self, spec: str, person: str) -> str:
        """Return a case, a pronoun (`er`, `ihn`, `ihm`), or a verb that agrees."""
        if not spec:
            return re.sub(r"/\w+", "", self.de)
        if spec in ("acc", "dat"):
            return self._decline(spec)
        if spec == "SEIN" or spec.startswith("SEIN"):
            return agree(spec, self.person)
        return conjugate(spec, self.person)

    def _decline(self, case: str) -> str:
        """Decline a noun with its article, as `mein Kollege/Kollegen`."""
        gender = self.person[1]
        words = re.sub(r"\w+/", "", self.de).split(" ", 1)
        if len(words) == 1 or words[0][0].isupper():
            return " ".join(words)
        determiner, noun = words
        if determiner in ("der", "die"):
            determiner = article("der", gender, case)
        elif gender == "p":
            determiner = determiner[:-1] + DER_ENDINGS["p"].split()[CASES.index(case)]
        else:
            base = determiner.removesuffix("e") if gender == "f" else determiner
            determiner = base + article("ein", gender, case).removeprefix("ein")
        return f"{determiner} {dative_plural(noun) if (gender, case) == ('p', 'dat') else noun}"

    def english(self, spec: str, person: str) -> str:
        """Return the subject, a pronoun, or a verb that agrees: `have/has`."""
        if "/" in spec:
            return spec.split("/")[self.person in ("3m", "3f")]
        return agree(form(spec, self.person) if spec in FORMS else spec or self.en, self.person)


@dataclass(frozen=True)
class Noun:
    """A thing, an animal or a place, with an adjective or without."""

    de: str
    en: str
    gender: str
    adjective: str

    def german(self, spec: str, person: str) -> str:
        """Decline the noun after `der`, `ein`, `kein`, `dies` or `SEIN`, or agree with it."""
        if "/" in spec:
            return spec.split("/")[self.gender == "p"]
        if spec in ("er", "ihn", "ihm"):
            forms = {"er": "er sie es sie", "ihn": "ihn sie es sie", "ihm": "ihm ihr ihm ihnen"}
            return forms[spec].split()["mfnp".index(self.gender)]
        kind, case = spec.split()
        if kind == "rel":
            return article("der", self.gender, case)
        return self._decline(agree(kind, person), case)

    def _decline(self, kind: str, case: str) -> str:
        number = CASES.index(case)
        plural = self.gender == "p"
        if kind == "der":
            determiner = article("der", self.gender, case)
        elif kind == "dies":
            determiner = kind + DER_ENDINGS[self.gender].split()[number]
        elif plural:
            determiner = "" if kind == "ein" else kind + DER_ENDINGS["p"].split()[number]
        else:
            determiner = kind + article("ein", self.gender, case).removeprefix("ein")
        pattern = "der" if kind in ("der", "dies") or (plural and determiner) else "ein"
        adjective = self.adjective and inflected(self.adjective) + ending(
            pattern if determiner else "", self.gender, case
        )
        determiner = re.sub("^euer(?=e)", "eur", determiner)
        first, _, oblique = self.de.partition("/")
        noun = oblique if oblique and case != "nom" else first
        if plural and case == "dat":
            noun = dative_plural(noun)
        if case == "gen" and self.gender in "mn" and not oblique:
            noun += "es" if noun[-1] in "sßxz" else "s"
        return " ".join(filter(None, (determiner, adjective, noun)))

    def english(self, spec: str, person: str) -> str:
        """Return the noun after `a`, `the`, `no`, `this` or `HIS`, or a verb that agrees."""
        plural = self.gender == "p" or self.en.endswith("*")
        if "/" in spec:
            return spec.split("/")[plural]
        noun = self.en.removesuffix("*")
        if spec == "a":
            spec = "" if plural else "an" if noun[0] in "aeiou" else "a"
        if spec == "this" and plural:
            spec = "these"
        return f"{agree(spec, person)} {noun}".strip()


@dataclass(frozen=True)
class Act:
    """What somebody does, or is: an object and a verb.

    Args:
        de: The German object or complement.
        verb: The infinitive; a dot ends a prefix that separates: `auf.räumen`.
        third: The third person singular of a verb that changes its vowel.
        participle: Starts with + if its auxiliary is `sein`.
        english_verb: Base, past, participle and -ing form.
        en: What follows the verb in English.
    """

    de: str
    verb: str
    third: str
    participle: str
    english_verb: tuple[str, str, str, str]
    en: str

    def german(self, spec: str, person: str) -> str:
        """Return a form of the act.

        `inf`, `zu` and `part` end a clause. `last`, `lastpast` and `lastwould` end a subordinate
        clause, `verb`, `past` and `would` start what `rest` ends. `haben`, `hatte` and `hätte`
        are the auxiliary of the participle.
        """
        prefix, _, stem = self.verb.rpartition(".")
        object = agree(self.de, person)
        finite = {
            "last": stem,
            "verb": stem,
            "lastpast": PAST.get(stem, ""),
            "past": PAST.get(stem, ""),
            "lastwould": SUBJUNCTIVE.get(stem, ""),
            "would": SUBJUNCTIVE.get(stem, ""),
        }
        if spec in ("haben", "hatte", "hätte"):
            moves = {"haben": "sein", "hatte": "war", "hätte": "wäre"}
            return conjugate(moves[spec] if self.participle.startswith("+") else spec, person)
        if spec in finite:
            verb = conjugate(finite[spec], person, self.third)
            return f"{object} {prefix}{verb}".strip() if spec.startswith("last") else verb
        words = {
            "inf": prefix + stem,
            "zu": f"{prefix}zu{stem}" if prefix else f"zu {stem}",
            "part": self.participle.removeprefix("+"),
            "rest": prefix,
        }
        return f"{object} {words[spec]}".strip()

    def english(self, spec: str, person: str) -> str:
        """Return the `base`, `past`, `done` or `ing` form, or the present that agrees (`s`).

        `rest` is what follows the verb.
        """
        base, past, done, ing = self.english_verb
        if base == "be":
            present, past = form("am", person), form("was", person)
        else:
            present = third_person(base) if person in ("3m", "3f") else base
        forms = {"base": base, "past": past, "done": done, "ing": ing, "s": present}
        return f"{forms.get(spec, '')} {agree(self.en, person)}".strip()


def third_person(verb: str) -> str:
    """Return the third person singular of an English verb."""
    if verb == "have":
        return "has"
    if re.search("[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "o")) else "s")


def english_forms(text: str) -> tuple[str, str, str, str]:
    """Complete the forms of an English verb: `write/wrote/written`, `clean`."""
    base, *others = text.split("/")
    regular = base + "d" if base.endswith("e") else base + "ed"
    past = others[0] if others else re.sub("(?<=[^aeiou])yed$", "ied", regular)
    done = others[1] if len(others) > 1 else past
    ing = re.sub("(?<=[^eo])e$", "", base) + "ing" if base != "be" else "being"
    return base, past, done, others[2] if len(others) > 2 else ing


Item = Phrase | Subject | Noun | Act


def entries(line: str) -> list[Item]:
    """Parse a line of the lexicon: one entry for each adjective of a noun."""
    words, _, adjectives = line.partition(" : ")
    german, english = words.split(" = ")
    kind, _, rest = german.partition(" ")
    if kind in PERSONS:
        return [Subject(rest, english, kind)]
    if " | " in f" {german}":
        object, verbs = f" {german}".split(" | ")
        verb, _, participle = verbs.partition(" ")
        infinitive, _, third = verb.partition("/")
        english_verb, _, english_rest = english.partition(" ")
        return [
            Act(
                object.strip(),
                infinitive,
                third,
                participle,
                english_forms(english_verb),
                english_rest,
            )
        ]
    if kind not in ("m", "f", "n", "p"):
        return [Phrase(german, english)]
    found: list[Item] = []
    for choice in (adjectives or "-").split(", "):
        adjective, _, translation = choice.strip("-").partition(" = ")
        found.append(Noun(rest, f"{translation} {english}".strip(), kind, adjective))
    return found


def lexicon() -> dict[str, list[list[Item]]]:
    """Read every table of the lexicon: the entries of each line."""
    found: dict[str, list[list[Item]]] = {}
    for heading, lines in tables(FOLDER / "lexicon.txt").items():
        name, _, included = heading.partition(" + ")
        found[name] = [line for other in included.split(" + ") if other for line in found[other]]
        found[name] += [entries(line) for line in lines]
    return found


class View:
    """Adapt a drawn entry to `str.format` in one language."""

    def __init__(self, slots: dict[str, Item], name: str, subject: str, language: str) -> None:
        """Name the entry's slot and the slot of the subject that it agrees with."""
        self.slots, self.name, self.subject, self.language = slots, name, subject, language

    def __format__(self, spec: str) -> str:
        item = self.slots[self.name]
        start, _, last = spec.rpartition(" ")
        subject = self.slots.get(last)
        named = isinstance(subject, Subject) or last in PERSONS
        if not named:
            subject = self.slots[self.subject]
        person = subject.person if isinstance(subject, Subject) else last
        make = item.german if self.language == "de" else item.english
        return make(start if named else spec, person)


def fill(template: str, slots: dict[str, Item], language: str) -> str:
    """Fill a template in one language."""
    subject = "who" if "{who" in template else "person"
    views = {name: View(slots, name, subject, language) for name in slots}
    text = template.format(**views)
    return re.sub(SENTENCE_START, lambda start: start[0].upper(), text)


def draws(rng: random.Random) -> Iterator[Pair]:
    """Draw sentence pairs from all patterns in turn, without end."""
    words = lexicon()
    for german, english in cycle(blocks(FOLDER / "patterns.txt")):
        slots: dict[str, Item] = {}
        for name, lines in words.items():
            first, second = rng.sample(lines, 2)
            slots[name], slots[f"{name}2"] = rng.choice(first), rng.choice(second)
        yield fill(german, slots, "de"), fill(english, slots, "en")


DOMAIN = Domain(FOLDER, seed=20, size=2100, draws=draws, apart=OTHER_TESTS)

if __name__ == "__main__":
    DOMAIN.write()
